// ChaCha20-Poly1305 in AssemblyScript (RFC 8439), in place, in batches, without AAD and with the nonce
// 0⁴ ‖ counter: WireGuard's transport data and nothing else (whitepaper §5.4.6).
//
// This file decides what is computed when; the arithmetic, unrolled, is written by aead_kernels.ts, which explains it.
// A descriptor is six u32: key, data, length without tag, out: authentic, counter low, counter high (batch.ts).
// `base` is the scratch of this instance; SCRATCH in aead_kernels.ts is its map. A packet needs its length + 16 bytes.

import {
  AT_DIFFERENCE, AT_END, AT_HEAD_A, AT_HEAD_B, AT_HEAD_C, AT_KEYSTREAM, AT_ONE_TIME_KEY, AT_POLY, AT_STATE, blocks4,
  blocks4OfTwo, blocks4WithPoly10, blocks8, blocks8WithPoly10, blocks8WithPoly20, FIRST, polyBlocks, polyLength, STORE, XOR,
} from "./aead_kernels.as";

@external("env", "base") declare const base: usize;

const DESCRIPTOR: usize = 24;
const SHORT: i32 = 144;
@inline function keyOf(descriptor: usize): usize { return load<u32>(descriptor); }
@inline function dataOf(descriptor: usize): usize { return load<u32>(descriptor, 4); }
@inline function lengthOf(descriptor: usize): i32 { return load<i32>(descriptor, 8); }

// What of Poly1305 waits to be woven into the coming groups of ChaCha20, and how many groups of four blocks come.
let message: usize = 0, blocks: i32 = 0, groups: i32 = 0;

// ---- Sealing. The ChaCha20 of a packet runs together with the Poly1305 of the packet before.

export function seal_batch(descriptor: usize, count: i32): void {
  blocks = 0;
  let data: usize = 0, length = 0;
  for (let i = 0; i < count; i++, descriptor += DESCRIPTOR) {
    const next = descriptor + DESCRIPTOR;
    if (i + 1 < count && areShort(descriptor, next)) {
      if (data) finishSealing(data, length);
      data = 0;
      sealTwo(descriptor, next);
      i++; descriptor = next;
      continue;
    }
    setState(descriptor);
    encrypt(dataOf(descriptor), lengthOf(descriptor));
    if (data) finishSealing(data, length);
    data = dataOf(descriptor); length = lengthOf(descriptor);
    polyStart(base + AT_ONE_TIME_KEY, data, length);
  }
  if (data) finishSealing(data, length);
  wipe();
}

// Two short packets under one key share a run of ChaCha20.
function sealTwo(descriptor: usize, next: usize): void {
  const stream = base + AT_KEYSTREAM;
  streamTwo(stream, stream + 256, descriptor, next);
  sealShort(descriptor, stream);
  sealShort(next, stream + 256);
}

function sealShort(descriptor: usize, stream: usize): void {
  const data = dataOf(descriptor), length = lengthOf(descriptor);
  xor(data, stream + 64, length);
  polyStart(stream, data, length);
  finishSealing(data, length);
}

// The cipher's part of §2.8: block 0 gives the one-time key, the data begins with block 1.
function encrypt(data: usize, length: i32): void {
  groups = (length + 64 + 255) >> 8;
  if (length <= 192) {
    group4(STORE, base + AT_KEYSTREAM, 0);
    v128.store(base, v128.load(base, AT_KEYSTREAM), AT_ONE_TIME_KEY);
    v128.store(base, v128.load(base, AT_KEYSTREAM + 16), AT_ONE_TIME_KEY + 16);
    xor(data, base + AT_KEYSTREAM + 64, length);
  } else if (length < 448) {
    group8(FIRST, data, STORE, base + AT_KEYSTREAM, 0);
    xor(data + 192, base + AT_KEYSTREAM, length - 192);
  } else {
    group8(FIRST, data, XOR, data + 192, 0);
    stream(data + 448, length - 448, 8);
  }
}

function finishSealing(data: usize, length: i32): void {
  polyFinish(length);
  v128.store(data + length, v128.load(base, AT_POLY + 112));
}

// ---- Opening: verify, then decrypt. The Poly1305 of a packet runs together with the rest of the packet before, once
// ---- that is known to be authentic, and with the head of the packet after: its key stream up to HEAD bytes of data.

const HEAD: i32 = 448;

export function open_batch(descriptor: usize, count: i32): i32 {
  if (count <= 0) return 0;
  let good = 0, previousGood = false;
  let head: usize = base + AT_HEAD_A, nextHead: usize = base + AT_HEAD_B, spare: usize = base + AT_HEAD_C;
  blocks = 0; groups = 0;
  let made = makeHeads(head, nextHead, descriptor, count);
  for (let i = 0; i < count; i++, descriptor += DESCRIPTOR) {
    const data = dataOf(descriptor), length = lengthOf(descriptor), next = descriptor + DESCRIPTOR;
    const tag = v128.load(data + length); // padding to 16 bytes (§2.8) is laid over it
    const missing = --made == 0 && i + 1 < count;
    polyStart(head, data, length);
    groups = missing ? headGroups(next) : 0;
    if (previousGood) decryptRest(descriptor - DESCRIPTOR);
    if (missing) made = makeHeads(nextHead, spare, next, count - i - 1);
    polyFinish(length);
    v128.store(data + length, tag);
    previousGood = !v128.any_true(v128.xor(tag, v128.load(base, AT_POLY + 112)));
    store<u32>(descriptor, u32(previousGood), 12);
    if (previousGood) { good++; xor(data, head + 64, min(length, HEAD)); }
    const used = head; head = nextHead; nextHead = spare; spare = used;
  }
  groups = 0;
  if (previousGood) decryptRest(descriptor - DESCRIPTOR);
  wipe();
  return good;
}

@inline function headGroups(descriptor: usize): i32 { return lengthOf(descriptor) > 192 ? 2 : 1; }

// Makes the head of a packet, and of the one behind if both are short; returns of how many.
function makeHeads(head: usize, nextHead: usize, descriptor: usize, count: i32): i32 {
  if (count > 1 && areShort(descriptor, descriptor + DESCRIPTOR)) {
    streamTwo(head, nextHead, descriptor, descriptor + DESCRIPTOR);
    return 2;
  }
  setState(descriptor);
  if (lengthOf(descriptor) > 192) group8(STORE, head, STORE, head + 256, 0);
  else group4(STORE, head, 0);
  return 1;
}

function decryptRest(descriptor: usize): void {
  const rest = lengthOf(descriptor) - HEAD;
  if (rest <= 0) return;
  groups += (rest + 255) >> 8;
  setState(descriptor);
  stream(dataOf(descriptor) + HEAD, rest, 8);
}

// ---- ChaCha20 (§2.3, §2.4)

@inline function setState(descriptor: usize): void {
  setKey(keyOf(descriptor));
  store<u64>(base, 0, AT_STATE + 48);
  store<u64>(base, load<u64>(descriptor, 16), AT_STATE + 56);
}

@inline function setKey(key: usize): void {
  v128.store(base, i32x4(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574), AT_STATE); // "expand 32-byte k"
  v128.store(base, v128.load(key), AT_STATE + 16);
  v128.store(base, v128.load(key, 16), AT_STATE + 32);
}

// Whether two packets are under one key, and each too short for its Poly1305 to be woven in: then two together gain more.
function areShort(descriptor: usize, next: usize): bool {
  return lengthOf(descriptor) <= SHORT && lengthOf(next) <= SHORT && keyOf(descriptor) == keyOf(next);
}

// The first four blocks of both packets.
function streamTwo(stream: usize, nextStream: usize, descriptor: usize, next: usize): void {
  setState(descriptor);
  store<u32>(base, load<u32>(next, 16) - load<u32>(descriptor, 16), AT_DIFFERENCE);
  store<u32>(base, load<u32>(next, 20) - load<u32>(descriptor, 20), AT_DIFFERENCE + 4);
  blocks4OfTwo(stream, nextStream);
}

// XORs the key stream from block `counter` on into `length` bytes.
function stream(data: usize, length: i32, counter: u32): void {
  for (; length >= 512; length -= 512, data += 512, counter += 8) group8(XOR, data, XOR, data + 256, counter);
  if (length > 256) {
    group8(XOR, data, STORE, base + AT_KEYSTREAM, counter);
    xor(data + 256, base + AT_KEYSTREAM, length - 256);
  } else if (length == 256) {
    group4(XOR, data, counter);
  } else if (length > 0) {
    group4(STORE, base + AT_KEYSTREAM, counter);
    xor(data, base + AT_KEYSTREAM, length);
  }
}

// Four and eight blocks, with this group's share of the Poly1305 that waits, if it is enough to be woven in.
function group4(mode: i32, data: usize, counter: u32): void {
  const share = groups > 1 ? (blocks + groups - 1) / groups : blocks;
  groups -= 1;
  if (share < 10) return blocks4(mode, data, counter);
  const at = take(share);
  blocks4WithPoly10(mode, data, counter, at, share);
}

function group8(mode: i32, data: usize, mode2: i32, data2: usize, counter: u32): void {
  const share = groups > 2 ? (2 * blocks + groups - 1) / groups : blocks;
  groups -= 2;
  if (share < 10) return blocks8(mode, data, mode2, data2, counter);
  const at = take(share);
  if (share < 20) blocks8WithPoly10(mode, data, mode2, data2, counter, at, share);
  else blocks8WithPoly20(mode, data, mode2, data2, counter, at, share);
}

@inline function take(share: i32): usize {
  const at = message;
  message += <usize>share << 4; blocks -= share;
  return at;
}

// ---- Poly1305 (§2.5, §2.8)

// Takes r and s from the one-time key, and notes the data, padded to 16 bytes, as waiting.
function polyStart(key: usize, data: usize, length: i32): void {
  polyKey(key);
  zero(data + length, -length & 15);
  message = data; blocks = (length + 15) >> 4;
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

// What still waits, and the block of lengths; leaves the tag at AT_POLY + 112.
function polyFinish(length: i32): void {
  if (blocks > 0) polyBlocks(message, blocks);
  blocks = 0;
  polyLength(<u64>length);
  polyTag();
}

// §2.5.1's end: h mod 2^130 − 5, plus s.
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

// ---- The two halves for themselves, for the RFC's own vectors

// ChaCha20 from a block counter on, under a whole nonce of 12 bytes (§2.4).
export function chacha20(key: usize, nonce: usize, counter: u32, at: usize, length: i32): void {
  setKey(key);
  store<u32>(base, load<u32>(nonce), AT_STATE + 52); store<u64>(base, load<u64>(nonce, 4), AT_STATE + 56);
  blocks = 0; groups = 0;
  stream(at, length, counter);
  wipe();
}

// Poly1305 over any length (§2.5).
export function poly1305(key: usize, at: usize, length: i32, tag: usize): void {
  polyKey(key);
  polyBlocks(at, length >> 4);
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
  v128.store(tag, v128.load(base, AT_POLY + 112));
  wipe();
}

// ---- Bytes

// The last packet's keys would stay here, where the end of their session does not reach.
function wipe(): void {
  for (let at = base; at < base + AT_END; at += 64) {
    v128.store(at, i64x2.splat(0)); v128.store(at, i64x2.splat(0), 16);
    v128.store(at, i64x2.splat(0), 32); v128.store(at, i64x2.splat(0), 48);
  }
}

function xor(data: usize, stream: usize, n: i32): void {
  for (; n >= 16; n -= 16, data += 16, stream += 16) v128.store(data, v128.xor(v128.load(data), v128.load(stream)));
  if (n & 8) { store<u64>(data, load<u64>(data) ^ load<u64>(stream)); data += 8; stream += 8; }
  if (n & 4) { store<u32>(data, load<u32>(data) ^ load<u32>(stream)); data += 4; stream += 4; }
  if (n & 2) { store<u16>(data, load<u16>(data) ^ load<u16>(stream)); data += 2; stream += 2; }
  if (n & 1) store<u8>(data, load<u8>(data) ^ load<u8>(stream));
}

function zero(at: usize, n: i32): void {
  if (n & 8) { store<u64>(at, 0); at += 8; }
  if (n & 4) { store<u32>(at, 0); at += 4; }
  if (n & 2) { store<u16>(at, 0); at += 2; }
  if (n & 1) store<u8>(at, 0);
}

@inline function low(x: u64): u64 { return x & 0xffffffff; }
@inline function min(a: i32, b: i32): i32 { return a < b ? a : b; }

export { checksum, copy } from "./checksum.as";
