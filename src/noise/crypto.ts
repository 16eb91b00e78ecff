/**
 * The functions of the WireGuard whitepaper §5.4, under its own names.
 *
 * ```text
 * DH          X25519                            RFC 7748
 * HASH, MAC   BLAKE2s, 32 bytes; keyed, 16      RFC 7693
 * KDFₙ        HKDF with HMAC-BLAKE2s            RFC 5869
 * AEAD        ChaCha20-Poly1305                 RFC 8439
 * XAEAD       the same with a nonce of 24 bytes
 * ```
 *
 * Everything the handshake computes goes by these names, so that handshake.ts can
 * be read side by side with the paper. For DH and AEAD a running tunnel brings
 * something faster (key_agreement.ts, aead.ts), to which these are the reference.
 *
 * @module
 */

import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { blake2s, Expander, hmacBlake2s } from "./blake2s.ts";
import type { PrivateKey, PublicKey } from "./keys.ts";

/** Bytes in a key, a hash and a chaining key. */
export const KEY_LENGTH = 32;

/** Bytes of MAC()'s output. */
export const MAC_LENGTH = 16;

const ZERO_NONCE = new Uint8Array(12);
const EMPTY = new Uint8Array(0);

/**
 * DH(private, public): X25519; `undefined` for a low-order public key, whose
 * shared secret would be zero whatever the private key is (RFC 7748 §6.1).
 */
export function dh(
  privateKey: PrivateKey,
  publicKey: PublicKey,
): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(privateKey, publicKey);
  } catch {
    return undefined;
  }
}

/** DH-GENERATE()'s public half: X25519 of the base point. */
export function publicKeyOf(privateKey: PrivateKey): PublicKey {
  return x25519.getPublicKey(privateKey) as Uint8Array as PublicKey;
}

/** HASH(parts[0] ‖ parts[1] ‖ …): BLAKE2s, 32 bytes. */
export function hash(...parts: Uint8Array[]): Uint8Array {
  return blake2s(KEY_LENGTH, EMPTY, parts);
}

/** MAC(key, parts[0] ‖ parts[1] ‖ …): keyed BLAKE2s, 16 bytes. Not HMAC. */
export function mac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  return blake2s(MAC_LENGTH, key, parts);
}

/** KDF₁(key, input): 32 bytes. */
export function kdf1(key: Uint8Array, input: Uint8Array): Uint8Array {
  const expand = extract(key, input);
  const first = expand.next();
  expand.wipe();
  return first;
}

/** KDF₂(key, input): two outputs of 32 bytes. */
export function kdf2(
  key: Uint8Array,
  input: Uint8Array,
): [Uint8Array, Uint8Array] {
  const expand = extract(key, input);
  const first = expand.next();
  const second = expand.next();
  expand.wipe();
  return [first, second];
}

/** KDF₃(key, input): three outputs of 32 bytes. */
export function kdf3(
  key: Uint8Array,
  input: Uint8Array,
): [Uint8Array, Uint8Array, Uint8Array] {
  const expand = extract(key, input);
  const first = expand.next();
  const second = expand.next();
  const third = expand.next();
  expand.wipe();
  return [first, second, third];
}

/** AEAD(key, 0, plain, auth): ChaCha20-Poly1305, a tag of 16 bytes appended. */
export function seal(
  key: Uint8Array,
  plain: Uint8Array,
  auth: Uint8Array,
): Uint8Array {
  return chacha20poly1305(key, ZERO_NONCE, auth).encrypt(plain);
}

/** The inverse of {@linkcode seal}; `undefined` if the tag does not match. */
export function open(
  key: Uint8Array,
  sealed: Uint8Array,
  auth: Uint8Array,
): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, ZERO_NONCE, auth).decrypt(sealed);
  } catch {
    return undefined;
  }
}

/** XAEAD(key, nonce, plain, auth): XChaCha20-Poly1305; the nonce has 24 bytes. */
export function xseal(
  key: Uint8Array,
  nonce: Uint8Array,
  plain: Uint8Array,
  auth: Uint8Array,
): Uint8Array {
  return xchacha20poly1305(key, nonce, auth).encrypt(plain);
}

/** The inverse of {@linkcode xseal}; `undefined` if the tag does not match. */
export function xopen(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  auth: Uint8Array,
): Uint8Array | undefined {
  try {
    return xchacha20poly1305(key, nonce, auth).decrypt(sealed);
  } catch {
    return undefined;
  }
}

/** Whether both hold the same bytes, in a time that tells only their lengths. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** HKDF-Extract (RFC 5869 §2.2), and what expands it (§2.3). */
function extract(key: Uint8Array, input: Uint8Array): Expander {
  const secret = hmacBlake2s(key, input);
  const expand = new Expander(secret);
  secret.fill(0);
  return expand;
}
