/** The check that the program makes of its cipher when it starts. @module */

import { strictEqual } from "node:assert";
import { type Cipher, loadWasm, noble } from "../../src/transport/aead.ts";
import { DRIVER_SLOTS, MEMORY_LENGTH } from "../../src/transport/layout.ts";
import { agreesWithNoble } from "../../src/transport/self_check.ts";

const pages = MEMORY_LENGTH / 65536;
const wasm = loadWasm(
  new WebAssembly.Memory({ initial: pages, maximum: pages }),
);
const { memory, cipher } = wasm;

Deno.test("agreesWithNoble() takes the WASM cipher, and leaves memory zero", () => {
  strictEqual(agreesWithNoble(memory, cipher), true);
  const { from, to } = DRIVER_SLOTS;
  strictEqual(
    memory.bytes.subarray(from, to).every((byte) => byte === 0),
    true,
  );
});

/** The word of a descriptor that says whether its packet was authentic. */
const AUTHENTIC = 3, LENGTH = 2, PLACE = 1, WORDS = 6;

const faults: Record<string, (cipher: Cipher) => Cipher> = {
  "one bit of one sealed packet": (sound) => ({
    ...sound,
    sealBatch: (descriptors, count) => {
      sound.sealBatch(descriptors, count);
      const last = (descriptors >> 2) + (count - 1) * WORDS;
      memory.bytes[memory.words[last + PLACE]!]! ^= 1;
    },
  }),
  "one tag": (sound) => ({
    ...sound,
    sealBatch: (descriptors, count) => {
      sound.sealBatch(descriptors, count);
      const { words } = memory;
      const first = descriptors >> 2;
      memory.bytes[words[first + PLACE]! + words[first + LENGTH]!]! ^= 128;
    },
  }),
  "a forged packet that is taken": (sound) => ({
    ...sound,
    openBatch: (descriptors, count) => {
      sound.openBatch(descriptors, count);
      memory.words[(descriptors >> 2) + AUTHENTIC] = 1;
    },
  }),
  "nothing done at all": (sound) => ({
    ...sound,
    sealBatch: () => {},
    openBatch: () => {},
  }),
};

for (const [name, damage] of Object.entries(faults)) {
  Deno.test(`agreesWithNoble() refuses a cipher with a fault: ${name}`, () => {
    strictEqual(agreesWithNoble(memory, damage(cipher)), false);
    strictEqual(agreesWithNoble(memory, damage(noble(memory))), false);
  });
}
