/**
 * The plain reference passes the vectors of RFC 8439, and the unrolled core of
 * the WASM cipher equals it, whole and in its parts, on every length around the
 * borders between its paths.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { loadWasm } from "../../src/transport/aead.ts";
import {
  chacha20,
  chacha20Block,
  poly1305,
  seal,
} from "../../src/transport/aead_reference.ts";
import { Batch } from "../../src/transport/batch.ts";
import {
  DRIVER_SLOTS,
  newPacketMemory,
  OPENING,
  SEALING,
} from "../../src/transport/layout.ts";
import { transportNonce } from "../vectors/transport_shape.ts";
import { rfc8439Cases } from "../vectors/vectors.ts";

const wasm = loadWasm(
  newPacketMemory(),
);
const { bytes } = wasm.memory;
const KEY = DRIVER_SLOTS.from, NONCE = KEY + 64, DATA = KEY + 128;
const random = (length: number) =>
  crypto.getRandomValues(new Uint8Array(length));

/** Both sides of each border: the padding's, the block's, and those of groups of four and eight blocks. */
const LENGTHS = [0, 1, 2, 3, 7, 8, 15, 16, 17, 63, 64, 65, 100, 127, 128, 129]
  .concat([191, 192, 193, 200, 255, 256, 257, 447, 448, 449, 511, 512, 513])
  .concat([576, 703, 704, 705, 959, 960, 961, 1008, 1009, 1023, 1024, 1025])
  .concat([1136, 1137, 1280, 1300, 1420, 1437, 2000]);

Deno.test("the reference passes the vectors of RFC 8439", () => {
  let ran = 0;
  for (const test of rfc8439Cases()) {
    if (test.kind === "block") {
      const made = chacha20Block(test.key, test.counter, test.nonce);
      deepStrictEqual(made, test.out, test.section);
    } else if (test.kind === "cipher") {
      const made = chacha20(test.key, test.counter, test.nonce, test.plain);
      deepStrictEqual(made, test.out, test.section);
    } else if (test.kind === "poly1305") {
      deepStrictEqual(
        poly1305(test.key, test.message),
        test.tag,
        test.section,
      );
    } else continue;
    ran++;
  }
  strictEqual(ran, 22);
});

Deno.test("chacha20() and poly1305() of WASM equal the reference's at every border", () => {
  for (const length of LENGTHS) {
    const key = random(32), nonce = random(12), data = random(length);
    if (length % 3 === 0) data.fill(255);
    bytes.set(key, KEY);
    bytes.set(nonce, NONCE);
    bytes.set(data, DATA);
    wasm.poly1305(KEY, DATA, length, NONCE + 16);
    const tag = bytes.slice(NONCE + 16, NONCE + 32);
    deepStrictEqual(tag, poly1305(key, data), `tag of ${length} bytes`);
    wasm.chacha20(KEY, NONCE, 4, DATA, length);
    const made = bytes.slice(DATA, DATA + length);
    deepStrictEqual(made, chacha20(key, 4, nonce, data), `${length} bytes`);
  }
});

Deno.test("poly1305() of WASM equals the reference's where its carries are the longest", () => {
  for (const [r, s, fill] of [[255, 255, 255], [255, 0, 0], [4, 255, 255]]) {
    for (const length of [16, 32, 160, 1424]) {
      const key = new Uint8Array(32).fill(r!, 0, 16).fill(s!, 16);
      const data = new Uint8Array(length).fill(fill!);
      bytes.set(key, KEY);
      bytes.set(data, DATA);
      wasm.poly1305(KEY, DATA, length, NONCE);
      deepStrictEqual(bytes.slice(NONCE, NONCE + 16), poly1305(key, data));
    }
  }
});

Deno.test("poly1305() of WASM equals the reference's where bits are all one or all zero", () => {
  const runs = (length: number) => {
    const made = random(length), kinds = random(length);
    return made.map((byte, i) => [0, 255, byte][kinds[i >> 2]! % 3]!);
  };
  for (let i = 0; i < 300; i++) {
    const key = runs(32), data = runs(1024 + 16 * (i % 32));
    bytes.set(key, KEY);
    bytes.set(data, DATA);
    wasm.poly1305(KEY, DATA, data.length, NONCE);
    const tag = bytes.slice(NONCE, NONCE + 16);
    deepStrictEqual(tag, poly1305(key, data), `${key} ${data}`);
  }
});

Deno.test("a batch of WASM equals the reference, each length behind each other kind", () => {
  const order = [...LENGTHS, ...LENGTHS.toReversed(), 1420, 0, 1420, 1420, 64];
  const packets = order.map((length, i) => ({
    key: random(32),
    plain: random(length),
    low: i % 2 === 0 ? 0xffffffff - i : i,
    high: i % 3 === 0 ? 0xffffffff : i,
    at: DATA + 2_304 * i + i % 16,
  }));
  const batchOf = (where: typeof SEALING) => {
    const batch = new Batch(wasm.memory, where);
    for (const { key, at, plain, low, high } of packets) {
      batch.add(key, at, plain.length, low, high);
    }
    return batch;
  };
  packets.forEach(({ plain, at }) => bytes.set(plain, at));
  batchOf(SEALING).seal(wasm.cipher);
  for (const { key, plain, low, high, at } of packets) {
    const expected = seal(key, transportNonce(low, high), plain);
    deepStrictEqual(bytes.slice(at, at + expected.length), expected);
  }
  const opening = batchOf(OPENING);
  opening.open(wasm.cipher);
  packets.forEach(({ plain, at }, i) => {
    strictEqual(opening.authentic(i), true);
    deepStrictEqual(bytes.slice(at, at + plain.length), plain);
  });
});
