/**
 * TUN → network, in the order in which a packet passes.
 *
 * ```text
 * handlePacket   IP version → destination → allowed IPs → peer and its endpoint
 *      ▼                                                   └ none: "host unreachable"
 * sendTo         the peer's session ──▶ batch ──▶ outbound.flush: seal, send
 *      │ none
 *      ▼
 * stage          wait for a handshake, and begin one (whitepaper §6.1)
 *      ▼
 * sendStaged     when the session is there
 * ```
 *
 * @module
 */

import { isWorn, type Keypair } from "../transport/keypair.ts";
import { MAX_STAGED, REKEY_AFTER_TIME } from "./constants.ts";
import { initiate } from "./initiate.ts";
import { destinationPlace, ipVersion } from "./ip.ts";
import type { Peer } from "./peer.ts";
import { sendingSession } from "./session.ts";
import type { State } from "./state.ts";
import { LONGEST_MESSAGE, mayAnswer, writeUnreachable } from "./unreachable.ts";

const KEEPALIVE = new Uint8Array(0);

/** An IP packet of `length` bytes at `at` from the TUN, in a slot (transport/memory.ts). */
export function handlePacket(
  state: State,
  at: number,
  length: number,
  now: number,
): void {
  if (!state.isUp) return state.drops.count("the interface is down");
  const version = ipVersion(state.memory, at, length);
  if (version === 0) return state.drops.count("not an IP packet");
  const destination = destinationPlace(version, at);
  const peer = state.allowedIps.lookup(state.memory, version, destination);
  if (peer === undefined) {
    state.drops.count("no peer has its destination in AllowedIPs");
    return tellUnreachable(state, version, at, length, now);
  }
  // One whose name is being looked up has its packets wait.
  if (peer.endpoint === undefined && peer.quest === undefined) {
    peer.drops.count("the peer has no endpoint yet");
    return tellUnreachable(state, version, at, length, now);
  }
  sendTo(state, peer, at, length, now);
}

/** Tells the sender of a packet that nobody takes it. */
function tellUnreachable(
  state: State,
  version: 4 | 6,
  at: number,
  length: number,
  now: number,
): void {
  const { memory, outbound, output, unreachable } = state;
  if (!mayAnswer(memory, version, at, length) || !unreachable.take(now)) return;
  const to = outbound.slot(LONGEST_MESSAGE[version]);
  output.deliver(to, writeUnreachable(memory, version, at, length, to));
}

function sendTo(
  state: State,
  peer: Peer,
  at: number,
  length: number,
  now: number,
): void {
  const session = sendingSession(peer, now);
  if (session !== undefined) {
    return seal(state, peer, session, at, length, now);
  }
  if (state.identity === undefined) {
    return peer.drops.count("the interface has no private key");
  }
  if (peer.staticStatic === null) {
    return peer.drops.count("the peer's public key is of low order");
  }
  stage(peer, state.memory.bytes.slice(at, at + length));
  initiate(state, peer, now, false);
}

/** Puts a packet into the batch; a length of 0 is a keepalive. */
function seal(
  state: State,
  peer: Peer,
  session: Keypair,
  at: number,
  length: number,
  now: number,
): void {
  peer.sentBytes += state.outbound.add(peer, session, at, length, state.mtu);
  if (length > 0) peer.timers.dataSent(now);
  peer.timers.authenticatedSent(now);
  if (needsSuccessor(session, now)) initiate(state, peer, now, false);
}

/** Whether a session that sends should be followed by a new one (§6.2). */
function needsSuccessor(session: Keypair, now: number): boolean {
  return isWorn(session) ||
    session.isInitiator && now - session.createdAt >= REKEY_AFTER_TIME;
}

/** Keeps a copy of a packet until there is a session; the oldest makes room. */
function stage(peer: Peer, packet: Uint8Array): void {
  if (peer.staged.length >= MAX_STAGED) {
    peer.staged.shift();
    peer.drops.count("too many packets waited for a handshake");
  }
  peer.staged.push(packet);
}

/** Sends what waited for a session; begins a handshake if there is none after all. */
export function sendStaged(state: State, peer: Peer, now: number): void {
  if (peer.staged.length === 0) return;
  if (sendingSession(peer, now) === undefined) {
    return initiate(state, peer, now, false);
  }
  const waiting = peer.staged;
  peer.staged = [];
  for (const packet of waiting) {
    const session = sendingSession(peer, now);
    if (session === undefined) stage(peer, packet);
    else {
      const at = state.outbound.place(packet, state.mtu);
      seal(state, peer, session, at, packet.length, now);
    }
  }
}

/** Sends an empty packet, unless others wait that say the same (§6.5). */
export function sendKeepalive(state: State, peer: Peer, now: number): void {
  if (peer.endpoint === undefined && peer.quest === undefined) return;
  if (state.identity === undefined) return;
  if (peer.staticStatic === null) return;
  if (peer.staged.length === 0) stage(peer, KEEPALIVE);
  sendStaged(state, peer, now);
}

/** Gives up on a peer that does not answer: what waited for it is dropped. */
export function dropStaged(peer: Peer): void {
  const packets = peer.staged.filter((packet) => packet.length > 0).length;
  if (packets > 0) {
    peer.drops.count("the handshake was not answered", packets);
  }
  peer.staged = [];
}
