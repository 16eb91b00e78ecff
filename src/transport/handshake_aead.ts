/**
 * The handshake's AEAD (noise/aead.ts) out of the two halves of the WASM cipher:
 * ChaCha20 and Poly1305, put together as in RFC 8439 §2.8.
 *
 * The batches of aead.as.ts know no additional data. A handshake seals three short
 * texts, for which a few calls are fast enough. They work in a place of packet
 * memory, which is zero between them:
 *
 * ```text
 * 0 key 32 · 32 nonce 12, zeros · 48 one-time key 32 · 80 tag 16
 * 96 auth 32 │ text, zeros to a multiple of 16 │ both lengths, 8 + 8
 * ```
 *
 * @module
 */

import type { Aead } from "../noise/aead.ts";
import { constantTimeEqual } from "../noise/crypto.ts";
import { HANDSHAKE_SCRATCH } from "./layout.ts";
import { TAG_LENGTH } from "./memory.ts";
import type { Wasm } from "./wasm_cipher.ts";

const KEY = HANDSHAKE_SCRATCH, NONCE = KEY + 32, ONE_TIME = KEY + 48;
const TAG = KEY + 80, AUTH = KEY + 96, TEXT = KEY + 128;
const AUTH_LENGTH = 32, LONGEST = 32;
const END = TEXT + LONGEST + 16;

/** An {@linkcode Aead} that nothing else may run beside in its memory. */
export function handshakeAead(wasm: Wasm): Aead {
  const { bytes } = wasm.memory;

  /** Lays out key, auth and text; the one-time key is the start of the keystream's first block. */
  function begin(key: Uint8Array, text: Uint8Array, auth: Uint8Array): void {
    if (text.length > LONGEST || auth.length !== AUTH_LENGTH) {
      throw new RangeError("longer than the texts of a handshake");
    }
    bytes.set(key, KEY);
    bytes.set(auth, AUTH);
    bytes.set(text, TEXT);
    wasm.chacha20(KEY, NONCE, 0, ONE_TIME, 32);
  }

  /** Writes the tag of the ciphertext that stands there. */
  function authenticate(length: number): void {
    const end = TEXT + (length + 15 & -16);
    bytes[end] = AUTH_LENGTH;
    bytes[end + 8] = length;
    wasm.poly1305(ONE_TIME, AUTH, end + 16 - AUTH, TAG);
  }

  const crypt = (length: number) => {
    if (length > 0) wasm.chacha20(KEY, NONCE, 1, TEXT, length);
  };
  const wipe = () => void bytes.fill(0, KEY, END);

  return {
    name: "WASM",
    seal(key, plain, auth) {
      const { length } = plain;
      begin(key, plain, auth);
      crypt(length);
      authenticate(length);
      const sealed = new Uint8Array(length + TAG_LENGTH);
      sealed.set(bytes.subarray(TEXT, TEXT + length));
      sealed.set(bytes.subarray(TAG, TAG + TAG_LENGTH), length);
      wipe();
      return sealed;
    },
    open(key, sealed, auth) {
      const length = sealed.length - TAG_LENGTH;
      if (length < 0) return undefined;
      begin(key, sealed.subarray(0, length), auth);
      authenticate(length);
      const tag = bytes.subarray(TAG, TAG + TAG_LENGTH);
      const authentic = constantTimeEqual(tag, sealed.subarray(length));
      if (authentic) crypt(length);
      const plain = authentic ? bytes.slice(TEXT, TEXT + length) : undefined;
      wipe();
      return plain;
    },
  };
}
