/**
 * The ciphers on published vectors: ChaCha20 and Poly1305 of each WASM build
 * for themselves on those of RFC 8439, and whole packets of every cipher on
 * Wycheproof's keys and messages, rerun under WireGuard's nonce and without
 * additional data, beside OpenSSL.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { createCipheriv } from "node:crypto";
import { loadWasm, noble } from "../../src/transport/aead.ts";
import type { Wasm } from "../../src/transport/wasm_cipher.ts";
import { Batch } from "../../src/transport/batch.ts";
import {
  BATCH_CAPACITY,
  CIPHER_SCRATCH,
  DRIVER_SLOTS,
  newPacketMemory,
  OPENING,
  SEALING,
} from "../../src/transport/layout.ts";
import { testLanes } from "../lanes.ts";
import { transportCases, transportNonce } from "../vectors/transport_shape.ts";
import { rfc8439Cases } from "../vectors/vectors.ts";

const TAG = 16;
const lanes = await testLanes();
const shared = lanes?.memory ?? newPacketMemory();
const builds = (["paired", "plain"] as const).map((build) =>
  loadWasm(shared, CIPHER_SCRATCH, build)
);
const { memory } = builds[0]!;
const { bytes } = memory;
const ciphers = [...builds.map(({ cipher }) => cipher), noble(memory)];
if (lanes !== undefined) ciphers.push(lanes.chosen.cipher);
const KEY = DRIVER_SLOTS.from, NONCE = KEY + 64, DATA = KEY + 128;

function chacha20(
  wasm: Wasm,
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

for (const wasm of builds) {
  const { name } = wasm.cipher;

  Deno.test(`chacha20() of ${name} gives the blocks of RFC 8439 §2.3.2 and A.1`, () => {
    const cases = rfc8439Cases().filter((vector) => vector.kind === "block");
    for (const { section, key, nonce, counter, out } of cases) {
      const block = chacha20(wasm, key, nonce, counter, new Uint8Array(64));
      deepStrictEqual(block, out, section);
    }
    strictEqual(cases.length, 6);
  });

  Deno.test(`chacha20() of ${name} encrypts as RFC 8439 §2.4.2 and A.2`, () => {
    const cases = rfc8439Cases().filter((vector) => vector.kind === "cipher");
    for (const { section, key, nonce, counter, plain, out } of cases) {
      const made = chacha20(wasm, key, nonce, counter, plain);
      deepStrictEqual(made, out, section);
    }
    strictEqual(cases.length, 4);
  });

  Deno.test(`poly1305() of ${name} gives the tags of RFC 8439 §2.5.2 and A.3`, () => {
    const cases = rfc8439Cases().filter((vector) => vector.kind === "poly1305");
    for (const { section, key, message, tag } of cases) {
      bytes.set(key, KEY);
      bytes.set(message, DATA);
      wasm.poly1305(KEY, DATA, message.length, NONCE);
      deepStrictEqual(bytes.slice(NONCE, NONCE + TAG), tag, section);
    }
    strictEqual(cases.length, 12);
  });
}

type Case = ReturnType<typeof transportCases>[number];

function sealedByOpenssl(test: Case): Uint8Array {
  const nonce = transportNonce(test.counterLow, test.counterHigh);
  const cipher = createCipheriv("chacha20-poly1305", test.key, nonce, {
    authTagLength: TAG,
  });
  const sealed = [...cipher.update(test.plain), ...cipher.final()];
  return Uint8Array.from([...sealed, ...cipher.getAuthTag()]);
}

/** Lays the cases' messages out in memory; returns their places. */
function lay(cases: Case[]): number[] {
  let end = DATA;
  return cases.map(({ plain }) => {
    const at = end;
    bytes.set(plain, at);
    end += plain.length + 48;
    return at;
  });
}

function batchOf(cases: Case[], places: number[], where: typeof SEALING) {
  const batch = new Batch(memory, where);
  cases.forEach(({ key, plain, counterLow, counterHigh }, i) =>
    batch.add(key, places[i]!, plain.length, counterLow, counterHigh)
  );
  return batch;
}

for (const cipher of ciphers) {
  Deno.test(`a batch of ${cipher.name} gives OpenSSL's result for each key and message of Wycheproof`, () => {
    const all = transportCases();
    strictEqual(all.length, 325);
    for (let from = 0; from < all.length; from += BATCH_CAPACITY) {
      const cases = all.slice(from, from + BATCH_CAPACITY);
      const places = lay(cases);
      const contents = () =>
        cases.map(({ plain }, i) =>
          bytes.slice(places[i]!, places[i]! + plain.length + TAG)
        );
      batchOf(cases, places, SEALING).seal(cipher);
      deepStrictEqual(contents(), cases.map(sealedByOpenssl));
      const opening = batchOf(cases, places, OPENING);
      opening.open(cipher);
      cases.forEach(({ id, plain }, i) => {
        strictEqual(opening.authentic(i), true, `case ${id}`);
        deepStrictEqual(contents()[i]!.slice(0, plain.length), plain);
      });
    }
  });
}
