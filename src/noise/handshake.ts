/**
 * Noise_IKpsk2 as WireGuard runs it (whitepaper §5.4.2 and §5.4.3).
 *
 * ```text
 *   ← s
 *   …
 *   → e, es, s, ss, {t}      createInitiation   →  readStatic, readTimestamp
 *   ← e, ee, se, psk, {}     consumeResponse    ←  createResponse
 * ```
 *
 * The responder reads an initiation in two steps, for between them the caller
 * looks up the peer, who brings the token `ss`: a DH that both sides work out
 * once per peer.
 *
 * Pure: bytes in, bytes out. The caller brings the ephemeral key and the
 * timestamp, so a test can replay any handshake. A private ephemeral key
 * belongs to this file from the call that takes it, and is zeroed after use.
 *
 * @module
 */

import { type Aead, nobleAead } from "./aead.ts";
import { type KeyAgreement, nobleKeyAgreement } from "./key_agreement.ts";
import type { PresharedKey, PrivateKey, PublicKey } from "./keys.ts";
import type { Initiation, Response } from "./messages.ts";
import { Transcript } from "./transcript.ts";

const EMPTY = new Uint8Array(0);
/** Q where the peers have agreed on no preshared key (§5.4). */
const NO_PRESHARED_KEY = new Uint8Array(32) as PresharedKey;

/** The key pair of an interface, and what works with it. */
export interface StaticKeys {
  staticPrivate: PrivateKey;
  staticPublic: PublicKey;
  /** What computes its DHs; noble unless given. */
  keyAgreement?: KeyAgreement;
  /** What seals its messages; noble unless given. */
  aead?: Aead;
}

/** Options of {@linkcode createInitiation}. */
export interface CreateInitiationOptions extends StaticKeys {
  /** Taken over: zeroed when the handshake ends. */
  ephemeralPrivate: PrivateKey;
  remoteStatic: PublicKey;
  /** DH(staticPrivate, remoteStatic), 32 bytes. */
  staticStatic: Uint8Array;
  /** TAI64N, 12 bytes, greater than any sent before (§5.1). */
  timestamp: Uint8Array;
}

/** What the initiator keeps until the response comes. */
export interface Initiator {
  readonly transcript: Transcript;
  /** The interface's; not copied. */
  readonly staticPrivate: PrivateKey;
  readonly ephemeralPrivate: PrivateKey;
}

/** Writes the first message (§5.4.2); `undefined` if `remoteStatic` is of low order. */
export function createInitiation(
  options: CreateInitiationOptions,
): { message: Initiation; state: Initiator } | undefined {
  const { staticPrivate, ephemeralPrivate, remoteStatic } = options;
  const { keyAgreement = nobleKeyAgreement, aead = nobleAead } = options;
  const t = Transcript.begin(remoteStatic, keyAgreement, aead);
  const state = { transcript: t, staticPrivate, ephemeralPrivate };
  // e
  const ephemeral = keyAgreement.publicKeyOf(ephemeralPrivate);
  t.mixEphemeral(ephemeral);
  // es
  if (!t.mixDh(ephemeralPrivate, remoteStatic)) {
    wipeInitiator(state);
    return undefined;
  }
  // s
  const sealedStatic = t.seal(options.staticPublic);
  // ss
  t.mixShared(options.staticStatic);
  // {t}
  const timestamp = t.seal(options.timestamp);
  return { message: { ephemeral, static: sealedStatic, timestamp }, state };
}

/** Zeroes the secrets of a handshake that is given up. */
export function wipeInitiator(state: Initiator): void {
  state.transcript.wipe();
  state.ephemeralPrivate.fill(0);
}

/** What the responder has learned from an initiation. */
export interface Responder {
  readonly transcript: Transcript;
  /** Not proven before {@linkcode readTimestamp}. */
  readonly remoteStatic: PublicKey;
  /** A view of the message. */
  readonly remoteEphemeral: PublicKey;
}

/**
 * Reads who sent the first message; `undefined` if it does not authenticate or
 * its ephemeral key is of low order.
 */
export function readStatic(
  message: Initiation,
  local: StaticKeys,
): Responder | undefined {
  const { keyAgreement = nobleKeyAgreement, aead = nobleAead } = local;
  const t = Transcript.begin(local.staticPublic, keyAgreement, aead);
  const remoteEphemeral = message.ephemeral as PublicKey;
  // e
  t.mixEphemeral(remoteEphemeral);
  // es
  const mixed = t.mixDh(local.staticPrivate, remoteEphemeral);
  // s
  const remoteStatic = mixed ? t.open(message.static) : undefined;
  if (remoteStatic === undefined) {
    t.wipe();
    return undefined;
  }
  return {
    transcript: t,
    remoteStatic: remoteStatic as PublicKey,
    remoteEphemeral,
  };
}

/**
 * Reads the TAI64N of the first message, 12 bytes, and so proves its sender;
 * `undefined` if it does not authenticate. The caller rejects a timestamp that
 * is not newer than the peer's last (§5.1).
 *
 * @param staticStatic DH(local private, remoteStatic), 32 bytes
 */
export function readTimestamp(
  state: Responder,
  message: Initiation,
  staticStatic: Uint8Array,
): Uint8Array | undefined {
  const t = state.transcript;
  // ss
  t.mixShared(staticStatic);
  // {t}
  const timestamp = t.open(message.timestamp);
  if (timestamp === undefined) t.wipe();
  return timestamp;
}

/** Zeroes the secrets of an initiation that is not answered. */
export function wipeResponder(state: Responder): void {
  state.transcript.wipe();
}

/** Send and receive keys of the transport session, 32 bytes each (§5.4.5). */
export interface SessionKeys {
  send: Uint8Array;
  receive: Uint8Array;
}

/**
 * Writes the second message and derives the session; `undefined` if a key of
 * the initiator is of low order. Either way `state` is used up.
 *
 * @param ephemeralPrivate taken over and zeroed
 * @param presharedKey `undefined` where there is none
 */
export function createResponse(
  state: Responder,
  ephemeralPrivate: PrivateKey,
  presharedKey: PresharedKey | undefined,
): { message: Response; keys: SessionKeys } | undefined {
  const t = state.transcript;
  // e
  const ephemeral = t.keyAgreement.publicKeyOf(ephemeralPrivate);
  t.mixEphemeral(ephemeral);
  // ee, se
  const mixed = t.mixDh(ephemeralPrivate, state.remoteEphemeral) &&
    t.mixDh(ephemeralPrivate, state.remoteStatic);
  ephemeralPrivate.fill(0);
  if (!mixed) {
    t.wipe();
    return undefined;
  }
  // psk
  t.mixPresharedKey(presharedKey ?? NO_PRESHARED_KEY);
  // {}
  const empty = t.seal(EMPTY);
  const [receive, send] = t.split();
  return { message: { ephemeral, empty }, keys: { send, receive } };
}

/**
 * Reads the second message and derives the session; `undefined` if it does not
 * authenticate, and then `state` can still take another. After an authentic
 * one it is used up and zeroed.
 *
 * @param presharedKey `undefined` where there is none
 */
export function consumeResponse(
  state: Initiator,
  message: Response,
  presharedKey: PresharedKey | undefined,
): SessionKeys | undefined {
  const t = state.transcript.fork();
  const remoteEphemeral = message.ephemeral as PublicKey;
  // e
  t.mixEphemeral(remoteEphemeral);
  // ee, se
  const mixed = t.mixDh(state.ephemeralPrivate, remoteEphemeral) &&
    t.mixDh(state.staticPrivate, remoteEphemeral);
  // psk
  if (mixed) t.mixPresharedKey(presharedKey ?? NO_PRESHARED_KEY);
  // {}
  if (!mixed || t.open(message.empty) === undefined) {
    t.wipe();
    return undefined;
  }
  const [send, receive] = t.split();
  wipeInitiator(state);
  return { send, receive };
}
