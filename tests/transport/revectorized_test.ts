/**
 * The cipher as the running program has it: V8's flags are on, and under them
 * every test of the cipher passes too. The flags belong to a process, so each
 * of these tests starts one of its own.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert";
import { DENO } from "../program.ts";

const folder = new URL("./", import.meta.url).pathname;
const flags = DENO.filter((word) => word.startsWith("--v8-flags="));
/** Between what is measured with vectors paired, 0.6, and without, 1. */
const BORDER = 0.8;
const ATTEMPTS = 5;

async function output(words: readonly string[]): Promise<string> {
  const command = new Deno.Command(words[0]!, {
    args: words.slice(1),
    env: { NO_COLOR: "1" },
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  ok(success, text + decoder.decode(stderr));
  return text;
}

/** Whether in one of a few processes, on a machine that may be busy, the ratio is on `side` of the border. */
async function measures(
  words: readonly string[],
  side: (ratio: number) => boolean,
): Promise<boolean> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const ratio = Number(await output([...words, `${folder}pairing.ts`]));
    ok(ratio > 0, `${ratio}`);
    if (side(ratio)) return true;
  }
  return false;
}

/** Why vectors cannot be paired here; `undefined` where they can. */
function obstacle(): string | undefined {
  if (Deno.build.arch !== "x86_64") {
    return `V8 pairs none on ${Deno.build.arch}`;
  }
  const cpu = Deno.readTextFileSync("/proc/cpuinfo");
  return /\bavx2\b/.test(cpu) ? undefined : "this processor has no AVX2";
}

const reason = obstacle();
Deno.test({
  name: `the program's flags make V8 pair the cipher's vectors${
    reason === undefined ? "" : `: left out, ${reason}`
  }`,
  ignore: reason !== undefined,
  fn: async () => {
    strictEqual(flags.length, 1);
    ok(await measures(DENO, (ratio) => ratio < BORDER), "with the flags");
    const without = DENO.filter((word) => !flags.includes(word));
    ok(await measures(without, (ratio) => ratio > BORDER), "without them");
  },
});

Deno.test("the cipher passes its tests under the program's flags", async () => {
  const files = ["aead", "aead_reference", "vectors", "self_check", "lanes"];
  const text = await output([
    ...[Deno.execPath(), "test", "--allow-all", "--no-check", ...flags],
    ...files.map((name) => `${folder}${name}_test.ts`),
  ]);
  ok(/ok \| \d\d passed \| 0 failed/.test(text), text);
});
