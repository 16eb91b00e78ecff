/**
 * A peer's sessions, coming and going (whitepaper §5.4.5, §6.1, §6.3).
 *
 * Each keypair has its place by who began it (the drawing in peer.ts). What
 * leaves its place is wiped, and its index forgotten.
 *
 * @module
 */

import { wipeInitiator } from "../noise/handshake.ts";
import {
  exhaust,
  isExhausted,
  type Keypair,
  wipe,
} from "../transport/keypair.ts";
import { REJECT_AFTER_TIME } from "./constants.ts";
import type { Peer } from "./peer.ts";
import type { State } from "./state.ts";

/** Whether a session is young enough to open what comes. */
export function isAlive(keypair: Keypair, now: number): boolean {
  return now - keypair.createdAt < REJECT_AFTER_TIME;
}

/** The session to send with now, if there is one. */
export function sendingSession(peer: Peer, now: number): Keypair | undefined {
  const keypair = peer.current;
  if (keypair === undefined) return undefined;
  return isAlive(keypair, now) && !isExhausted(keypair) ? keypair : undefined;
}

/**
 * A session that we began: it sends at once. Of the ones before it that stays
 * with which the peer was last heard, for until the peer hears of the new one
 * it goes on with it. If the peer has begun one as well, the two have crossed,
 * and that one stays too: the peer will send with it.
 */
export function installInitiated(
  state: State,
  peer: Peer,
  keypair: Keypair,
): void {
  const { previous, current } = peer;
  if (peer.next !== undefined && !isYounger(peer.next, current)) {
    discard(state, peer.next);
    peer.next = undefined;
  }
  const heardOnPrevious = previous !== undefined && previous === peer.heard;
  discard(state, heardOnPrevious ? current : previous);
  peer.previous = heardOnPrevious ? previous : current;
  peer.current = keypair;
}

/** A session that the peer began: it only receives until the peer has used it. */
export function installResponded(
  state: State,
  peer: Peer,
  keypair: Keypair,
): void {
  discard(state, peer.next);
  peer.next = keypair;
}

/**
 * The peer has used the session that it began; true if this was the first time.
 * Where it crossed with one of ours, each side goes on with its own.
 */
export function confirm(state: State, peer: Peer, keypair: Keypair): boolean {
  if (peer.next !== keypair) return false;
  const { current } = peer;
  const crossed = current?.isInitiator === true && !isYounger(keypair, current);
  discard(state, peer.previous);
  peer.previous = crossed ? keypair : current;
  peer.current = crossed ? current : keypair;
  peer.next = undefined;
  return true;
}

function isYounger(keypair: Keypair, than: Keypair | undefined): boolean {
  return than === undefined || keypair.createdAt > than.createdAt;
}

/** Wipes all that was agreed on with a peer, and the handshake under way. */
export function clearSessions(state: State, peer: Peer): void {
  clearHandshake(state, peer);
  for (const keypair of [peer.previous, peer.current, peer.next]) {
    discard(state, keypair);
  }
  peer.previous =
    peer.current =
    peer.next =
    peer.heard =
      undefined;
}

/** Makes the sessions send nothing more, so that the next packet begins a handshake; they still receive. */
export function expireSessions(state: State, peer: Peer): void {
  clearHandshake(state, peer);
  if (peer.current !== undefined) exhaust(peer.current);
  if (peer.next !== undefined) exhaust(peer.next);
  peer.handshakeSentAt = -Infinity;
}

/** Ends the handshake that we began; a response to it finds nothing. */
export function clearHandshake(state: State, peer: Peer): void {
  if (peer.handshake === undefined) return;
  wipeInitiator(peer.handshake.state);
  state.indices.free(peer.handshake.index);
  peer.handshake = undefined;
}

function discard(state: State, keypair: Keypair | undefined): void {
  if (keypair === undefined) return;
  state.indices.free(keypair.localIndex);
  wipe(keypair);
}
