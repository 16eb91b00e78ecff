/** The check that the program makes of its cipher when it starts. @module */

import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert";
import { type Cipher, loadWasm, noble } from "../../src/transport/aead.ts";
import type { Build } from "../../src/transport/aead_kernels.ts";
import {
  CIPHER_SCRATCH,
  DRIVER_SLOTS,
  newPacketMemory,
} from "../../src/transport/layout.ts";
import type { PacketMemory } from "../../src/transport/memory.ts";
import { chooseCipher, passes } from "../../src/transport/self_check.ts";

const shared = newPacketMemory();
const wasm = loadWasm(shared);
const { memory, cipher } = wasm;

const sound = [
  cipher,
  loadWasm(shared, CIPHER_SCRATCH, "plain").cipher,
  noble(memory),
];
for (const cipher of sound) {
  Deno.test(`passes() takes ${cipher.name}, and leaves memory zero`, () => {
    strictEqual(passes(memory, cipher), true);
    const { from, to } = DRIVER_SLOTS;
    const used = memory.bytes.subarray(from, to).some((byte) => byte !== 0);
    strictEqual(used, false);
  });
}

/** The word of a descriptor that says whether its packet was authentic. */
const AUTHENTIC = 3, LENGTH = 2, PLACE = 1, WORDS = 6;

const faults: Record<string, (memory: PacketMemory, cipher: Cipher) => Cipher> =
  {
    "one bit of one sealed packet": ({ bytes, words }, sound) => ({
      ...sound,
      sealBatch: (descriptors, count) => {
        sound.sealBatch(descriptors, count);
        const last = (descriptors >> 2) + (count - 1) * WORDS;
        bytes[words[last + PLACE]!]! ^= 1;
      },
    }),
    "one tag": ({ bytes, words }, sound) => ({
      ...sound,
      sealBatch: (descriptors, count) => {
        sound.sealBatch(descriptors, count);
        const first = descriptors >> 2;
        bytes[words[first + PLACE]! + words[first + LENGTH]!]! ^= 128;
      },
    }),
    "a byte behind a packet": ({ bytes, words }, sound) => ({
      ...sound,
      sealBatch: (descriptors, count) => {
        sound.sealBatch(descriptors, count);
        const first = descriptors >> 2;
        bytes[words[first + PLACE]! + words[first + LENGTH]! + 16] = 1;
      },
    }),
    "a forged packet that is taken": ({ words }, sound) => ({
      ...sound,
      openBatch: (descriptors, count) => {
        sound.openBatch(descriptors, count);
        words[(descriptors >> 2) + AUTHENTIC] = 1;
      },
    }),
    "nothing done at all": (_, sound) => ({
      ...sound,
      sealBatch: () => {},
      openBatch: () => {},
    }),
    "a trap": (_, sound) => ({
      ...sound,
      openBatch: () => {
        throw new WebAssembly.RuntimeError("unreachable");
      },
    }),
  };

for (const [name, damage] of Object.entries(faults)) {
  Deno.test(`passes() refuses a cipher with a fault: ${name}`, () => {
    strictEqual(passes(memory, damage(memory, cipher)), false);
    strictEqual(passes(memory, damage(memory, noble(memory))), false);
  });
}

/** `loadWasm`, whose builds in `broken` do not work. */
function loading(broken: Partial<Record<Build, "faulty" | "refused">>) {
  return ((shared, scratch, build = "paired") => {
    if (broken[build] === "refused") {
      throw new WebAssembly.CompileError("no SIMD");
    }
    const wasm = loadWasm(shared, scratch, build);
    if (broken[build] === undefined) return wasm;
    const cipher = faults["one tag"]!(wasm.memory, wasm.cipher);
    return { ...wasm, cipher };
  }) as typeof loadWasm;
}

Deno.test("chooseCipher() takes the paired build where it works, without a word", () => {
  const { cipher, module, warning } = chooseCipher(newPacketMemory());
  deepStrictEqual([cipher.name, warning], ["WASM, paired", undefined]);
  ok(module instanceof WebAssembly.Module);
});

Deno.test("chooseCipher() falls back to the plain build, then to noble, and warns", () => {
  for (const fault of ["faulty", "refused"] as const) {
    const plain = chooseCipher(
      newPacketMemory(),
      CIPHER_SCRATCH,
      loading({ paired: fault }),
    );
    strictEqual(plain.cipher.name, "WASM, plain");
    ok(plain.module instanceof WebAssembly.Module);
    match(plain.warning!, /going on with the plain one/);
    const last = chooseCipher(
      newPacketMemory(),
      CIPHER_SCRATCH,
      loading({ paired: fault, plain: fault }),
    );
    deepStrictEqual([last.cipher.name, last.module], ["noble", undefined]);
    match(last.warning!, /going on with the one in JavaScript/);
    strictEqual(passes(last.memory, last.cipher), true);
  }
});

Deno.test("chooseCipher() hides no other failure", () => {
  const load = () => {
    throw new TypeError("of another kind");
  };
  throws(
    () => chooseCipher(newPacketMemory(), CIPHER_SCRATCH, load),
    TypeError,
  );
});
