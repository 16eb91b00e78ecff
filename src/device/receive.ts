/**
 * Network → TUN, in the order in which a datagram passes.
 *
 * ```text
 * handleDatagram   type and length ──▶ handshake: receive_handshake.ts, where it waits
 *      ▼
 * handleData       receiver index → session, young enough → batch
 *      ▼
 * openBatch        authentic → counter new → peer's endpoint := where it came from
 *      ▼
 * accept           session confirmed? due for a successor? a keepalive ends here
 *      ▼
 * deliver          IP version, length → source in the peer's allowed IPs → TUN
 * ```
 *
 * The endpoint follows every authentic packet, even one whose content is then
 * refused (whitepaper §2.1).
 *
 * @module
 */

import type { Endpoint } from "../config/config.ts";
import {
  INITIATION,
  messageType,
  readWord,
  TRANSPORT_DATA,
} from "../noise/messages.ts";
import type { Keypair } from "../transport/keypair.ts";
import {
  HEADER_LENGTH,
  type PacketMemory,
  TAG_LENGTH,
} from "../transport/memory.ts";
import {
  counterHighOf,
  counterLowOf,
  receiverOf,
} from "../transport/packet.ts";
import { REKEY_AFTER_TIME_RECEIVING } from "./constants.ts";
import { initiate } from "./initiate.ts";
import { ipVersion, packetLength, sourcePlace } from "./ip.ts";
import type { Peer } from "./peer.ts";
import { completeHandshake, receiveHandshake } from "./receive_handshake.ts";
import { sendStaged } from "./send.ts";
import { confirm, isAlive } from "./session.ts";
import { isCongested, markCongested } from "./service.ts";
import type { State } from "./state.ts";

/** A UDP payload of `length` bytes at `at`; `service` is the outer packet's service byte. */
export function handleDatagram(
  state: State,
  at: number,
  length: number,
  from: Endpoint,
  service: number,
  now: number,
): void {
  if (!state.isUp) return state.drops.count("the interface is down");
  const { bytes } = state.memory;
  const type = messageType(bytes, at, length);
  if (type === TRANSPORT_DATA) {
    return handleData(state, at + HEADER_LENGTH, length, from, service, now);
  }
  if (type === 0) return state.drops.count(stranger(state.memory, at, length));
  const message = bytes.subarray(at, at + length);
  receiveHandshake(state, message, from);
}

/** Why a datagram is none of ours. */
function stranger({ bytes }: PacketMemory, at: number, length: number) {
  const type = length < 4 ? 0 : readWord(bytes, at);
  return type >= INITIATION && type <= TRANSPORT_DATA
    ? "of the wrong length for its type"
    : "not a WireGuard message";
}

function handleData(
  state: State,
  at: number,
  length: number,
  from: Endpoint,
  service: number,
  now: number,
): void {
  const entry = state.indices.get(receiverOf(state.memory, at));
  const keypair = entry?.keypair;
  if (entry === undefined || keypair === undefined) {
    return state.drops.count("unknown session");
  }
  if (!isAlive(keypair, now)) return entry.peer.drops.count("session expired");
  if (state.inbound.full) openBatch(state, now);
  const sealed = length - HEADER_LENGTH;
  state.inbound.add(entry.peer, keypair, at, sealed, from, service);
}

/** Opens all packets that wait, and lets each go on. */
export function openBatch(state: State, now: number): void {
  state.inbound.open({
    authentic: (peer, keypair, at, length, from, service) =>
      accept(state, peer, keypair, at, length, from, service, now),
    forged: (peer) => peer.drops.count("not authentic"),
  });
}

/** An authentic packet, its padding included. */
function accept(
  state: State,
  peer: Peer,
  keypair: Keypair,
  at: number,
  length: number,
  from: Endpoint,
  service: number,
  now: number,
): void {
  const { memory } = state;
  const low = counterLowOf(memory, at), high = counterHighOf(memory, at);
  if (!keypair.received.accept(low, high)) {
    return peer.drops.count("replayed, or too late");
  }
  peer.endpoint = from;
  peer.heard = keypair;
  if (confirm(state, peer, keypair)) {
    completeHandshake(state, peer);
    sendStaged(state, peer, now);
  }
  peer.timers.authenticatedReceived(now);
  refresh(state, peer, now);
  if (length > 0) {
    peer.timers.dataReceived(now);
    if (!deliver(state, peer, at, length, service)) return;
  }
  peer.receivedBytes += HEADER_LENGTH + length + TAG_LENGTH;
}

/** An initiator that only receives asks for a new session before this one ends (§6.2), once. */
function refresh(state: State, peer: Peer, now: number): void {
  const session = peer.current;
  if (session === undefined || !session.isInitiator || session.refreshed) {
    return;
  }
  if (now - session.createdAt < REKEY_AFTER_TIME_RECEIVING) return;
  session.refreshed = true;
  initiate(state, peer, now, false);
}

/** Whether the packet may come from the peer; what may not is not counted as received, as in the kernel. */
function deliver(
  state: State,
  peer: Peer,
  at: number,
  length: number,
  service: number,
): boolean {
  const version = ipVersion(state.memory, at, length);
  const own = version === 0
    ? 0
    : packetLength(state.memory, version, at, length);
  if (version === 0 || own === 0) {
    peer.drops.count("its content is not an IP packet");
    return false;
  }
  const source = sourcePlace(version, at);
  if (state.allowedIps.lookup(state.memory, version, source) !== peer) {
    peer.drops.count("its source is not in the peer's AllowedIPs");
    return false;
  }
  if (isCongested(service)) markCongested(state.memory, at);
  state.output.deliver(at, own);
  return true;
}
