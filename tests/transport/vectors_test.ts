/**
 * The WASM cipher on published vectors: its ChaCha20 and Poly1305 for
 * themselves on those of RFC 8439, and whole packets on Wycheproof's keys and
 * messages, rerun under WireGuard's nonce and without additional data.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { loadWasm } from "../../src/transport/aead.ts";
import { Batch } from "../../src/transport/batch.ts";
import {
  BATCH_CAPACITY,
  DRIVER_SLOTS,
  MEMORY_LENGTH,
  OPENING,
  SEALING,
} from "../../src/transport/layout.ts";
import { transportCases, transportNonce } from "../vectors/transport_shape.ts";
import { rfc8439Cases } from "../vectors/vectors.ts";

const TAG = 16;
const pages = MEMORY_LENGTH / 65536;
const wasm = loadWasm(
  new WebAssembly.Memory({ initial: pages, maximum: pages }),
);
const { bytes } = wasm.memory;
const KEY = DRIVER_SLOTS.from, NONCE = KEY + 64, DATA = KEY + 128;

function chacha20(
  key: Uint8Array,
  nonce: Uint8Array,
  counter: number,
  data: Uint8Array,
): Uint8Array {
  bytes.set(key, KEY);
  bytes.set(nonce, NONCE);
  bytes.set(data, DATA);
  wasm.chacha20(KEY, NONCE, counter, DATA, data.length);
  return bytes.slice(DATA, DATA + data.length);
}

Deno.test("chacha20() of WASM gives the blocks of RFC 8439 §2.3.2 and A.1", () => {
  const cases = rfc8439Cases().filter((vector) => vector.kind === "block");
  for (const { section, key, nonce, counter, out } of cases) {
    const block = chacha20(key, nonce, counter, new Uint8Array(64));
    deepStrictEqual(block, out, section);
  }
  strictEqual(cases.length, 6);
});

Deno.test("chacha20() of WASM encrypts as RFC 8439 §2.4.2 and A.2", () => {
  const cases = rfc8439Cases().filter((vector) => vector.kind === "cipher");
  for (const { section, key, nonce, counter, plain, out } of cases) {
    deepStrictEqual(chacha20(key, nonce, counter, plain), out, section);
  }
  strictEqual(cases.length, 4);
});

Deno.test("poly1305() of WASM gives the tags of RFC 8439 §2.5.2 and A.3", () => {
  const cases = rfc8439Cases().filter((vector) => vector.kind === "poly1305");
  for (const { section, key, message, tag } of cases) {
    bytes.set(key, KEY);
    bytes.set(message, DATA);
    wasm.poly1305(KEY, DATA, message.length, NONCE);
    deepStrictEqual(bytes.slice(NONCE, NONCE + TAG), tag, section);
  }
  strictEqual(cases.length, 12);
});

Deno.test("a batch of WASM gives noble's result for each key and message of Wycheproof", () => {
  const all = transportCases();
  strictEqual(all.length, 325);
  for (let from = 0; from < all.length; from += BATCH_CAPACITY) {
    const cases = all.slice(from, from + BATCH_CAPACITY);
    const places: number[] = [];
    let at = DATA;
    for (const { plain } of cases) {
      places.push(at);
      bytes.set(plain, at);
      at += plain.length + 48;
    }
    const sealed = cases.map(({ key, counterLow, counterHigh, plain }) =>
      chacha20poly1305(key, transportNonce(counterLow, counterHigh)).encrypt(
        plain,
      )
    );
    const batchOf = (place: typeof SEALING) => {
      const batch = new Batch(wasm.memory, place);
      cases.forEach(({ key, plain, counterLow, counterHigh }, i) =>
        batch.add(key, places[i]!, plain.length, counterLow, counterHigh)
      );
      return batch;
    };
    const contents = () =>
      cases.map(({ plain }, i) =>
        bytes.slice(places[i]!, places[i]! + plain.length + TAG)
      );
    batchOf(SEALING).seal(wasm.cipher);
    deepStrictEqual(contents(), sealed);
    const opening = batchOf(OPENING);
    opening.open(wasm.cipher);
    cases.forEach(({ id, plain }, i) => {
      strictEqual(opening.authentic(i), true, `case ${id}`);
      deepStrictEqual(contents()[i]!.slice(0, plain.length), plain);
    });
  }
});
