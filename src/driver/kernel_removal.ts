/**
 * Taking single prefixes away from a peer of a kernel that cannot: before
 * Linux 6.16 a peer's prefixes can only be replaced.
 *
 * The change is played through on the device as it is, and each peer that it
 * takes a prefix from gets the list that is left:
 *
 * ```text
 * the device    A: 10.0.0.0/24, 10.0.1.0/24
 * the change    A: -10.0.0.0/24, +10.0.2.0/24
 * made of it    A: replace with 10.0.1.0/24, 10.0.2.0/24
 * ```
 *
 * @module
 */

import type {
  DeviceChange,
  DeviceStatus,
  PeerChange,
  Prefix,
} from "../config/config.ts";
import { formatPrefix } from "../config/prefix.ts";
import { encodeHex } from "../noise/keys.ts";

/** Whether a change takes single prefixes away. */
export function hasRemovals(change: DeviceChange): boolean {
  return change.peers.some(removesPrefix);
}

/** A change that does the same to this device, and takes no single prefix away. */
export function withoutRemovals(
  change: DeviceChange,
  status: DeviceStatus,
): DeviceChange {
  const owners = change.replacePeers
    ? new Owners([])
    : new Owners(status.peers);
  return {
    ...change,
    peers: change.peers.map((peer) => {
      const known = owners.play(peer);
      if (!known || !removesPrefix(peer)) return peer;
      return {
        ...peer,
        replaceAllowedIps: true,
        allowedIps: owners.of(peer).map((prefix) => ({ prefix })),
      };
    }),
  };
}

function removesPrefix(peer: PeerChange): boolean {
  return !peer.remove && peer.allowedIps.some(({ remove }) => remove);
}

type Owned = Pick<PeerChange, "publicKey"> & { allowedIps: readonly Prefix[] };

/** Whose each prefix is: a peer's at most, for who gets it takes it from another. */
class Owners {
  readonly #peers = new Map<string, Map<string, Prefix>>();

  constructor(peers: readonly Owned[]) {
    for (const { publicKey, allowedIps } of peers) {
      const owned = allowedIps.map((each) =>
        [formatPrefix(each), each] as const
      );
      this.#peers.set(encodeHex(publicKey), new Map(owned));
    }
  }

  /** Plays one peer of a change through. @returns whether that peer is there afterwards */
  play(peer: PeerChange): boolean {
    const key = encodeHex(peer.publicKey);
    if (peer.remove) this.#peers.delete(key);
    else if (!peer.updateOnly && !this.#peers.has(key)) {
      this.#peers.set(key, new Map());
    }
    const own = this.#peers.get(key);
    if (own === undefined) return false;
    if (peer.replaceAllowedIps) own.clear();
    for (const { prefix, remove } of peer.allowedIps) {
      const text = formatPrefix(prefix);
      if (remove) own.delete(text);
      else this.#give(own, text, prefix);
    }
    return true;
  }

  of({ publicKey }: PeerChange): Prefix[] {
    return [...this.#peers.get(encodeHex(publicKey))?.values() ?? []];
  }

  #give(own: Map<string, Prefix>, text: string, prefix: Prefix): void {
    for (const other of this.#peers.values()) other.delete(text);
    own.set(text, prefix);
  }
}
