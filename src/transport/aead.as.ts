// ChaCha20-Poly1305 in AssemblyScript (RFC 8439), in place, in batches, without AAD and with the nonce
// 0⁴ ‖ counter: WireGuard's transport data and nothing else (whitepaper §5.4.6).
//
// This file decides what is computed when; the arithmetic, unrolled, is written by aead_kernels.ts, which explains it,
// and aead_poly.as.ts has Poly1305's beginning and end.
// A descriptor is six u32: key, data, length without tag, out: authentic, counter low, counter high (batch.ts).
// `base` is the scratch of this instance; aead_scratch.ts is its map. A packet needs its length + 16 bytes.

import {
  AT_DIFFERENCE, AT_END, AT_HEAD_A, AT_HEAD_B, AT_HEAD_C, AT_KEYSTREAM, AT_ONE_TIME_KEY, AT_POLY, AT_STATE, blocks4,
  blocks4OfTwo, blocks8, blocks8WithPoly10, blocks8WithPoly20,
} from "./aead_kernels.as";
import { polyBytes, polyDrop, polyFinish, polyStart, polyTake, polyWaiting } from "./aead_poly.as";

@external("env", "base") declare const base: usize;

const DESCRIPTOR: usize = 24;
const SHORT: i32 = 144;
@inline function keyOf(descriptor: usize): usize { return load<u32>(descriptor); }
@inline function dataOf(descriptor: usize): usize { return load<u32>(descriptor, 4); }
@inline function lengthOf(descriptor: usize): i32 { return load<i32>(descriptor, 8); }

// ---- Sealing. The ChaCha20 of a packet runs together with the Poly1305 of the packet before.

export function seal_batch(descriptor: usize, count: i32): void {
  polyDrop();
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
  const first = base + AT_ONE_TIME_KEY, rest = base + AT_KEYSTREAM;
  clear(first, 64);
  if (length <= 192) {
    clear(rest, 256);
    blocks4(first, rest, 0);
    xor(data, rest + 64, length);
  } else if (length < 448) {
    clear(rest, 256);
    group8(first, data - 64, rest, 0);
    xor(data + 192, rest, length - 192);
  } else {
    group8(first, data - 64, data + 192, 0);
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
  polyDrop();
  let made = makeHeads(head, nextHead, descriptor, count);
  for (let i = 0; i < count; i++, descriptor += DESCRIPTOR) {
    const data = dataOf(descriptor), length = lengthOf(descriptor), next = descriptor + DESCRIPTOR;
    const tag = v128.load(data + length); // padding to 16 bytes (§2.8) is laid over it
    polyStart(head, data, length);
    if (previousGood) decryptRest(descriptor - DESCRIPTOR);
    if (--made == 0 && i + 1 < count) made = makeHeads(nextHead, spare, next, count - i - 1);
    polyFinish(length);
    v128.store(data + length, tag);
    previousGood = !v128.any_true(v128.xor(tag, v128.load(base, AT_POLY + 112)));
    store<u32>(descriptor, u32(previousGood), 12);
    if (previousGood) { good++; xor(data, head + 64, min(length, HEAD)); }
    const used = head; head = nextHead; nextHead = spare; spare = used;
  }
  if (previousGood) decryptRest(descriptor - DESCRIPTOR);
  wipe();
  return good;
}

// Makes the head of a packet, and of the one behind if both are short; returns of how many.
function makeHeads(head: usize, nextHead: usize, descriptor: usize, count: i32): i32 {
  if (count > 1 && areShort(descriptor, descriptor + DESCRIPTOR)) {
    streamTwo(head, nextHead, descriptor, descriptor + DESCRIPTOR);
    return 2;
  }
  setState(descriptor);
  const isLong = lengthOf(descriptor) > 192;
  clear(head, isLong ? 512 : 256);
  if (isLong) group8(head, head, head + 256, 0);
  else blocks4(head, head, 0);
  return 1;
}

function decryptRest(descriptor: usize): void {
  const rest = lengthOf(descriptor) - HEAD;
  if (rest <= 0) return;
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
  const rest = base + AT_KEYSTREAM;
  for (; length >= 512; length -= 512, data += 512, counter += 8) group8(data, data, data + 256, counter);
  if (length > 256) {
    clear(rest, 256);
    group8(data, data, rest, counter);
    xor(data + 256, rest, length - 256);
  } else if (length == 256) {
    blocks4(data, data, counter);
  } else if (length > 0) {
    clear(rest, 256);
    blocks4(rest, rest, counter);
    xor(data, rest, length);
  }
}

// Eight blocks, the first into what is at `first`, together with what waits of Poly1305 if that is enough: a kernel takes
// what its name says, up to twice as much.
function group8(first: usize, data: usize, data2: usize, counter: u32): void {
  const share = min(polyWaiting(), 40);
  if (share < 10) return blocks8(first, data, data2, counter);
  if (share < 20) blocks8WithPoly10(first, data, data2, counter, polyTake(share), share);
  else blocks8WithPoly20(first, data, data2, counter, polyTake(share), share);
}

// ---- The two halves for themselves, for the RFC's own vectors

// ChaCha20 from a block counter on, under a whole nonce of 12 bytes (§2.4).
export function chacha20(key: usize, nonce: usize, counter: u32, at: usize, length: i32): void {
  setKey(key);
  store<u32>(base, load<u32>(nonce), AT_STATE + 52); store<u64>(base, load<u64>(nonce, 4), AT_STATE + 56);
  polyDrop();
  stream(at, length, counter);
  wipe();
}

// Poly1305 over any length (§2.5).
export function poly1305(key: usize, at: usize, length: i32, tag: usize): void {
  polyBytes(key, at, length);
  v128.store(tag, v128.load(base, AT_POLY + 112));
  wipe();
}

// ---- Bytes

// The last packet's keys would stay here, where the end of their session does not reach.
function wipe(): void { clear(base, <i32>AT_END); }

function clear(at: usize, n: i32): void {
  for (; n > 0; n -= 64, at += 64) {
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

@inline function min(a: i32, b: i32): i32 { return a < b ? a : b; }

export { checksum, copy } from "./checksum.as";
