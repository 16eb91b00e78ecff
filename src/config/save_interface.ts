/**
 * The [Interface] section of a file, changed to what an interface is.
 *
 * @module
 */

import { clamp, encodeKey } from "../noise/keys.ts";
import { bytesEqual } from "./address.ts";
import type { Pair } from "./conf_lines.ts";
import {
  readAddresses,
  readFwmark,
  readKey,
  readListenPort,
  readMtu,
} from "./conf_values.ts";
import { formatPrefix } from "./prefix.ts";
import type { LiveState, SaveOptions } from "./live_state.ts";
import { lastPair, type Lines, pairsOf, type Section } from "./save_lines.ts";

/** Changes the lines of all [Interface] sections; new ones go behind those of the first. */
export function saveInterface(
  lines: Lines,
  live: LiveState,
  options: SaveOptions,
): void {
  const sections = lines.sections.filter(({ name }) => name === "Interface");
  const set = (key: string, current: string, now: string, off: string) =>
    setSingle(lines, sections, key, current, now, off);
  savePrivateKey(lines, sections, live);
  const services = options.services ?? (() => undefined);
  const port = filled(lastPair(sections, "ListenPort"));
  // Without a socket nothing is known of the port.
  if (live.device.listenPort !== 0) {
    const current = port === undefined ? 0 : readListenPort(port, services);
    set("ListenPort", `${current}`, `${live.device.listenPort}`, "0");
  }
  const mark = filled(lastPair(sections, "FwMark"));
  if (mark !== undefined || live.device.fwmark !== live.chosenMark) {
    const current = mark === undefined ? 0 : readFwmark(mark);
    set("FwMark", hex(current), hex(live.device.fwmark), hex(0));
  }
  const mtu = filled(lastPair(sections, "MTU"));
  if (mtu !== undefined && readMtu(mtu) !== live.mtu) {
    lines.setValue(mtu, `${live.mtu}`);
  }
  saveAddresses(lines, sections, live);
  if (live.servers !== undefined) saveServers(lines, sections, live.servers);
}

/** A value that is never `off` and one that stands in no file are left alone. */
function savePrivateKey(
  lines: Lines,
  sections: readonly Section[],
  { device: { privateKey } }: LiveState,
): void {
  const pair = lastPair(sections, "PrivateKey");
  if (pair === undefined || privateKey === undefined) return;
  // An interface shows its key with the bits set that every key has set.
  if (!bytesEqual(clamp(readKey(pair)), privateKey)) {
    lines.setValue(pair, encodeKey(privateKey));
  }
}

function saveAddresses(
  lines: Lines,
  sections: readonly Section[],
  { addresses, ipv6 }: LiveState,
): void {
  const live = addresses.map(formatPrefix);
  const stays = (text: string) =>
    live.includes(text) || !ipv6 && text.includes(":");
  saveList(lines, sections, "Address", {
    items: (pair) =>
      readAddresses(pair).map((address) => ({
        written: formatPrefix(address),
        stays: stays(formatPrefix(address)),
      })),
    live,
  });
}

/** Names are search domains: those stay. A file without DNS may have a hook that sets them. */
function saveServers(
  lines: Lines,
  sections: readonly Section[],
  live: readonly string[],
): void {
  if (lastPair(sections, "DNS") === undefined) return;
  saveList(lines, sections, "DNS", {
    items: ({ value }) =>
      value.split(/[\s,]+/).filter((item) => item !== "").map((written) => ({
        written,
        stays: !/^[0-9.]+$|:/.test(written) || live.includes(written),
      })),
    live,
  });
}

interface List {
  /** What stands on a line, and what of it is still so. */
  items(pair: Pair): { written: string; stays: boolean }[];
  /** What has to stand in the file. */
  readonly live: readonly string[];
}

/** Takes away from each line what is gone; what is new gets a line of its own. */
function saveList(
  lines: Lines,
  sections: readonly Section[],
  key: string,
  { items, live }: List,
): void {
  const pairs = pairsOf(sections, key);
  const found = new Set<string>();
  for (const pair of pairs) {
    const all = items(pair);
    const kept = all.filter(({ stays }) => stays).map(({ written }) => written);
    kept.forEach((written) => found.add(written));
    if (kept.length === all.length) continue;
    if (kept.length === 0) lines.drop(pair);
    else lines.setValue(pair, kept.join(", "));
  }
  for (const item of new Set(live)) {
    if (!found.has(item)) lines.add(sections[0]!, key, item, pairs.at(-1));
  }
}

/** A value that is not what the file says; `off` is what the file says without the key. */
function setSingle(
  lines: Lines,
  sections: readonly Section[],
  key: string,
  current: string,
  now: string,
  off: string,
): void {
  if (current === now) return;
  const pairs = pairsOf(sections, key);
  if (now === off) pairs.forEach((pair) => lines.drop(pair));
  else if (pairs.length > 0) lines.setValue(pairs.at(-1)!, now);
  else lines.add(sections[0]!, key, now);
}

/** In wg-quick's keys nothing is no value. */
function filled(pair: Pair | undefined): Pair | undefined {
  return pair?.value === "" ? undefined : pair;
}

function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}
