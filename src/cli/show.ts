/**
 * `show` and `showconf`: what the daemons say on their sockets.
 *
 * Arguments, output and exit statuses are those of `wg show` and `wg showconf`;
 * only `--drops` is our own.
 *
 * @module
 */

import type { DeviceStatus } from "../config/config.ts";
import { formatShowconf } from "../config/showconf.ts";
import { DROPS_REQUEST, parseDrops } from "../config/uapi_drops.ts";
import { parseGet } from "../config/uapi_get.ts";
import { liveInterfaces, request } from "../quick/control.ts";
import { scopeName, scopeOf } from "../quick/scopes.ts";
import { publicKeyOf } from "./keys.ts";
import { complain, print } from "./output.ts";
import { dropsText } from "./show_drops.ts";
import { FIELDS, fieldText } from "./show_fields.ts";
import { interfaceText } from "./show_text.ts";
import { plain, wantsColor } from "./terminal.ts";

/** The one line that explains `show`. */
export const SHOW_USAGE =
  `Usage: caktus show { <interface> | all | interfaces } [${
    FIELDS.join(" | ")
  }]`;
const SHOWCONF_USAGE = "Usage: caktus showconf <interface>";

/**
 * `show [all | interfaces | NAME] [FIELD | dump]`
 *
 * @returns the exit status
 */
export async function show(words: readonly string[]): Promise<number> {
  const [which = "all", field] = words;
  if (words.length > 2) return usage();
  if (which === "interfaces") {
    if (field !== undefined) return usage();
    const names = await liveInterfaces();
    if (names.length > 0) print(names.join(" ") + "\n");
    return 0;
  }
  if (which === "all") return await showAll(field);
  const status = await statusOf(which);
  if (typeof status === "string") return inaccessible("interface", status);
  return field === undefined
    ? printInterface(which, status)
    : printField(field, status, "");
}

/** `showconf NAME` */
export async function showconf(words: readonly string[]): Promise<number> {
  const [name, ...more] = words;
  if (name === undefined || more.length > 0) {
    complain(SHOWCONF_USAGE);
    return 1;
  }
  const status = await statusOf(name);
  if (typeof status === "string") return inaccessible("interface", status);
  print(formatShowconf(status, scopeName));
  return 0;
}

/** `show --drops [all | NAME]` */
export async function showDrops(words: readonly string[]): Promise<number> {
  const [which = "all", ...more] = words;
  if (more.length > 0) {
    complain("Usage: caktus show --drops [<interface> | all]");
    return 1;
  }
  const names = which === "all" ? await liveInterfaces() : [which];
  const texts: string[] = [];
  let status = 0;
  for (const name of names) {
    const drops = await ask(
      name,
      DROPS_REQUEST,
      (answer) => parseDrops(answer, name),
    );
    if (typeof drops !== "string") texts.push(dropsText(name, drops));
    else {
      complain(`caktus: ${name} counts no drops: ${drops}`);
      status = which === "all" ? status : 1;
    }
  }
  print(colored(texts.join("\n")));
  return status;
}

async function showAll(field: string | undefined): Promise<number> {
  const names = await liveInterfaces();
  let reached = names.length === 0;
  for (const [i, name] of names.entries()) {
    const status = await statusOf(name);
    if (typeof status === "string") {
      inaccessible(`interface ${name}`, status);
      continue;
    }
    reached = true;
    if (field === undefined) {
      printInterface(name, status);
      if (i < names.length - 1) print("\n");
    } else if (printField(field, status, `${name}\t`) !== 0) return 1;
  }
  return reached ? 0 : 1;
}

function printInterface(name: string, status: DeviceStatus): number {
  const text = interfaceText(name, status, {
    nowSeconds: Math.floor(Date.now() / 1000),
    hideKeys: Deno.env.get("WG_HIDE_KEYS") !== "never",
    scopeName,
  });
  print(colored(text));
  return 0;
}

function printField(
  field: string,
  status: DeviceStatus,
  before: string,
): number {
  const text = fieldText(field, status, before, scopeName);
  if (text === undefined) {
    complain(`Invalid parameter: \`${field}'`);
    return usage();
  }
  print(text);
  return 0;
}

/** What a daemon is; or in words why it does not say. */
async function statusOf(name: string): Promise<DeviceStatus | string> {
  return await ask(name, "get=1\n\n", (answer) => {
    const status = parseGet(answer, { source: name, scopeOf });
    const { privateKey } = status;
    return privateKey
      ? { ...status, publicKey: publicKeyOf(privateKey) }
      : status;
  });
}

async function ask<T>(
  name: string,
  text: string,
  read: (answer: string) => T,
): Promise<T | string> {
  try {
    return read(await request(name, text));
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return "Permission denied";
  if (
    error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.ConnectionRefused
  ) return "No such device";
  return error instanceof Error ? error.message : String(error);
}

function inaccessible(what: string, reason: string): number {
  complain(`Unable to access ${what}: ${reason}`);
  return 1;
}

function usage(): number {
  complain(SHOW_USAGE);
  return 1;
}

function colored(text: string): string {
  return wantsColor() ? text : plain(text);
}
