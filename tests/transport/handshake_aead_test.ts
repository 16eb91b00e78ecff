/** The handshake's AEAD out of the WASM cipher: noble's, byte for byte. */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import { type Aead, nobleAead } from "../../src/noise/aead.ts";
import { loadWasm } from "../../src/transport/aead.ts";
import { handshakeAead } from "../../src/transport/handshake_aead.ts";
import {
  CIPHER_SCRATCH,
  DEVICE_SLOTS,
  HANDSHAKE_SCRATCH,
  newPacketMemory,
} from "../../src/transport/layout.ts";
import { checkedAead } from "../../src/transport/self_check.ts";

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length });
const text = fc.uint8Array({ maxLength: 32 });

for (const build of ["paired", "plain"] as const) {
  Deno.test(`handshakeAead() of the ${build} build seals and opens as noble does`, () => {
    const wasm = loadWasm(newPacketMemory(), CIPHER_SCRATCH, build);
    const aead = handshakeAead(wasm);
    fc.assert(
      fc.property(bytes(32), text, bytes(32), (key, plain, auth) => {
        const sealed = nobleAead.seal(key, plain, auth);
        deepStrictEqual(aead.seal(key, plain, auth), sealed);
        deepStrictEqual(aead.open(key, sealed, auth), plain);
      }),
      { numRuns: 2_000 },
    );
  });
}

Deno.test("open() refuses whatever has one bit turned, and what is too short", () => {
  const aead = handshakeAead(loadWasm(newPacketMemory()));
  const key = new Uint8Array(32).fill(1), auth = new Uint8Array(32).fill(2);
  for (const length of [0, 12, 32]) {
    const sealed = aead.seal(key, new Uint8Array(length), auth);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const forged = sealed.slice();
      forged[bit >> 3]! ^= 1 << (bit & 7);
      strictEqual(aead.open(key, forged, auth), undefined);
    }
    ok(aead.open(key, sealed, auth));
    const other = auth.slice();
    other[31]! ^= 1;
    strictEqual(aead.open(key, sealed, other), undefined);
  }
  strictEqual(aead.open(key, new Uint8Array(15), auth), undefined);
});

Deno.test("nothing of key and text is left in packet memory, and nothing else is touched", () => {
  const wasm = loadWasm(newPacketMemory());
  const aead = handshakeAead(wasm), { bytes } = wasm.memory;
  const before = bytes.slice();
  const key = new Uint8Array(32).fill(3), auth = new Uint8Array(32).fill(4);
  const sealed = aead.seal(key, new Uint8Array(32).fill(5), auth);
  aead.open(key, sealed, auth);
  sealed[0]! ^= 1;
  aead.open(key, sealed, auth);
  // The cipher's own scratch has the state of ChaCha20, as after any packet.
  before.fill(0, CIPHER_SCRATCH, CIPHER_SCRATCH + 0x1000);
  const after = bytes.slice();
  after.fill(0, CIPHER_SCRATCH, CIPHER_SCRATCH + 0x1000);
  ok(before.every((byte, at) => byte === after[at]));
  ok(bytes.subarray(HANDSHAKE_SCRATCH, DEVICE_SLOTS.from).every((b) => !b));
});

Deno.test("seal() takes no text that a handshake does not have", () => {
  const aead = handshakeAead(loadWasm(newPacketMemory()));
  const key = new Uint8Array(32);
  throws(() => aead.seal(key, new Uint8Array(33), key), RangeError);
  throws(() => aead.seal(key, key, new Uint8Array(31)), RangeError);
});

Deno.test("checkedAead() takes one that gives the known answers, and noble for any other", () => {
  const aead = handshakeAead(loadWasm(newPacketMemory()));
  strictEqual(checkedAead(aead), aead);
  strictEqual(checkedAead(nobleAead), nobleAead);
  const faulty: Aead[] = [
    { ...aead, seal: (key, plain, auth) => aead.seal(auth, plain, key) },
    { ...aead, open: (_, sealed) => sealed.subarray(0, -16) },
    { ...aead, open: () => undefined },
  ];
  for (const each of faulty) strictEqual(checkedAead(each), nobleAead);
});
