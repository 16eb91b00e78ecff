/**
 * What `show --drops` prints: why packets were dropped, in words, the most frequent reason first.
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

import type { DropCount } from "../config/config.ts";
import type { DeviceDrops } from "../config/uapi_drops.ts";
import { encodeKey } from "../noise/keys.ts";
import { bold, green, yellow } from "./terminal.ts";

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
