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
