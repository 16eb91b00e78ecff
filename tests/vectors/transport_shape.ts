/**
 * Wycheproof's ChaCha20-Poly1305 cases in the shape of transport data
 * (whitepaper §5.4.6): no auth, and a nonce of four zero bytes and the counter.
 *
 * A cipher that can do nothing else is run on them and compared with noble.
 *
 * @module
 */

import { chacha20Poly1305Cases } from "./vectors.ts";

/** A key and a message, and the counter under which it is sealed. */
export interface TransportCase {
  /** Wycheproof's number of the case. */
  id: number;
  /** 32 bytes. */
  key: Uint8Array;
  plain: Uint8Array;
  /** Lower 32 bits of the counter. */
  counterLow: number;
  /** Upper 32 bits of the counter. */
  counterHigh: number;
}

/** Every key and message of Wycheproof; the counter is the last 8 bytes of its nonce. */
export function transportCases(): TransportCase[] {
  return chacha20Poly1305Cases().map(({ id, key, plain, nonce }) => {
    const counter = new Uint8Array(8);
    counter.set(nonce.subarray(-8));
    const view = new DataView(counter.buffer);
    return {
      id,
      key,
      plain,
      counterLow: view.getUint32(0, true),
      counterHigh: view.getUint32(4, true),
    };
  });
}

/** The nonce of a counter, 12 bytes, for a cipher that wants it whole. */
export function transportNonce(low: number, high: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, low, true);
  view.setUint32(8, high, true);
  return nonce;
}
