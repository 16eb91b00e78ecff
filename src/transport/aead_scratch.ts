/**
 * What the parts of the WASM cipher's unrolled core share (aead_kernels.ts):
 * the map of its scratch, and the picks of words out of two vectors.
 *
 * @module
 */

/** Bytes of one power of r for the vectors' Poly1305: eleven vectors. */
export const POWER_LENGTH = 11 * 16;

/** Places in the cipher's scratch, in bytes from `base`. */
export const SCRATCH = {
  /** The initial state of ChaCha20 (§2.3): 16 words. */
  state: 0,
  /** The first block of the next packet's key stream: 32 bytes of it are its Poly1305 key (§2.6), r and s. */
  oneTimeKey: 64,
  /** Poly1305: h0..h4, r0..r3, s1..s3, s in two words, the tag; 8 bytes each. */
  poly: 128,
  /** A sum that only shows V8 what to pair. */
  pair: 256,
  keystream: 288,
  headA: 800,
  headB: 1312,
  headC: 1824,
  /** What is to be added to the counter of the first of two packets for the second's: low word, high word. */
  difference: 2336,
  /** Poly1305 in vectors: (r, 1), (r², r), (r⁴, r³), (r⁸, r⁷). */
  powers: 2368,
  /** The limbs that its sum is left in, a vector each. */
  limbs: 2368 + 4 * POWER_LENGTH,
  end: 3200,
} as const;

/** Expressions for four of the words 0 to 3 of `a` and 4 to 7 of `b`. */
export const pick = {
  low32: shuffle([0, 4, 1, 5]),
  high32: shuffle([2, 6, 3, 7]),
  low64: shuffle([0, 1, 4, 5]),
  high64: shuffle([2, 3, 6, 7]),
};

function shuffle(words: number[]): (a: string, b: string) => string {
  const bytes = words.flatMap((w) => [0, 1, 2, 3].map((i) => 4 * w + i));
  return (a, b) => `i8x16.shuffle(${a}, ${b}, ${bytes.join(", ")})`;
}
