/**
 * Programs that Caktus lends to hooks.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import {
  HOOK_PROGRAMS,
  provideHookPrograms,
  removeHookPrograms,
} from "../../src/quick/hook_programs.ts";

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

Deno.test("provideHookPrograms() makes nothing where nothing is missing", () => {
  const folder = Deno.makeTempDirSync();
  strictEqual(provideHookPrograms("wg0", () => true, folder), undefined);
  deepStrictEqual(namesIn(folder), []);
  Deno.removeSync(folder);
});

Deno.test("provideHookPrograms() makes what is missing, as often as it is asked", () => {
  const folder = Deno.makeTempDirSync();
  const has = (program: string) => !program.startsWith("ip");
  for (let i = 0; i < 2; i++) {
    const place = provideHookPrograms("wg0", has, folder);
    strictEqual(place, `${folder}/wg0.bin`);
    const missing = HOOK_PROGRAMS.filter((program) => !has(program));
    deepStrictEqual(namesIn(place), [...missing].sort());
  }
  removeHookPrograms("wg0", folder);
  removeHookPrograms("wg0", folder);
  deepStrictEqual(namesIn(folder), []);
  Deno.removeSync(folder);
});

Deno.test("provideHookPrograms() gives none where it cannot write", () => {
  strictEqual(
    provideHookPrograms("wg0", () => false, "/proc/nowhere"),
    undefined,
  );
});
