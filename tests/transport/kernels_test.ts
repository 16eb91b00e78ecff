/**
 * The check at start takes every path: with one rotation wrong in one kernel,
 * and nothing else, the cipher does not pass it.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import { assemble, MODULES } from "../../.ci/assemble.ts";
import { type Build, kernels } from "../../src/transport/aead_kernels.ts";
import { CIPHER_SCRATCH, newPacketMemory } from "../../src/transport/layout.ts";
import { passes } from "../../src/transport/self_check.ts";
import { wasmCipher } from "../../src/transport/wasm_cipher.ts";
import { compile } from "../../src/transport/wasm_module.ts";

const shared = newPacketMemory();

/** Kernels with a wrong rotation in the last quarter round of one of them. */
function faulty(build: Build, kernel: string): string {
  const text = kernels(build);
  const from = text.indexOf(`function ${kernel}(`);
  const loop = text.indexOf("for (let i = 0; i < 10; i++)", from);
  const end = text.indexOf("), 7)", text.indexOf("x14 = rotate", loop));
  strictEqual(from >= 0 && loop > from && end > loop, true);
  return text.slice(0, end) + "), 6)" + text.slice(end + "), 7)".length);
}

for (
  const kernel of [
    ...["blocks4", "blocks4WithPoly10", "blocks4OfTwo", "blocks8"],
    ...["blocks8WithPoly10", "blocks8WithPoly20"],
  ]
) {
  Deno.test(`passes() refuses a cipher whose ${kernel} is wrong`, async () => {
    const module = MODULES.find(({ constant }) => constant === "AEAD_MODULE")!;
    const written = { "aead_kernels.as.ts": faulty("paired", kernel) };
    const binary = await assemble({ ...module, written });
    const compiled = compile(binary.toBase64(), shared);
    const wrong = wasmCipher(compiled, shared, CIPHER_SCRATCH, kernel);
    strictEqual(passes(wrong.memory, wrong.cipher), false);
  });
}
