/**
 * Changing a device: what `set=1` of the UAPI asks for, with the results that
 * it has on wireguard-go and in the kernel.
 *
 * @module
 */

import type {
  AllowedIpChange,
  DeviceChange,
  Endpoint,
  PeerChange,
  Prefix,
} from "../config/config.ts";
import { formatPrefix } from "../config/prefix.ts";
import { CookieChecker } from "../noise/cookie.ts";
import { constantTimeEqual } from "../noise/crypto.ts";
import {
  isZero,
  type PresharedKey,
  type PrivateKey,
  type PublicKey,
} from "../noise/keys.ts";
import { createPeer, type Peer } from "./peer.ts";
import { doubt } from "./seek.ts";
import { sendStaged } from "./send.ts";
import { clearSessions, expireSessions } from "./session.ts";
import type { State } from "./state.ts";

/** Bytes of random that are drawn for timers at once. */
const NUMBERS_LENGTH = 256;

/** Makes a change whole; what it says of sockets is the driver's. */
export function applyChange(
  state: State,
  change: DeviceChange,
  now: number,
): void {
  if (change.privateKey !== undefined) {
    setPrivateKey(state, change.privateKey, now);
  }
  if (change.replacePeers) {
    for (const peer of [...state.peers.values()]) removePeer(state, peer);
  }
  for (const peer of change.peers) applyPeerChange(state, peer, now);
}

/** Every session was agreed on under the old key, so each peer gets a new handshake. The same key again, as `wg syncconf` sets it, is no change. */
function setPrivateKey(
  state: State,
  staticPrivate: PrivateKey | null,
  now: number,
): void {
  const old = state.identity?.staticPrivate;
  if (old && staticPrivate && constantTimeEqual(old, staticPrivate)) return;
  old?.fill(0);
  state.identity = staticPrivate === null
    ? undefined
    : identityOf(state, staticPrivate);
  const own = state.identity?.staticPublic.toHex();
  for (const [key, peer] of [...state.peers]) {
    if (key === own) removePeer(state, peer);
    else rekey(state, peer, now);
  }
}

function identityOf(state: State, staticPrivate: PrivateKey) {
  const { keyAgreement, aead } = state;
  const own = staticPrivate.slice() as PrivateKey;
  const staticPublic = keyAgreement.publicKeyOf(own);
  const checker = new CookieChecker(staticPublic, state.random);
  return { staticPrivate: own, staticPublic, keyAgreement, aead, checker };
}

function rekey(state: State, peer: Peer, now: number): void {
  peer.staticStatic?.fill(0);
  peer.staticStatic = undefined;
  expireSessions(state, peer);
  if (!state.isUp) return;
  peer.timers.started(now);
  sendStaged(state, peer, now);
}

function applyPeerChange(state: State, change: PeerChange, now: number): void {
  const key = change.publicKey.toHex();
  // A peer with our own public key is accepted and does nothing.
  if (key === state.identity?.staticPublic.toHex()) return;
  const known = state.peers.get(key);
  if (change.remove) {
    if (known !== undefined) removePeer(state, known);
    return;
  }
  if (known === undefined && change.updateOnly) return;
  const peer = known ?? addPeer(state, key, change.publicKey);
  changePeer(state, peer, change, now);
}

function addPeer(state: State, key: string, publicKey: PublicKey): Peer {
  const peer = createPeer(publicKey, numbers(state), state.alarm);
  state.peers.set(key, peer);
  return peer;
}

/** A source of numbers in [0, 1), many of them drawn at once: a timer draws with nearly every packet of a dialogue. */
function numbers(state: State): () => number {
  let drawn: DataView = new DataView(new ArrayBuffer(0)), at = 0;
  return () => {
    if (at === drawn.byteLength) {
      const { buffer, byteOffset, length } = state.random(NUMBERS_LENGTH);
      drawn = new DataView(buffer, byteOffset, length);
      at = 0;
    }
    at += 4;
    return drawn.getUint32(at - 4) / 2 ** 32;
  };
}

function changePeer(
  state: State,
  peer: Peer,
  change: PeerChange,
  now: number,
): void {
  const { presharedKey, endpoint, persistentKeepaliveSeconds } = change;
  if (presharedKey !== undefined) {
    const none = presharedKey === null || isZero(presharedKey);
    peer.presharedKey?.fill(0);
    peer.presharedKey = none ? undefined : presharedKey.slice() as PresharedKey;
  }
  if (endpoint !== undefined) setEndpoint(state, peer, endpoint, now);
  if (change.replaceAllowedIps) clearAllowedIps(state, peer);
  for (const allowedIp of change.allowedIps) {
    changeAllowedIp(state, peer, allowedIp);
  }
  if (persistentKeepaliveSeconds !== undefined) {
    setPersistentKeepalive(state, peer, persistentKeepaliveSeconds, now);
  }
  if (state.isUp) sendStaged(state, peer, now);
}

/** A peer that could not be reached before is kept alive from now on, if it is to be. Whether the name of one that is said to be elsewhere still holds is asked. */
function setEndpoint(
  state: State,
  peer: Peer,
  endpoint: Endpoint,
  now: number,
): void {
  const wasUnknown = peer.endpoint === undefined;
  doubt(state, peer, endpoint);
  peer.endpoint = endpoint;
  if (wasUnknown && state.isUp) peer.timers.started(now);
}

/** A keepalive that was off and is on speaks at once. */
function setPersistentKeepalive(
  state: State,
  { timers }: Peer,
  seconds: number,
  now: number,
): void {
  const wasOff = timers.persistentInterval === 0;
  timers.persistentInterval = seconds * 1_000;
  if (seconds === 0) timers.persistentStopped();
  else if (wasOff && state.isUp) timers.started(now);
}

/** A prefix has one owner: given to a peer, it is taken from another. */
function changeAllowedIp(
  state: State,
  peer: Peer,
  { prefix, remove }: AllowedIpChange,
): void {
  const text = formatPrefix(prefix);
  if (remove) {
    if (state.allowedIps.remove(prefix, peer)) peer.allowedIps.delete(text);
    return;
  }
  const former = state.allowedIps.insert(prefix, peer);
  if (former !== undefined && former !== peer) former.allowedIps.delete(text);
  peer.allowedIps.set(text, prefix);
}

function clearAllowedIps(state: State, peer: Peer): void {
  for (const prefix of peer.allowedIps.values() as Iterable<Prefix>) {
    state.allowedIps.remove(prefix, peer);
  }
  peer.allowedIps.clear();
}

/** Forgets a peer and all its keys. */
function removePeer(state: State, peer: Peer): void {
  clearAllowedIps(state, peer);
  clearSessions(state, peer);
  state.handshakes.forget(peer);
  peer.timers.stopped();
  peer.staticStatic?.fill(0);
  peer.presharedKey?.fill(0);
  peer.staged = [];
  state.peers.delete(peer.publicKey.toHex());
}
