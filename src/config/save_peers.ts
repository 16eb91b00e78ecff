/**
 * The [Peer] sections of a file, changed to the peers that an interface has.
 *
 * A peer may have several sections; then the last line of a key counts, and the
 * last section's AllowedIPs. A prefix that the file gives to two peers belongs
 * to the last, and is no difference.
 *
 * @module
 */

import { encodeKey } from "../noise/keys.ts";
import { readAllowedIps, readEndpoint, readKeepalive } from "./conf_values.ts";
import type { DeviceStatus, PeerConfig, PeerStatus, Prefix } from "./config.ts";
import { formatEndpoint, literalEndpoint } from "./endpoint.ts";
import { formatPrefix } from "./prefix.ts";
import type { SaveOptions } from "./live_state.ts";
import { lastPair, type Lines, pairsOf, type Section } from "./save_lines.ts";
import { peerLines } from "./showconf.ts";

/** Changes, removes and appends sections. */
export function savePeers(
  lines: Lines,
  written: readonly PeerConfig[],
  device: DeviceStatus,
  options: SaveOptions,
): void {
  const live = new Map(device.peers.map((peer) => [keyOf(peer), peer]));
  const owners = { written: ownersOf(written), live: ownersOf(device.peers) };
  const own = device.publicKey && encodeKey(device.publicKey);
  for (const [key, sections] of sectionsByKey(lines, written)) {
    const peer = live.get(key);
    live.delete(key);
    if (peer === undefined) {
      // A device takes no notice of its own key, so that section says nothing.
      if (key !== own) sections.forEach((section) => lines.remove(section));
      continue;
    }
    saveKeys(lines, sections, peer);
    saveEndpoint(lines, sections, peer, options);
    saveKeepalive(lines, sections, peer);
    saveAllowedIps(lines, sections.at(-1)!, peer, owners);
  }
  for (const peer of live.values()) {
    lines.append(peerLines(peer, options.scopeName));
  }
}

type Group = readonly Section[];
/** The peer that each prefix belongs to. */
type OwnerOf = ReadonlyMap<string, string>;

function saveKeys(lines: Lines, sections: Group, peer: PeerStatus): void {
  const pairs = pairsOf(sections, "PresharedKey");
  const pair = pairs.at(-1);
  const now = peer.presharedKey && encodeKey(peer.presharedKey);
  const current = pair?.value.replace(/\s+/g, "") || undefined;
  if (current === now) return;
  if (now === undefined) pairs.forEach((each) => lines.drop(each));
  else if (pair !== undefined) lines.setValue(pair, now);
  else lines.add(sections.at(-1)!, "PresharedKey", now);
}

/** A host name stays: what it led to is no reason to forget it. */
function saveEndpoint(
  lines: Lines,
  sections: Group,
  { endpoint }: PeerStatus,
  { services = () => undefined, scopeOf, scopeName }: SaveOptions,
): void {
  const now = endpoint && formatEndpoint(endpoint, scopeName);
  const pairs = pairsOf(sections, "Endpoint");
  const pair = pairs.at(-1);
  if (pair === undefined) {
    if (now !== undefined) lines.add(sections.at(-1)!, "Endpoint", now);
    return;
  }
  const literal = literalEndpoint(readEndpoint(pair, services), scopeOf);
  if (literal === undefined) return;
  if (now === undefined) pairs.forEach((each) => lines.drop(each));
  else if (formatEndpoint(literal, scopeName) !== now) {
    lines.setValue(pair, now);
  }
}

function saveKeepalive(lines: Lines, sections: Group, peer: PeerStatus): void {
  const now = peer.persistentKeepaliveSeconds;
  const pair = lastPair(sections, "PersistentKeepalive");
  const current = pair === undefined ? 0 : readKeepalive(pair);
  if (current === now) return;
  if (pair === undefined) {
    lines.add(sections.at(-1)!, "PersistentKeepalive", `${now}`);
  } else lines.setValue(pair, now === 0 ? "off" : `${now}`);
}

function saveAllowedIps(
  lines: Lines,
  section: Section,
  peer: PeerStatus,
  owners: { readonly written: OwnerOf; readonly live: OwnerOf },
): void {
  const missing = new Set(peer.allowedIps.map(formatPrefix));
  const live = new Set(missing);
  const pairs = pairsOf([section], "AllowedIPs");
  const rows = pairs.map((pair) => {
    const items = readAllowedIps(pair);
    const kept = items.filter(({ prefix }) => {
      const text = formatPrefix(prefix);
      missing.delete(text);
      const owner = owners.live.get(text);
      // Another peer has it and had it before: what stands here meant nothing, and still does.
      return live.has(text) ||
        owner !== undefined && owner === owners.written.get(text);
    });
    return { pair, kept: kept.map(({ written }) => written), all: items };
  });
  for (const [i, { pair, kept, all }] of rows.entries()) {
    const added = i === rows.length - 1 ? [...missing] : [];
    if (kept.length === all.length && added.length === 0) continue;
    const now = [...kept, ...added];
    if (now.length === 0) lines.drop(pair);
    else lines.setValue(pair, now.join(", "));
  }
  if (rows.length === 0 && missing.size > 0) {
    lines.add(section, "AllowedIPs", [...missing].join(", "));
  }
}

/** The sections of each peer, in the file's order. */
function sectionsByKey(
  lines: Lines,
  written: readonly PeerConfig[],
): Map<string, Section[]> {
  const groups = new Map(
    written.map((peer): [string, Section[]] => [keyOf(peer), []]),
  );
  for (const section of lines.sections) {
    const key = lastPair([section], "PublicKey")?.value.replace(/\s+/g, "");
    if (section.name === "Peer") groups.get(key ?? "")?.push(section);
  }
  return groups;
}

/** The last peer that names a prefix has it. */
function ownersOf(
  peers: readonly { publicKey: Uint8Array; allowedIps: readonly Prefix[] }[],
): OwnerOf {
  return new Map(
    peers.flatMap((peer) =>
      peer.allowedIps.map((prefix): [string, string] => [
        formatPrefix(prefix),
        keyOf(peer),
      ])
    ),
  );
}

function keyOf({ publicKey }: { publicKey: Uint8Array }): string {
  return encodeKey(publicKey);
}
