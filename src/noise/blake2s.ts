/**
 * BLAKE2s and HMAC with it (RFC 7693, RFC 2104).
 *
 * ```text
 * h  8 words: the state          v = a0 a1 a2 a3   F mixes each column, then
 * m  16 words: one block             b0 b1 b2 b3   each diagonal, in 10 rounds
 * t  bytes so far                    c0 c1 c2 c3   that take the words of m in
 *                                    d0 d1 d2 d3   the order of SIGMA
 * ```
 *
 * A handshake takes about ninety blocks, and whoever floods a port makes it
 * check a MAC of three for each datagram. With v in sixteen local variables a
 * handshake is answered in about three quarters of the time that it takes with
 * noble's; tests hold the two equal.
 *
 * Words are read as the machine lays them, little-endian wherever this runs.
 *
 * @module
 */

/** Bytes of a block. */
const BLOCK = 64;

// deno-fmt-ignore
const IV = Uint32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);

/** Which word of the block each step takes, a row a round (§2.7). */
const SIGMA = Uint8Array.from(
  [
    "0123456789abcdef",
    "ea489fd61c02b753",
    "b8c052fdae367194",
    "7931dcbe265a40f8",
    "905724afe1bc683d",
    "2c6a0b834d75fe19",
    "c51fed4a0763928b",
    "db7ec13950f4862a",
    "6fe9b308c2d714a5",
    "a2847615fb9e3cd0",
  ].join(""),
  (digit) => parseInt(digit, 16),
);

/** The block that is being filled, and the state. They carry nothing from one call to the next: each ends by zeroing them. */
const block = new Uint8Array(BLOCK);
const words = new Uint32Array(block.buffer);
const state = new Uint32Array(8);
const stateBytes = new Uint8Array(state.buffer);
/** Bytes in the block, and bytes that were compressed. */
let filled = 0, total = 0;

const NO_KEY = new Uint8Array(0);

/** BLAKE2s of all parts: `length` bytes, 1 to 32; keyed where `key` has any, at most 32. */
export function blake2s(
  length: number,
  key: Uint8Array,
  parts: readonly Uint8Array[],
): Uint8Array {
  begin(length, key.length);
  if (key.length > 0) {
    copy(key, 0, key.length);
    filled = BLOCK;
  }
  for (let i = 0; i < parts.length; i++) absorb(parts[i]!);
  return finish(length);
}

/** HMAC-BLAKE2s of `message`: 32 bytes. The key may have any length. */
export function hmacBlake2s(key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > BLOCK ? blake2s(32, NO_KEY, [key]) : key;
  beginPadded(short, INNER);
  absorb(message);
  const inner = finish(32);
  beginPadded(short, OUTER);
  absorb(inner);
  inner.fill(0);
  return finish(32);
}

/**
 * HKDF-Expand with HMAC-BLAKE2s (RFC 5869 §2.3): T(n) = HMAC(secret, T(n − 1) ‖ n).
 * The secret enters two states once, which spares each T two blocks of four.
 */
export class Expander {
  readonly #inner = new Uint32Array(8);
  readonly #outer = new Uint32Array(8);
  #previous: Uint8Array = NO_KEY;
  #counter = 0;

  /** @param secret at most 64 bytes; not kept */
  constructor(secret: Uint8Array) {
    beginPadded(secret, INNER);
    save(this.#inner);
    beginPadded(secret, OUTER);
    save(this.#outer);
  }

  /** The next T: 32 bytes, unchanged until the one after it was asked for. */
  next(): Uint8Array {
    resume(this.#inner);
    absorb(this.#previous);
    block[filled++] = ++this.#counter;
    const inner = finish(32);
    resume(this.#outer);
    absorb(inner);
    inner.fill(0);
    return this.#previous = finish(32);
  }

  /** Zeroes what the secret has left; nothing may be asked for afterwards. */
  wipe(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }
}

const INNER = 0x36363636, OUTER = 0x5c5c5c5c;

/** Begins with a block: the key, each byte of it XORed with that of `pad`. */
function beginPadded(key: Uint8Array, pad: number): void {
  begin(32, 0);
  copy(key, 0, key.length);
  for (let i = 0; i < words.length; i++) words[i]! ^= pad;
  filled = BLOCK;
}

/** Compresses the first block, more of which must come, and hands over the state after it. */
function save(into: Uint32Array): void {
  makeRoom();
  for (let i = 0; i < 8; i++) into[i] = state[i]!;
}

function begin(length: number, keyLength: number): void {
  for (let i = 0; i < 8; i++) state[i] = IV[i]!;
  state[0]! ^= 0x01010000 ^ keyLength << 8 ^ length;
  filled = total = 0;
}

/** Goes on from a state that was saved. */
function resume(from: Uint32Array): void {
  for (let i = 0; i < 8; i++) state[i] = from[i]!;
  filled = 0;
  total = BLOCK;
}

function absorb(part: Uint8Array): void {
  for (let from = 0; from < part.length;) {
    makeRoom();
    const taken = Math.min(part.length - from, BLOCK - filled);
    copy(part, from, taken);
    filled += taken;
    from += taken;
  }
}

/** A full block is compressed when more comes, for the last one is marked. */
function makeRoom(): void {
  if (filled < BLOCK) return;
  compress(state, total += BLOCK, 0);
  clear();
  filled = 0;
}

/** The first `length` bytes of the state after the last block. */
function finish(length: number): Uint8Array {
  compress(state, total + filled, -1);
  const output = new Uint8Array(length);
  for (let i = 0; i < length; i++) output[i] = stateBytes[i]!;
  clear();
  for (let i = 0; i < 8; i++) state[i] = 0;
  return output;
}

function clear(): void {
  for (let i = 0; i < words.length; i++) words[i] = 0;
}

/** `length` bytes of `part` to the end of the block; by hand, for they are few. */
function copy(part: Uint8Array, from: number, length: number): void {
  for (let i = 0; i < length; i++) block[filled + i] = part[from + i]!;
}

/**
 * The compression function F of §3.2, over the block; `last` is -1 for the last
 * block. A pair of lines is one mixing function G of §3.1, `>>> 16, 12, 8, 7`.
 */
function compress(h: Uint32Array, total: number, last: number): void {
  const m = words, S = SIGMA;
  // deno-fmt-ignore
  let a0 = h[0]! | 0, a1 = h[1]! | 0, a2 = h[2]! | 0, a3 = h[3]! | 0,
    b0 = h[4]! | 0, b1 = h[5]! | 0, b2 = h[6]! | 0, b3 = h[7]! | 0,
    c0 = IV[0]! | 0, c1 = IV[1]! | 0, c2 = IV[2]! | 0, c3 = IV[3]! | 0,
    d0 = IV[4]! ^ total, d1 = IV[5]! | 0, d2 = IV[6]! ^ last, d3 = IV[7]! | 0;
  // deno-fmt-ignore
  for (let s = 0; s < 160; s += 16) {
    a0 = a0 + b0 + m[S[s + 0]!]! | 0; d0 ^= a0; d0 = d0 << 16 | d0 >>> 16; c0 = c0 + d0 | 0; b0 ^= c0; b0 = b0 << 20 | b0 >>> 12;
    a0 = a0 + b0 + m[S[s + 1]!]! | 0; d0 ^= a0; d0 = d0 << 24 | d0 >>> 8; c0 = c0 + d0 | 0; b0 ^= c0; b0 = b0 << 25 | b0 >>> 7;
    a1 = a1 + b1 + m[S[s + 2]!]! | 0; d1 ^= a1; d1 = d1 << 16 | d1 >>> 16; c1 = c1 + d1 | 0; b1 ^= c1; b1 = b1 << 20 | b1 >>> 12;
    a1 = a1 + b1 + m[S[s + 3]!]! | 0; d1 ^= a1; d1 = d1 << 24 | d1 >>> 8; c1 = c1 + d1 | 0; b1 ^= c1; b1 = b1 << 25 | b1 >>> 7;
    a2 = a2 + b2 + m[S[s + 4]!]! | 0; d2 ^= a2; d2 = d2 << 16 | d2 >>> 16; c2 = c2 + d2 | 0; b2 ^= c2; b2 = b2 << 20 | b2 >>> 12;
    a2 = a2 + b2 + m[S[s + 5]!]! | 0; d2 ^= a2; d2 = d2 << 24 | d2 >>> 8; c2 = c2 + d2 | 0; b2 ^= c2; b2 = b2 << 25 | b2 >>> 7;
    a3 = a3 + b3 + m[S[s + 6]!]! | 0; d3 ^= a3; d3 = d3 << 16 | d3 >>> 16; c3 = c3 + d3 | 0; b3 ^= c3; b3 = b3 << 20 | b3 >>> 12;
    a3 = a3 + b3 + m[S[s + 7]!]! | 0; d3 ^= a3; d3 = d3 << 24 | d3 >>> 8; c3 = c3 + d3 | 0; b3 ^= c3; b3 = b3 << 25 | b3 >>> 7;

    a0 = a0 + b1 + m[S[s + 8]!]! | 0; d3 ^= a0; d3 = d3 << 16 | d3 >>> 16; c2 = c2 + d3 | 0; b1 ^= c2; b1 = b1 << 20 | b1 >>> 12;
    a0 = a0 + b1 + m[S[s + 9]!]! | 0; d3 ^= a0; d3 = d3 << 24 | d3 >>> 8; c2 = c2 + d3 | 0; b1 ^= c2; b1 = b1 << 25 | b1 >>> 7;
    a1 = a1 + b2 + m[S[s + 10]!]! | 0; d0 ^= a1; d0 = d0 << 16 | d0 >>> 16; c3 = c3 + d0 | 0; b2 ^= c3; b2 = b2 << 20 | b2 >>> 12;
    a1 = a1 + b2 + m[S[s + 11]!]! | 0; d0 ^= a1; d0 = d0 << 24 | d0 >>> 8; c3 = c3 + d0 | 0; b2 ^= c3; b2 = b2 << 25 | b2 >>> 7;
    a2 = a2 + b3 + m[S[s + 12]!]! | 0; d1 ^= a2; d1 = d1 << 16 | d1 >>> 16; c0 = c0 + d1 | 0; b3 ^= c0; b3 = b3 << 20 | b3 >>> 12;
    a2 = a2 + b3 + m[S[s + 13]!]! | 0; d1 ^= a2; d1 = d1 << 24 | d1 >>> 8; c0 = c0 + d1 | 0; b3 ^= c0; b3 = b3 << 25 | b3 >>> 7;
    a3 = a3 + b0 + m[S[s + 14]!]! | 0; d2 ^= a3; d2 = d2 << 16 | d2 >>> 16; c1 = c1 + d2 | 0; b0 ^= c1; b0 = b0 << 20 | b0 >>> 12;
    a3 = a3 + b0 + m[S[s + 15]!]! | 0; d2 ^= a3; d2 = d2 << 24 | d2 >>> 8; c1 = c1 + d2 | 0; b0 ^= c1; b0 = b0 << 25 | b0 >>> 7;
  }
  // deno-fmt-ignore
  {
    h[0]! ^= a0 ^ c0; h[1]! ^= a1 ^ c1; h[2]! ^= a2 ^ c2; h[3]! ^= a3 ^ c3;
    h[4]! ^= b0 ^ d0; h[5]! ^= b1 ^ d1; h[6]! ^= b2 ^ d2; h[7]! ^= b3 ^ d3;
  }
}
