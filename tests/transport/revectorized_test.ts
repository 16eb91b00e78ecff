/**
 * V8's flags matter to the cipher, and under them every test of the cipher
 * passes too. The flags belong to a process, so each of these tests starts some
 * of its own. That the program has them is for tests/cli/hidden_test.ts, for
 * the compiled one too.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert";
import { SOURCE } from "../program.ts";
import { BORDER, measures, outputOf, pairingObstacle } from "./pairing.ts";

const folder = new URL("./", import.meta.url).pathname;
const flags = SOURCE.filter((word) => word.startsWith("--v8-flags="));

const reason = pairingObstacle();
Deno.test({
  name: `without the program's flags V8 pairs no vectors${
    reason === undefined ? "" : `: left out, ${reason}`
  }`,
  ignore: reason !== undefined,
  fn: async () => {
    strictEqual(flags.length, 1);
    const without = SOURCE.filter((word) => !flags.includes(word));
    ok(await measures(without, (ratio) => ratio > BORDER));
  },
});

Deno.test("the cipher passes its tests under the program's flags", async () => {
  const files = ["aead", "aead_reference", "vectors", "self_check", "lanes"];
  const text = await outputOf([
    ...[Deno.execPath(), "test", "--allow-all", "--no-check", ...flags],
    ...files.map((name) => `${folder}${name}_test.ts`),
  ]);
  ok(/ok \| \d\d passed \| 0 failed/.test(text), text);
});

Deno.test("the cipher is the same where a product and a sum are rounded one by one", async () => {
  const text = await outputOf([
    ...[Deno.execPath(), "test", "--allow-all", "--no-check"],
    ...["--v8-flags=--no-enable-fma3", `${folder}aead_reference_test.ts`],
  ]);
  ok(/ok \| \d passed \| 0 failed/.test(text), text);
});
