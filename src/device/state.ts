/**
 * What the parts of a device share. Plain data: device.ts makes it, send.ts,
 * receive.ts and their like work on it.
 *
 * @module
 */

import type { Aead } from "../noise/aead.ts";
import { CookieChecker } from "../noise/cookie.ts";
import type { StaticKeys } from "../noise/handshake.ts";
import type { KeyAgreement } from "../noise/key_agreement.ts";
import type { WallTime } from "../noise/tai64n.ts";
import type { PacketMemory } from "../transport/memory.ts";
import type { AllowedIps } from "./allowed_ips.ts";
import type { Drops } from "./drops.ts";
import type { HandshakeQueue } from "./handshake_queue.ts";
import type { Inbound } from "./inbound.ts";
import type { IndexTable } from "./index_table.ts";
import type { LoadMeter } from "./load_meter.ts";
import type { Outbound, Output } from "./outbound.ts";
import type { Peer } from "./peer.ts";
import type { RateLimiter } from "./rate_limiter.ts";
import type { PeerName } from "../config/uapi_names.ts";
import type { Alarm } from "./timers.ts";
import type { UnreachableLimit } from "./unreachable.ts";

/** The interface's own key pair, and what it judges MACs by. */
export interface Identity extends StaticKeys {
  readonly checker: CookieChecker;
}

/** One device. */
export interface State {
  readonly memory: PacketMemory;
  readonly output: Output;
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  /** New random bytes. */
  readonly random: (length: number) => Uint8Array;
  readonly keyAgreement: KeyAgreement;
  readonly aead: Aead;
  readonly wallClock: () => WallTime;
  /** Asks where a name leads; the answer comes later, to names.ts. */
  readonly lookUp: (name: PeerName) => void;
  /** By the public key in hex, in the order in which they came. */
  readonly peers: Map<string, Peer>;
  readonly allowedIps: AllowedIps<Peer>;
  readonly indices: IndexTable;
  readonly limiter: RateLimiter;
  readonly handshakes: HandshakeQueue;
  readonly load: LoadMeter;
  readonly unreachable: UnreachableLimit;
  readonly alarm: Alarm;
  /** Drops that no peer can be charged with. */
  readonly drops: Drops;
  identity: Identity | undefined;
  isUp: boolean;
  mtu: number;
}

/** DH of the interface's and the peer's static keys; `null` without a private key, or if the peer's key is of low order. */
export function staticStaticOf(
  { identity, keyAgreement }: State,
  peer: Peer,
): Uint8Array | null {
  if (identity === undefined) return null;
  if (peer.staticStatic === undefined) {
    peer.staticStatic =
      keyAgreement.dh(identity.staticPrivate, peer.publicKey) ?? null;
  }
  return peer.staticStatic;
}
