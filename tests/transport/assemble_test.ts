/** The committed WASM module is what its source assembles to. @module */

import { strictEqual } from "node:assert";
import { assemble, moduleText } from "../../.ci/assemble.ts";

Deno.test("aead_module.ts is what aead.as.ts assembles to", async () => {
  const committed = await Deno.readTextFile(
    new URL("../../src/transport/aead_module.ts", import.meta.url),
  );
  strictEqual(moduleText(await assemble()), committed);
});
