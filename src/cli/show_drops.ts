/**
 * `show --drops`: why packets were dropped, in words, the most frequent reason first.
 *
 * ```text
 * interface: wg0
 *   dropped: 3
 *     not a WireGuard message: 2
 *     replayed, or too late: 1
 *
 * peer: …
 *   dropped: nothing
 * ```
 *
 * @module
 */

import { ConfigError, type DropCount } from "../config/config.ts";
import {
  type DeviceDrops,
  DROPS_REQUEST,
  parseDrops,
} from "../config/uapi_drops.ts";
import { encodeKey } from "../noise/keys.ts";
import { request } from "../quick/control.ts";
import { Failure, messageOf } from "../quick/failure.ts";
import { wireguardInterfaces } from "./devices.ts";
import { dropsJson, jsonText } from "./json.ts";
import { programName } from "./names.ts";
import { complain, print, printError } from "./output.ts";
import type { ShowFlags } from "./show.ts";
import { bold, colored, green, yellow } from "./terminal.ts";

/**
 * `show --drops [all | NAME]`
 *
 * @returns the exit status
 */
export async function showDrops(
  words: readonly string[],
  { json = false }: ShowFlags = {},
): Promise<number> {
  const [which = "all", ...more] = words;
  if (more.length > 0) {
    complain(`Usage: ${programName()} show --drops [<interface> | all]`);
    return 1;
  }
  const names = which === "all" ? await wireguardInterfaces() : [which];
  const found: [string, DeviceDrops][] = [];
  for (const name of names) {
    const drops = await dropsOf(name);
    if (drops !== undefined) found.push([name, drops]);
  }
  print(
    json
      ? jsonText(found.map(([name, drops]) => dropsJson(name, drops)))
      : colored(
        found.map(([name, drops]) => dropsText(name, drops)).join("\n"),
      ),
  );
  return which === "all" || found.length > 0 ? 0 : 1;
}

/** The drops of one interface; where it counts none, that is printed. */
async function dropsOf(name: string): Promise<DeviceDrops | undefined> {
  try {
    return parseDrops(await request(name, DROPS_REQUEST), name);
  } catch (error) {
    printError(`${name} counts no drops: ${whyNone(error)}`);
    return undefined;
  }
}

function whyNone(error: unknown): string {
  // Others do not know the request: they answer with an error, or hang up.
  if (error instanceof ConfigError || error instanceof Failure) {
    return "its daemon knows no such request, as caktus does";
  }
  const nobody = error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.ConnectionRefused;
  return nobody ? "no caktus serves it" : messageOf(error);
}

/** The drops of one interface, in colours. */
export function dropsText(name: string, device: DeviceDrops): string {
  const head = `\x1b[32m${bold("interface")}: ${green(name)}\n`;
  const peers = device.peers.map(({ publicKey, drops }) => {
    const key = yellow(encodeKey(publicKey));
    return `\n\x1b[33m${bold("peer")}: ${key}\n${linesOf(drops)}`;
  });
  return head + linesOf(device.drops) + peers.join("");
}

function linesOf(drops: readonly DropCount[]): string {
  const sum = drops.reduce((all, { count }) => all + count, 0);
  if (sum === 0) return `  ${bold("dropped")}: nothing\n`;
  return `  ${bold("dropped")}: ${sum}\n` + drops
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ reason, count }) => `    ${reason}: ${count}\n`).join("");
}
