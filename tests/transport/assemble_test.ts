/** The committed WASM modules are what their sources assemble to. @module */

import { deepStrictEqual, strictEqual } from "node:assert";
import { assemble, MODULES, moduleText } from "../../.ci/assemble.ts";
import { moduleBytes } from "../../src/transport/wasm_module.ts";

for (const module of MODULES) {
  Deno.test(`${module.target} is what ${module.source} assembles to`, async () => {
    const committed = await Deno.readTextFile(
      new URL(`../../${module.target}`, import.meta.url),
    );
    const binary = await assemble(module);
    strictEqual(moduleText(module, binary), committed);
    const forShared = moduleBytes(binary.toBase64(), true);
    deepStrictEqual(forShared, await assemble(module, true));
    deepStrictEqual(moduleBytes(binary.toBase64(), false), binary);
  });
}
