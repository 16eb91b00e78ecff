/**
 * Who seals the fields of a handshake's messages, and whether it does so rightly
 * (RFC 8439 §2.8; whitepaper §5.4: AEAD with a counter of 0).
 *
 * The reference is noble, in TypeScript. For so short texts most of its time goes
 * into arrays that it makes, so whoever runs a device may bring something else
 * behind this interface, after {@linkcode passesKnownAnswer} has judged it.
 *
 * @module
 */

import { open, seal } from "./crypto.ts";

/** ChaCha20-Poly1305 with a nonce of zeros. Keys and `auth` have 32 bytes, texts at most 32. */
export interface Aead {
  readonly name: "noble" | "WASM";
  /** New bytes, the caller's: the ciphertext and a tag of 16 bytes. */
  seal(key: Uint8Array, plain: Uint8Array, auth: Uint8Array): Uint8Array;
  /** The inverse; `undefined` if the tag does not match. */
  open(
    key: Uint8Array,
    sealed: Uint8Array,
    auth: Uint8Array,
  ): Uint8Array | undefined;
}

/** The reference, which runs everywhere. */
export const nobleAead: Aead = { name: "noble", seal, open };

/** Texts of a handshake: a key, a timestamp and nothing; and what noble makes of them, the test says. */
const KNOWN: [length: number, sealed: string][] = [
  [
    32,
    "c309bb78512a52eecdc2b3114dce77603e4f641672005ceb3495ce1b58a4636b2b834d1412972ab8886a4cb94c202bcb",
  ],
  [12, "c309bb78512a52eecdc2b311345a19409bd3ffe659015a6e209f0b52"],
  [0, "4b393ec6331165be99f068069daf8f67"],
];

/** Whether it seals, opens and refuses as it should. */
export function passesKnownAnswer(aead: Aead): boolean {
  const key = bytes(32, 1), auth = bytes(32, 2);
  return KNOWN.every(([length, expected]) => {
    const plain = bytes(length, 3);
    const sealed = aead.seal(key, plain, auth);
    if (sealed.toHex() !== expected) return false;
    if (aead.open(key, sealed, auth)?.toHex() !== plain.toHex()) return false;
    sealed[length + 7]! ^= 1;
    return aead.open(key, sealed, auth) === undefined;
  });
}

function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 31 * i + seed);
}
