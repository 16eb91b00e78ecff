/**
 * `wg syncconf`: the least change that brings a device to what a file says.
 *
 * ```text
 * peer only in the file       added
 * peer only on the device     removed
 * peer in both                only what differs; a preshared key or keepalive that
 *                             left the file is cleared (wg since 2026)
 * nothing differs             not touched: its session goes on
 * ```
 *
 * Of the interface only what the file names is set. wg clears the rest: a file
 * without PrivateKey takes away the key that a hook has set, one without
 * ListenPort moves a client to another port. The mark is cleared as by wg, unless
 * the caller knows that routing needs it.
 *
 * @module
 */

import { encodeKey, type PublicKey } from "../noise/keys.ts";
import { bytesEqual } from "./address.ts";
import type {
  AllowedIpChange,
  DeviceChange,
  DeviceStatus,
  PeerChange,
  PeerStatus,
} from "./config.ts";
import { sameDestination } from "./endpoint.ts";
import { formatPrefix } from "./prefix.ts";

/** What the caller knows of the machine. */
export interface SyncOptions {
  /** Whether a mark that the file does not name stays. */
  readonly keepFwmark?: boolean;
}

/**
 * What has to change on the device.
 *
 * @param file what the file names; later peers of the same key stand for the earlier
 */
export function syncChange(
  file: DeviceChange,
  device: DeviceStatus,
  options: SyncOptions = {},
): DeviceChange {
  const wanted = withOneOwner(withoutTwins(file.peers));
  const known = new Map(
    device.peers.map((peer) => [encodeKey(peer.publicKey), peer]),
  );
  const removed = device.peers
    .filter(({ publicKey }) => !wanted.has(encodeKey(publicKey)))
    .map(({ publicKey }) => removal(publicKey));
  const changed = [...wanted].flatMap(([key, peer]) => {
    const before = known.get(key);
    return before === undefined ? [peer] : differences(peer, before);
  });
  return {
    ...deviceChange(file, device, options.keepFwmark === true),
    peers: [...removed, ...changed],
  };
}

/** Whether a change changes nothing. */
export function isEmptyChange(change: DeviceChange): boolean {
  const { peers, ...device } = change;
  return peers.length === 0 && Object.keys(device).length === 0;
}

function removal(publicKey: PublicKey): PeerChange {
  return { publicKey, remove: true, allowedIps: [] };
}

function deviceChange(
  { privateKey, listenPort, fwmark }: DeviceChange,
  device: DeviceStatus,
  keepFwmark: boolean,
): Omit<DeviceChange, "peers"> {
  const mark = fwmark ?? (keepFwmark ? device.fwmark : 0);
  return {
    ...privateKey !== undefined && !sameKey(privateKey, device.privateKey) &&
      { privateKey },
    ...listenPort !== undefined && listenPort !== device.listenPort &&
      { listenPort },
    ...mark !== device.fwmark && { fwmark: mark },
  };
}

/** One peer for each key: a later section replaces what it names of an earlier one. */
function withoutTwins(peers: readonly PeerChange[]): Map<string, PeerChange> {
  const byKey = new Map<string, PeerChange>();
  for (const peer of peers) {
    const key = encodeKey(peer.publicKey);
    byKey.set(key, { ...byKey.get(key), ...peer });
  }
  return byKey;
}

/** A prefix that several peers are given is the last one's. */
function withOneOwner(peers: Map<string, PeerChange>): Map<string, PeerChange> {
  const owners = new Map<string, string>();
  for (const [key, { allowedIps }] of peers) {
    for (const { prefix, remove } of allowedIps) {
      if (!remove) owners.set(formatPrefix(prefix), key);
    }
  }
  const kept = (key: string) => ({ prefix, remove }: AllowedIpChange) =>
    remove || owners.get(formatPrefix(prefix)) === key;
  return new Map([...peers].map(([key, peer]) => [
    key,
    { ...peer, allowedIps: peer.allowedIps.filter(kept(key)) },
  ]));
}

function differences(peer: PeerChange, before: PeerStatus): PeerChange[] {
  const { publicKey, endpoint } = peer;
  const presharedKey = peer.presharedKey ?? null;
  const seconds = peer.persistentKeepaliveSeconds ?? 0;
  const moved = endpoint &&
    !(before.endpoint && sameDestination(endpoint, before.endpoint));
  const change: PeerChange = {
    publicKey,
    ...!sameKey(presharedKey, before.presharedKey) && { presharedKey },
    ...moved && { endpoint },
    ...seconds !== before.persistentKeepaliveSeconds &&
      { persistentKeepaliveSeconds: seconds },
    ...allowedIpsChange(peer, before),
  };
  const { allowedIps, ...others } = change;
  const untouched = Object.keys(others).length === 1 && allowedIps.length === 0;
  return untouched ? [] : [change];
}

function allowedIpsChange(
  { allowedIps, replaceAllowedIps }: PeerChange,
  before: PeerStatus,
): Pick<PeerChange, "allowedIps" | "replaceAllowedIps"> {
  if (!replaceAllowedIps) return { allowedIps };
  const wanted = new Set(allowedIps.map(({ prefix }) => formatPrefix(prefix)));
  const same = wanted.size === before.allowedIps.length &&
    before.allowedIps.every((prefix) => wanted.has(formatPrefix(prefix)));
  return same ? { allowedIps: [] } : { replaceAllowedIps, allowedIps };
}

function sameKey(
  a: Uint8Array | null,
  b: Uint8Array | undefined,
): boolean {
  if (a === null || b === undefined) return a === null && b === undefined;
  return bytesEqual(a, b);
}
