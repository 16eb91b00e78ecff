/**
 * Handshake messages from the network, in the order in which they are checked
 * (whitepaper §5.3, §5.4): each step costs more than the one before, and
 * nobody but a peer gets an answer.
 *
 * ```text
 * 1 mac1                             else silence
 *   then it waits in handshake_queue.ts
 * 2 under load: mac2                 else a cookie reply; then the rate of the address
 * 3 initiation: static key → peer    4 timestamp, greater than the last    5 response
 *   response:   index → handshake    4 opens                               5 session
 * ```
 *
 * Nothing of a peer changes before its message has proved authentic.
 *
 * @module
 */

import type { Endpoint } from "../config/config.ts";
import {
  consumeResponse,
  createResponse,
  readStatic,
  readTimestamp,
  type Responder,
  type SessionKeys,
  wipeResponder,
} from "../noise/handshake.ts";
import { clamp } from "../noise/keys.ts";
import {
  COOKIE_REPLY,
  INITIATION,
  readCookieReply,
  readInitiation,
  readResponse,
  readWord,
  writeResponse,
} from "../noise/messages.ts";
import { isAfter } from "../noise/tai64n.ts";
import { createKeypair, type Keypair } from "../transport/keypair.ts";
import { INITIATION_INTERVAL } from "./constants.ts";
import type { Drop } from "./drops.ts";
import type { IndexEntry } from "./index_table.ts";
import type { Peer } from "./peer.ts";
import { sendKeepalive, sendStaged } from "./send.ts";
import { COOKIE_SERVICE } from "./service.ts";
import { installInitiated, installResponded } from "./session.ts";
import { type Identity, type State, staticStaticOf } from "./state.ts";

/** An initiation, a response or a cookie reply that has just come, of its exact length: what is not worth its time goes no further. */
export function receiveHandshake(
  { identity, drops, handshakes, indices }: State,
  message: Uint8Array,
  from: Endpoint,
): void {
  if (identity === undefined) {
    return drops.count("the interface has no private key");
  }
  if (readWord(message, 0) === COOKIE_REPLY) {
    if (indices.get(readCookieReply(message).receiver) === undefined) {
      return drops.count("response or cookie to no handshake of ours");
    }
  } else if (!identity.checker.checkMac1(message)) {
    return drops.count("handshake not meant for our public key (mac1)");
  }
  if (!handshakes.addMessage(message, from)) {
    drops.count("too many handshakes at once");
  }
}

/** An initiation or a response whose turn has come. */
export function handleHandshakeMessage(
  state: State,
  message: Uint8Array,
  from: Endpoint,
  now: number,
): void {
  const { identity, drops } = state;
  // It was there when the message came.
  if (identity === undefined) {
    return drops.count("the interface has no private key");
  }
  const refusal = refuseUnderLoad(state, identity, message, from, now);
  if (refusal !== undefined) return drops.count(refusal);
  if (readWord(message, 0) === INITIATION) {
    handleInitiation(state, identity, message, from, now);
  } else handleResponse(state, message, from, now);
}

/** Under load, only a sender that proves its address is heard, and not too often (§5.3). */
function refuseUnderLoad(
  state: State,
  { checker }: Identity,
  message: Uint8Array,
  from: Endpoint,
  now: number,
): Drop | undefined {
  if (!state.load.isLoaded(state.handshakes.messages, now)) return undefined;
  const { address, port } = from;
  if (!checker.checkMac2(message, address, port, now)) {
    const sender = readWord(message, 4);
    const reply = checker.createCookieReply(
      message,
      sender,
      address,
      port,
      now,
    );
    state.outbound.sendMessage(reply, from, COOKIE_SERVICE);
    return "handshake without a valid cookie under load (mac2)";
  }
  return state.limiter.allow(address, now)
    ? undefined
    : "too many handshakes from one address under load";
}

function handleInitiation(
  state: State,
  identity: Identity,
  message: Uint8Array,
  from: Endpoint,
  now: number,
): void {
  const fields = readInitiation(message);
  const responder = readStatic(fields, identity);
  if (responder === undefined) {
    return state.drops.count("initiation that does not decrypt");
  }
  const peer = state.peers.get(responder.remoteStatic.toHex());
  if (peer === undefined) {
    wipeResponder(responder);
    return state.drops.count("initiation from an unknown public key");
  }
  const refusal = proveInitiation(state, peer, responder, message, now);
  if (refusal !== undefined) {
    wipeResponder(responder);
    return peer.drops.count(refusal);
  }
  peer.endpoint = from;
  peer.receivedBytes += message.length;
  respond(state, peer, responder, fields.sender, now);
  peer.timers.authenticatedReceived(now);
}

/** Opens the timestamp, which proves the peer, and compares it with the last (§5.1). */
function proveInitiation(
  state: State,
  peer: Peer,
  responder: Responder,
  message: Uint8Array,
  now: number,
): Drop | undefined {
  const staticStatic = staticStaticOf(state, peer);
  if (staticStatic === null) return "the peer's public key is of low order";
  const fields = readInitiation(message);
  const timestamp = readTimestamp(responder, fields, staticStatic);
  if (timestamp === undefined) return "initiation that does not decrypt";
  const last = peer.acceptedTimestamp;
  if (last !== undefined && !isAfter(timestamp, last)) {
    return "initiation replayed, or from a clock that went backward";
  }
  if (now - peer.initiationAcceptedAt < INITIATION_INTERVAL) {
    return "initiation too soon after the one before";
  }
  peer.acceptedTimestamp = timestamp;
  peer.initiationAcceptedAt = now;
  return undefined;
}

/**
 * Answers an initiation. Our own initiation, if one is under way, stays: if two
 * cross, either response completes a session.
 */
function respond(
  state: State,
  peer: Peer,
  responder: Responder,
  remoteIndex: number,
  now: number,
): void {
  const ephemeral = clamp(state.random(32));
  // The peer's own array, of which a key agreement may have kept what it made.
  const known = { ...responder, remoteStatic: peer.publicKey };
  const created = createResponse(known, ephemeral, peer.presharedKey);
  if (created === undefined) {
    return peer.drops.count("initiation that does not decrypt");
  }
  const entry = state.indices.allocate(peer);
  const message = writeResponse(created.message, entry.index, remoteIndex);
  peer.cookies.addMacs(message, now);
  const keypair = derive(entry, created.keys, remoteIndex, false, now);
  installResponded(state, peer, keypair);
  state.outbound.sendMessage(message, peer.endpoint!);
  peer.sentBytes += message.length;
  peer.handshakeSentAt = now;
  peer.timers.sessionDerived(now);
  peer.timers.authenticatedSent(now);
}

function handleResponse(
  state: State,
  message: Uint8Array,
  from: Endpoint,
  now: number,
): void {
  const fields = readResponse(message);
  const entry = state.indices.get(fields.receiver);
  const handshake = entry?.peer.handshake;
  if (entry === undefined || handshake?.index !== fields.receiver) {
    return state.drops.count("response or cookie to no handshake of ours");
  }
  const { peer } = entry;
  const keys = consumeResponse(handshake.state, fields, peer.presharedKey);
  if (keys === undefined) {
    return peer.drops.count(
      "response that does not decrypt (wrong preshared key?)",
    );
  }
  peer.handshake = undefined;
  peer.endpoint = from;
  peer.receivedBytes += message.length;
  const keypair = derive(entry, keys, fields.sender, true, now);
  installInitiated(state, peer, keypair);
  peer.timers.authenticatedReceived(now);
  peer.timers.sessionDerived(now);
  completeHandshake(state, peer);
  confirmToPeer(state, peer, now);
}

/** The responder may not send before it has heard us use the session. */
function confirmToPeer(state: State, peer: Peer, now: number): void {
  if (peer.staged.length === 0) sendKeepalive(state, peer, now);
  else sendStaged(state, peer, now);
}

/** Both sides know that the session stands. */
export function completeHandshake(state: State, peer: Peer): void {
  peer.timers.handshakeComplete();
  peer.lastHandshake = state.wallClock();
}

/** A keypair of the keys, under the index of the handshake. */
function derive(
  entry: IndexEntry,
  keys: SessionKeys,
  remoteIndex: number,
  isInitiator: boolean,
  now: number,
): Keypair {
  entry.keypair = createKeypair({
    sendKey: keys.send,
    receiveKey: keys.receive,
    localIndex: entry.index,
    remoteIndex,
    isInitiator,
    createdAt: now,
  });
  return entry.keypair;
}

/** A cookie reply whose turn has come: its cookie goes into the next initiation (§5.4.7). */
export function handleCookieReply(
  state: State,
  message: Uint8Array,
  now: number,
): void {
  const entry = state.indices.get(readCookieReply(message).receiver);
  if (entry === undefined) {
    return state.drops.count("response or cookie to no handshake of ours");
  }
  if (!entry.peer.cookies.consumeCookieReply(message, now)) {
    entry.peer.drops.count("cookie reply that does not decrypt");
  }
}
