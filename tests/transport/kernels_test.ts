/**
 * The check at start takes every path: with one operation wrong in one kernel,
 * and nothing else, the cipher does not pass it.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import { assemble, MODULES } from "../../.ci/assemble.ts";
import { kernels } from "../../src/transport/aead_kernels.ts";
import { CIPHER_SCRATCH, newPacketMemory } from "../../src/transport/layout.ts";
import { passes } from "../../src/transport/self_check.ts";
import { wasmCipher } from "../../src/transport/wasm_cipher.ts";
import { compile } from "../../src/transport/wasm_module.ts";

const shared = newPacketMemory();

/** Kernels with one operation wrong, the first like `right` in the function `kernel`. */
function faulty(kernel: string, right: string, wrong: string): string {
  const text = kernels("paired");
  const from = text.indexOf(`function ${kernel}(`);
  const at = text.indexOf(right, from);
  const end = text.indexOf("\nexport function", from + 1);
  strictEqual(from >= 0 && at > from && (end < 0 || at < end), true);
  return text.slice(0, at) + wrong + text.slice(at + right.length);
}

const woven = ["blocks8WithPoly10", "blocks8WithPoly20"];
const faults = [
  ...["blocks4", "blocks4OfTwo", "blocks8", ...woven]
    .map((kernel) => [kernel, ".shr_u(x4, 25)", ".shr_u(x4, 24)"]),
  ...[...woven, "polyBlocks"].map((kernel) => [kernel, "h0 * r0", "h0 * r1"]),
  ...["polyEights", "polySquare"]
    .map((kernel) => [kernel, "UP5, ", "UP, "]),
  ["polyEights", "(hx5, eight_r0", "(hx5, eight_r1"],
  ["polyEights", "i32x4.shr_u(aWord3, 14)", "i32x4.shr_u(aWord3, 15)"],
  ["polyLength", "h2 += length", "h1 += length"],
] as [string, string, string][];

for (const [kernel, right, wrong] of faults) {
  Deno.test(`passes() refuses a cipher whose ${kernel} has ${wrong} for ${right}`, async () => {
    const module = MODULES.find(({ constant }) => constant === "AEAD_MODULE")!;
    const written = { "aead_kernels.as.ts": faulty(kernel, right, wrong) };
    const binary = await assemble({ ...module, written });
    const compiled = compile(binary.toBase64(), shared);
    const broken = wasmCipher(compiled, shared, CIPHER_SCRATCH, kernel);
    strictEqual(passes(broken.memory, broken.cipher), false);
  });
}
