/**
 * Keys as wg(8) writes them: 32 bytes, in base64 of 44 characters or in hex.
 *
 * The three kinds are branded, so that a private key cannot be passed where a
 * public one is meant. Nothing here generates a key; see cli/keys.ts.
 *
 * @module
 */

declare const kind: unique symbol;

/** A Curve25519 public key, 32 bytes. */
export type PublicKey = Uint8Array & { readonly [kind]: "public" };
/** A Curve25519 private key, 32 bytes. */
export type PrivateKey = Uint8Array & { readonly [kind]: "private" };
/** A preshared key, 32 bytes; all zeros means none (whitepaper §5.4). */
export type PresharedKey = Uint8Array & { readonly [kind]: "preshared" };

const BASE64 = /^[A-Za-z0-9+/]{43}=$/;
const HEX = /^[0-9A-Fa-f]{64}$/;

/** The key in base64: 44 characters, the last of them `=`. */
export function encodeKey(key: Uint8Array): string {
  return btoa(String.fromCharCode(...key));
}

/**
 * The 32 bytes of a key in base64; `undefined` unless `text` is what
 * {@linkcode encodeKey} writes for them. So the two bits of the last digit
 * that no byte takes have to be zero, and nothing may stand around the key.
 */
export function decodeKey(text: string): Uint8Array | undefined {
  if (!BASE64.test(text)) return undefined;
  const key = Uint8Array.from(atob(text), (digit) => digit.charCodeAt(0));
  return encodeKey(key) === text ? key : undefined;
}

/** The key in lower-case hex, as the UAPI has it: 64 characters. */
export function encodeHex(key: Uint8Array): string {
  return Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The 32 bytes of a key in hex of either case; `undefined` if `text` is none. */
export function decodeHex(text: string): Uint8Array | undefined {
  if (!HEX.test(text)) return undefined;
  return Uint8Array.from(
    { length: 32 },
    (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/**
 * A copy of 32 random bytes as X25519 takes them (RFC 7748 §5): a multiple of
 * 8, from 2^254 to 2^255. wg(8) shows a private key in this form.
 */
export function clamp(bytes: Uint8Array): PrivateKey {
  const key = bytes.slice();
  key[0]! &= 0b1111_1000;
  key[31]! &= 0b0111_1111;
  key[31]! |= 0b0100_0000;
  return key as PrivateKey;
}

/** Whether every byte is zero, in a time that tells nothing of the key. */
export function isZero(key: Uint8Array): boolean {
  let bits = 0;
  for (const byte of key) bits |= byte;
  return bits === 0;
}
