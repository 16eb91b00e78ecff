/**
 * Asks Caktus, by its hidden command `cipher`, whether V8 pairs the vectors of
 * its cipher.
 *
 * @module
 */

import { ok } from "node:assert";

/** Between the ratio that is measured with vectors paired, 0.6, and without, 1. */
export const BORDER = 0.8;
/** Processes of which one has to be on the right side, on a machine that may be busy. */
const ATTEMPTS = 5;

/** Runs a command to its end. @returns its standard output @throws AssertionError with all it said where it fails */
export async function outputOf(words: readonly string[]): Promise<string> {
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

/** Whether the ratio that `caktus cipher` measures is on `side` of the border. */
export async function measures(
  caktus: readonly string[],
  side: (ratio: number) => boolean,
): Promise<boolean> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const text = await outputOf([...caktus, "cipher"]);
    ok(text.startsWith("cipher: WASM, paired\n"), text);
    const ratio = Number(/build's: (.*)/.exec(text)?.[1]);
    ok(ratio > 0, text);
    if (side(ratio)) return true;
  }
  return false;
}

/** Why vectors cannot be paired here; `undefined` where they can. */
export function pairingObstacle(): string | undefined {
  if (Deno.build.arch !== "x86_64") {
    return `V8 pairs none on ${Deno.build.arch}`;
  }
  const cpu = Deno.readTextFileSync("/proc/cpuinfo");
  return /\bavx2\b/.test(cpu) ? undefined : "this processor has no AVX2";
}
