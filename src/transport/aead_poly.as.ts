// Poly1305 (RFC 8439 §2.5, §2.8) around the kernels of aead_poly_words.ts and aead_poly_vectors.ts: the key, the change
// between their two forms of h, and the tag. AssemblyScript, not Deno's TypeScript.
//
//   polyStart ──► polyEights, if that pays ──► woven into ChaCha20, if that comes (polyTake) ──► polyFinish

import {
  AT_KEYSTREAM, AT_LIMBS, AT_POLY, AT_POWERS, polyBlocks, polyEights, polyLength, polySquare,
} from "./aead_kernels.as";

@external("env", "base") declare const base: usize;

// What waits, in blocks of 16 bytes.
let message: usize = 0, blocks: i32 = 0;

export function polyWaiting(): i32 { return blocks; }
export function polyDrop(): void { blocks = 0; }

// Hands `share` of the blocks out, which the caller takes along.
export function polyTake(share: i32): usize {
  const at = message;
  message += <usize>share << 4; blocks -= share;
  return at;
}

// Takes r and s from the one-time key, and notes the data, padded to 16 bytes, as waiting.
export function polyStart(key: usize, data: usize, length: i32): void {
  polyKey(key);
  zero(data + length, -length & 15);
  message = data; blocks = (length + 15) >> 4;
  takeEights();
}

// What still waits, and the block of lengths; leaves the tag at AT_POLY + 112.
export function polyFinish(length: i32): void {
  takeRest();
  polyLength(<u64>length);
  polyTag();
}

// The tag of bytes without padding and lengths (§2.5).
export function polyBytes(key: usize, at: usize, length: i32): void {
  polyKey(key);
  message = at; blocks = length >> 4;
  takeEights();
  takeRest();
  const rest = length & 15, last = base + AT_KEYSTREAM;
  if (rest) {
    // A short block carries its own 1; the 2^128 of a whole one, which polyBlocks adds, is taken back before.
    v128.store(last, i64x2.splat(0));
    memory.copy(last, at + length - rest, rest);
    store<u8>(last + rest, 1);
    store<u64>(base, load<u64>(base, AT_POLY + 32) - 1, AT_POLY + 32);
    polyBlocks(last, 1);
  }
  polyTag();
}

function takeRest(): void {
  if (blocks > 0) polyBlocks(message, blocks);
  blocks = 0;
}

function polyKey(key: usize): void {
  const r0 = <u64>(load<u32>(key) & 0x0fffffff), r1 = <u64>(load<u32>(key, 4) & 0x0ffffffc);
  const r2 = <u64>(load<u32>(key, 8) & 0x0ffffffc), r3 = <u64>(load<u32>(key, 12) & 0x0ffffffc);
  for (let i: usize = 0; i < 40; i += 8) store<u64>(base + i, 0, AT_POLY);
  store<u64>(base, r0, AT_POLY + 40); store<u64>(base, r1, AT_POLY + 48);
  store<u64>(base, r2, AT_POLY + 56); store<u64>(base, r3, AT_POLY + 64);
  store<u64>(base, r1 + (r1 >> 2), AT_POLY + 72); store<u64>(base, r2 + (r2 >> 2), AT_POLY + 80);
  store<u64>(base, r3 + (r3 >> 2), AT_POLY + 88);
  v128.store(base, v128.load(key, 16), AT_POLY + 96);
}

// ---- Eight blocks at a time. The powers of r cost what 12 blocks do, and below this the rest is woven in for less.

const ENOUGH: i32 = 64;
const LIMB: u64 = 0x3fffff;
const POWER: usize = (AT_LIMBS - AT_POWERS) >> 2;

function takeEights(): void {
  if (blocks < ENOUGH) return;
  setLimbs();
  for (let i: usize = 0; i < 3; i++) polySquare(base + AT_POWERS + i * POWER);
  const count = blocks & ~7;
  polyEights(polyTake(count), count);
  setWords();
}

// r in limbs, as the first power: (r, 1).
function setLimbs(): void {
  const l = load<u64>(base, AT_POLY + 40) | load<u64>(base, AT_POLY + 48) << 32;
  const h = load<u64>(base, AT_POLY + 56) | load<u64>(base, AT_POLY + 64) << 32;
  setLimb(0, l & LIMB); setLimb(1, l >> 22 & LIMB); setLimb(2, (l >> 44 | h << 20) & LIMB);
  setLimb(3, h >> 2 & LIMB); setLimb(4, h >> 24 & LIMB); setLimb(5, h >> 46);
}

@inline function setLimb(k: usize, bits: u64): void {
  const at = base + AT_POWERS + 16 * k, value = <f64><i64>bits;
  store<f64>(at, value); store<f64>(at, k == 0 ? 1.0 : 0.0, 8);
  if (k > 0) store<f64>(at, 20.0 * value, 16 * 5);
}

// h in words from the limbs of both lanes, which are below 2^51 and of either sign: 2^30 times the limbs of 4 p, 2^132 − 20,
// are added to them, and carried from 2^130 to limb 0 once.
function setWords(): void {
  const first: u64 = 0x3fffec << 30, other: u64 = 0x3fffff << 30;
  let v0 = sumOf(0) + first, v1 = sumOf(1) + other + (v0 >> 22), v2 = sumOf(2) + other + (v1 >> 22);
  let v3 = sumOf(3) + other + (v2 >> 22), v4 = sumOf(4) + other + (v3 >> 22), v5 = sumOf(5) + other + (v4 >> 22);
  v0 = (v0 & LIMB) + 5 * (v5 >> 20); v1 = (v1 & LIMB) + (v0 >> 22); v2 = (v2 & LIMB) + (v1 >> 22);
  v3 = (v3 & LIMB) + (v2 >> 22); v4 = (v4 & LIMB) + (v3 >> 22); v5 = (v5 & 0xfffff) + (v4 >> 22);
  const l = v0 & LIMB | (v1 & LIMB) << 22 | v2 << 44;
  const h = (v2 & LIMB) >> 20 | (v3 & LIMB) << 2 | (v4 & LIMB) << 24 | v5 << 46;
  store<u64>(base, low(l), AT_POLY); store<u64>(base, l >> 32, AT_POLY + 8);
  store<u64>(base, low(h), AT_POLY + 16); store<u64>(base, h >> 32, AT_POLY + 24);
  store<u64>(base, v5 >> 18, AT_POLY + 32);
}

// Limb k of both lanes as an integer: beside 1.5 × 2^52 the bits of a double are one.
@inline function sumOf(k: usize): u64 {
  const lanes = v128.load(base + 16 * k, AT_LIMBS);
  const sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  return reinterpret<u64>(sum + 6755399441055744.0) - reinterpret<u64>(6755399441055744.0);
}

// ---- §2.5.1's end: h mod 2^130 − 5, plus s.

function polyTag(): void {
  let h0 = load<u64>(base, AT_POLY), h1 = load<u64>(base, AT_POLY + 8), h2 = load<u64>(base, AT_POLY + 16);
  let h3 = load<u64>(base, AT_POLY + 24), h4 = load<u64>(base, AT_POLY + 32);
  h1 += h0 >> 32; h2 += h1 >> 32; h3 += h2 >> 32; h4 += h3 >> 32;
  h0 = low(h0) + (h4 >> 2) * 5; h4 &= 3;
  h1 = low(h1) + (h0 >> 32); h2 = low(h2) + (h1 >> 32); h3 = low(h3) + (h2 >> 32); h4 += h3 >> 32;
  h0 = low(h0); h1 = low(h1); h2 = low(h2); h3 = low(h3);
  const g0 = h0 + 5, g1 = h1 + (g0 >> 32), g2 = h2 + (g1 >> 32), g3 = h3 + (g2 >> 32), g4 = h4 + (g3 >> 32);
  const past: u64 = 0 - ((g4 >> 2) & 1); // all ones if h is 2^130 − 5 or more
  let a = h0 | (h1 << 32), b = h2 | (h3 << 32);
  a ^= (a ^ (low(g0) | (g1 << 32))) & past; b ^= (b ^ (low(g2) | (g3 << 32))) & past;
  const sum = a + load<u64>(base, AT_POLY + 96);
  store<u64>(base, sum, AT_POLY + 112);
  store<u64>(base, b + load<u64>(base, AT_POLY + 104) + u64(sum < a), AT_POLY + 120);
}

function zero(at: usize, n: i32): void {
  if (n & 8) { store<u64>(at, 0); at += 8; }
  if (n & 4) { store<u32>(at, 0); at += 4; }
  if (n & 2) { store<u16>(at, 0); at += 2; }
  if (n & 1) store<u8>(at, 0);
}

@inline function low(x: u64): u64 { return x & 0xffffffff; }
