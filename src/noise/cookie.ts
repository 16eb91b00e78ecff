/**
 * The two MACs of a handshake message, and the cookie between them
 * (whitepaper §5.3, §5.4.4 and §5.4.7).
 *
 * ```text
 * CookieHolder, initiator's side              CookieChecker, responder's side
 *   addMacs  ── mac1, mac2 = 0 ──────────────▶  checkMac1; under load: checkMac2 fails
 *   consumeCookieReply ◀── sealed cookie ─────  createCookieReply
 *   addMacs  ── mac1, mac2 = MAC(cookie) ────▶  checkMac1, checkMac2
 *
 * mac1   = MAC(HASH("mac1----" ‖ receiver's static public), bytes before mac1)
 * mac2   = MAC(cookie, bytes before mac2)
 * cookie = MAC(secret, source address ‖ source port), under XAEAD with the key
 *          HASH("cookie--" ‖ its sender's static public) and mac1 as auth
 * ```
 *
 * Either party sends handshake messages and answers them, so either has a
 * holder per peer and one checker. Messages are of exact length, and the MACs
 * are written in place. Time and randomness come from the caller.
 *
 * @module
 */

import {
  constantTimeEqual,
  hash,
  mac,
  MAC_LENGTH,
  xopen,
  xseal,
} from "./crypto.ts";
import type { PublicKey } from "./keys.ts";
import {
  mac1At,
  mac2At,
  readCookieReply,
  writeCookieReply,
} from "./messages.ts";

/** A source of randomness: so many new bytes. */
export type Random = (length: number) => Uint8Array;

/** How long a secret makes cookies, and how long a cookie is used, in ms (§5.4.7). */
const COOKIE_LIFETIME = 120_000;
const SECRET_LENGTH = 32;
const NONCE_LENGTH = 24;

const LABEL_MAC1 = new TextEncoder().encode("mac1----");
const LABEL_COOKIE = new TextEncoder().encode("cookie--");

/** The key of mac1 in messages to the owner of `publicKey`: 32 bytes. */
export function mac1Key(publicKey: PublicKey): Uint8Array {
  return hash(LABEL_MAC1, publicKey);
}

/** The key of cookie replies from the owner of `publicKey`: 32 bytes. */
export function cookieKey(publicKey: PublicKey): Uint8Array {
  return hash(LABEL_COOKIE, publicKey);
}

/** Writes mac1 into a handshake message. */
export function addMac1(message: Uint8Array, key: Uint8Array): void {
  message.set(mac(key, beforeMac1(message)), mac1At(message));
}

/** Whether mac1 of a handshake message is right; constant time. */
export function checkMac1(message: Uint8Array, key: Uint8Array): boolean {
  return constantTimeEqual(mac(key, beforeMac1(message)), mac1Of(message));
}

/** Writes mac2 into a handshake message whose mac1 is in place. */
export function addMac2(message: Uint8Array, cookie: Uint8Array): void {
  message.set(mac(cookie, beforeMac2(message)), mac2At(message));
}

/** Whether mac2 of a handshake message is right; constant time. */
export function checkMac2(message: Uint8Array, cookie: Uint8Array): boolean {
  return constantTimeEqual(
    mac(cookie, beforeMac2(message)),
    message.subarray(mac2At(message)),
  );
}

/** Judges the MACs of the handshake messages that one interface gets. */
export class CookieChecker {
  readonly #random: Random;
  readonly #mac1Key: Uint8Array;
  readonly #cookieKey: Uint8Array;
  #secret: Uint8Array = new Uint8Array(SECRET_LENGTH);
  #secretExpires = -Infinity;

  constructor(localStatic: PublicKey, random: Random) {
    this.#random = random;
    this.#mac1Key = mac1Key(localStatic);
    this.#cookieKey = cookieKey(localStatic);
  }

  /** Whether the sender knows our public key: false for every stranger. */
  checkMac1(message: Uint8Array): boolean {
    return checkMac1(message, this.#mac1Key);
  }

  /** Whether the sender got a cookie of ours at this address, not long ago. */
  checkMac2(
    message: Uint8Array,
    address: Uint8Array,
    port: number,
    now: number,
  ): boolean {
    return checkMac2(message, this.#cookieFor(address, port, now));
  }

  /**
   * The cookie reply, 64 bytes, to a handshake message whose mac1 is right.
   *
   * @param receiver the sender index of that message
   * @param address where it came from, 4 or 16 bytes
   */
  createCookieReply(
    message: Uint8Array,
    receiver: number,
    address: Uint8Array,
    port: number,
    now: number,
  ): Uint8Array {
    const cookie = this.#cookieFor(address, port, now);
    const nonce = this.#random(NONCE_LENGTH);
    return sealCookieReply(message, receiver, cookie, nonce, this.#cookieKey);
  }

  #cookieFor(address: Uint8Array, port: number, now: number): Uint8Array {
    if (now >= this.#secretExpires) {
      this.#secret.fill(0);
      this.#secret = this.#random(SECRET_LENGTH);
      this.#secretExpires = now + COOKIE_LIFETIME;
    }
    return mac(this.#secret, address, new Uint8Array([port >>> 8, port]));
  }
}

/**
 * The cookie reply to `message`, with everything given: 64 bytes.
 *
 * @param cookie 16 bytes
 * @param nonce 24 bytes, never used before with this key
 * @param key {@linkcode cookieKey} of the replying party
 */
export function sealCookieReply(
  message: Uint8Array,
  receiver: number,
  cookie: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  const sealed = xseal(key, nonce, cookie, mac1Of(message));
  return writeCookieReply({ receiver, nonce, cookie: sealed });
}

/** Writes the MACs of the handshake messages to one peer, and keeps its cookie. */
export class CookieHolder {
  readonly #mac1Key: Uint8Array;
  readonly #cookieKey: Uint8Array;
  /** Of the last message, until a cookie reply has answered it. */
  #sentMac1: Uint8Array | undefined;
  #cookie: Uint8Array | undefined;
  #cookieExpires = -Infinity;

  constructor(remoteStatic: PublicKey) {
    this.#mac1Key = mac1Key(remoteStatic);
    this.#cookieKey = cookieKey(remoteStatic);
  }

  /** Writes mac1, and mac2 while there is a fresh cookie; else mac2 stays zero. */
  addMacs(message: Uint8Array, now: number): void {
    addMac1(message, this.#mac1Key);
    this.#sentMac1 = mac1Of(message).slice();
    if (now >= this.#cookieExpires) this.#cookie = undefined;
    if (this.#cookie !== undefined) addMac2(message, this.#cookie);
  }

  /**
   * Takes the cookie of a reply to the last message; false, with nothing
   * changed, where the reply answers another one, an answered one, or none.
   */
  consumeCookieReply(reply: Uint8Array, now: number): boolean {
    if (this.#sentMac1 === undefined) return false;
    const { nonce, cookie } = readCookieReply(reply);
    const opened = xopen(this.#cookieKey, nonce, cookie, this.#sentMac1);
    if (opened === undefined) return false;
    this.#sentMac1 = undefined;
    this.#cookie = opened;
    this.#cookieExpires = now + COOKIE_LIFETIME;
    return true;
  }
}

function mac1Of(message: Uint8Array): Uint8Array {
  return message.subarray(mac1At(message), mac1At(message) + MAC_LENGTH);
}

function beforeMac1(message: Uint8Array): Uint8Array {
  return message.subarray(0, mac1At(message));
}

function beforeMac2(message: Uint8Array): Uint8Array {
  return message.subarray(0, mac2At(message));
}
