/**
 * A change of a device as wg(8) was told it: endpoints are words yet.
 *
 * ```text
 * words of `set`  ──set_words.ts────▶ ┐
 * lines of a file ──wg_only_conf.ts─▶ ┴ ChangeDraft ──(endpoints resolved)──▶ DeviceChange
 * ```
 *
 * @module
 */

import { isZero, type PresharedKey, type PrivateKey } from "../noise/keys.ts";
import type { DeviceChange, Endpoint, PeerChange } from "./config.ts";
import type { HostAndPort } from "./endpoint.ts";
import type { AllowedIpsWord } from "./wg_only_values.ts";

/** Where a peer is, and how that was written. */
export interface EndpointWord extends HostAndPort {
  readonly written: string;
  /** `wg0.conf:7`, where it stands in a file. */
  readonly place?: string;
}

/** What is said of one peer. */
export interface PeerDraft extends Omit<PeerChange, "endpoint"> {
  endpoint?: EndpointWord;
}

/** What is said of a device. */
export interface ChangeDraft extends Omit<DeviceChange, "peers"> {
  peers: PeerDraft[];
  /** Lines in wg's words. */
  warnings: string[];
}

/** A draft that changes nothing. */
export function emptyDraft(): ChangeDraft {
  return { peers: [], warnings: [] };
}

/** The private key as a change has it: all zeros clear it. */
export function privateKeyOrNone(key: Uint8Array): PrivateKey | null {
  return isZero(key) ? null : key as PrivateKey;
}

/** The preshared key as a change has it: all zeros clear it. */
export function presharedKeyOrNone(key: Uint8Array): PresharedKey | null {
  return isZero(key) ? null : key as PresharedKey;
}

/**
 * Adds the prefixes of one word to those that the peer has been given. Whether
 * they replace what the device has, the last word says.
 */
export function addAllowedIps(
  draft: ChangeDraft,
  peer: PeerDraft,
  word: AllowedIpsWord,
): void {
  peer.allowedIps.push(...word.changes);
  if (word.replace) peer.replaceAllowedIps = true;
  else delete peer.replaceAllowedIps;
  draft.warnings.push(...word.warnings);
}

/**
 * The change, with its endpoints where they are.
 *
 * @param endpoints of each peer of the draft; undefined for one without
 */
export function toChange(
  draft: ChangeDraft,
  endpoints: readonly (Endpoint | undefined)[],
): DeviceChange {
  const { peers, warnings: _, ...device } = draft;
  return {
    ...device,
    peers: peers.map(({ endpoint: _, ...peer }, i) => {
      const endpoint = endpoints[i];
      return endpoint === undefined ? peer : { ...peer, endpoint };
    }),
  };
}
