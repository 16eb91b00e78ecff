/**
 * A peer as the device knows it: identity, sessions, what waits and what is
 * counted. Plain data; send.ts, receive.ts and session.ts work on it.
 *
 * ```text
 *              initiator                         responder
 * handshake    initiation sent                   –
 *      │ response                                     │ initiation answered
 *      ▼                                              ▼
 * current      sends at once                     next: receives only
 *      │ the next session                             │ first packet of the initiator
 *      ▼                                              ▼
 * previous     receives what is on its way       current
 * ```
 *
 * @module
 */

import type { Endpoint, Prefix } from "../config/config.ts";
import { withoutSource } from "../config/endpoint.ts";
import { CookieHolder } from "../noise/cookie.ts";
import type { Initiator } from "../noise/handshake.ts";
import type { PresharedKey, PublicKey } from "../noise/keys.ts";
import type { WallTime } from "../noise/tai64n.ts";
import type { Keypair } from "../transport/keypair.ts";
import { Drops } from "./drops.ts";
import type { Quest } from "./seek.ts";
import { type Alarm, Timers } from "./timers.ts";

/** An initiation of ours that waits for its response. */
export interface PendingHandshake {
  readonly state: Initiator;
  /** The index that the response will name. */
  readonly index: number;
}

/** One peer of the interface. */
export interface Peer {
  readonly publicKey: PublicKey;
  presharedKey: PresharedKey | undefined;
  endpoint: Endpoint | undefined;
  /** What is done to find it where it has a name. */
  quest: Quest | undefined;
  /** In the order in which they were given, by their text. */
  readonly allowedIps: Map<string, Prefix>;
  readonly timers: Timers;
  readonly cookies: CookieHolder;
  readonly drops: Drops;

  /** DH of the two static keys, 32 bytes: made when first needed; `null` if the peer's key is of low order. */
  staticStatic: Uint8Array | null | undefined;
  handshake: PendingHandshake | undefined;
  previous: Keypair | undefined;
  current: Keypair | undefined;
  next: Keypair | undefined;
  /** The session of the last authentic packet, by which the peer sends as far as we know. */
  heard: Keypair | undefined;
  /** Copies of packets that wait for a handshake, oldest first; an empty one is a keepalive. */
  staged: Uint8Array[];

  /** The TAI64N of the last initiation that was sent, and of the greatest that was accepted. */
  sentTimestamp: Uint8Array | undefined;
  acceptedTimestamp: Uint8Array | undefined;
  /** Milliseconds; -Infinity before the first. */
  handshakeSentAt: number;
  /** Whether the kernel refused the initiation that was sent then. */
  initiationLost: boolean;
  initiationAcceptedAt: number;
  /** By the wall clock, when a session was last confirmed. */
  lastHandshake: WallTime | undefined;
  /** Bytes of authentic UDP payloads, headers and handshakes included. */
  receivedBytes: number;
  sentBytes: number;
}

/** A peer that nothing is known of but its key. */
export function createPeer(
  publicKey: PublicKey,
  random: () => number,
  alarm: Alarm,
): Peer {
  return {
    publicKey,
    presharedKey: undefined,
    endpoint: undefined,
    quest: undefined,
    allowedIps: new Map(),
    timers: new Timers(random, alarm),
    cookies: new CookieHolder(publicKey),
    drops: new Drops(),
    staticStatic: undefined,
    handshake: undefined,
    previous: undefined,
    current: undefined,
    next: undefined,
    heard: undefined,
    staged: [],
    sentTimestamp: undefined,
    acceptedTimestamp: undefined,
    handshakeSentAt: -Infinity,
    initiationLost: false,
    initiationAcceptedAt: -Infinity,
    lastHandshake: undefined,
    receivedBytes: 0,
    sentBytes: 0,
  };
}

/** Forgets which local address the peer spoke to: the kernel then chooses one for the route as it is. */
export function clearSource(peer: Peer): void {
  if (peer.endpoint !== undefined) peer.endpoint = withoutSource(peer.endpoint);
}
