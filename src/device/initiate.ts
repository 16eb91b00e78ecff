/**
 * Beginning a handshake (whitepaper §5.4.2, §6.1, §6.4).
 *
 * @module
 */

import { createInitiation } from "../noise/handshake.ts";
import { clamp } from "../noise/keys.ts";
import { writeInitiation } from "../noise/messages.ts";
import { nextTimestamp } from "../noise/tai64n.ts";
import { REKEY_TIMEOUT } from "./constants.ts";
import type { Peer } from "./peer.ts";
import { seekEndpoint } from "./seek.ts";
import { clearHandshake } from "./session.ts";
import { type Identity, type State, staticStaticOf } from "./state.ts";

/**
 * Asks for an initiation, unless one was sent less than REKEY-TIMEOUT ago or the
 * peer cannot be asked: without a private key, or an endpoint, which is then looked
 * for if the peer has a name. It waits in handshake_queue.ts.
 *
 * @param retry whether it repeats one that was not answered
 */
export function initiate(
  state: State,
  peer: Peer,
  now: number,
  retry: boolean,
): void {
  if (!retry && now - peer.handshakeSentAt < REKEY_TIMEOUT) return;
  if (state.identity === undefined) return;
  if (peer.endpoint === undefined) {
    return seekEndpoint(state, peer, now, retry);
  }
  state.handshakes.addInitiation(peer, retry);
}

/** Sends an initiation whose turn has come, if the peer can still be asked. */
export function sendInitiation(
  state: State,
  peer: Peer,
  now: number,
  retry: boolean,
): void {
  const { identity } = state;
  if (identity === undefined || peer.endpoint === undefined) return;
  const message = writeNext(state, identity, peer);
  if (message === undefined) return refuse(peer);
  peer.cookies.addMacs(message, now);
  // Before it is sent: the output may refuse it at once.
  peer.handshakeSentAt = now;
  peer.initiationLost = false;
  state.outbound.sendMessage(message, peer.endpoint);
  peer.sentBytes += message.length;
  peer.timers.authenticatedSent(now);
  peer.timers.initiationSent(now, retry);
}

/** The peer's key is of low order, as is found out by its first initiation: nothing can be sent to it. */
function refuse(peer: Peer): void {
  const packets = peer.staged.filter((packet) => packet.length > 0).length;
  if (packets > 0) {
    peer.drops.count("the peer's public key is of low order", packets);
  }
  peer.staged = [];
}

/** A new initiation under a new index, which takes the place of the one before. */
function writeNext(
  state: State,
  identity: Identity,
  peer: Peer,
): Uint8Array | undefined {
  const staticStatic = staticStaticOf(state, peer);
  if (staticStatic === null) return undefined;
  const timestamp = nextTimestamp(peer.sentTimestamp, state.wallClock());
  const created = createInitiation({
    ...identity,
    ephemeralPrivate: clamp(state.random(32)),
    remoteStatic: peer.publicKey,
    staticStatic,
    timestamp,
  });
  if (created === undefined) return undefined;
  clearHandshake(state, peer);
  const { index } = state.indices.allocate(peer);
  peer.handshake = { state: created.state, index };
  peer.sentTimestamp = timestamp;
  return writeInitiation(created.message, index);
}
