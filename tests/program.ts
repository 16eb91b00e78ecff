/**
 * Which Caktus the tests run: the source, or with CAKTUS_TEST_PROGRAM=binary
 * what `deno task compile` made of it.
 *
 * @module
 */

import { V8_OPTION } from "../src/quick/v8_flags.ts";

const root = new URL("../", import.meta.url).pathname;

/** Deno's command line before the path of a program, with what the binary has built in. */
export const DENO: readonly string[] = [
  ...[Deno.execPath(), "run", "--allow-all", "--quiet"],
  V8_OPTION,
];

/** Caktus from source. */
export const SOURCE: readonly string[] = [...DENO, `${root}main.ts`];

/** Caktus as `deno task compile` made it. */
export const BINARY: readonly string[] = [`${root}dist/caktus-linux-x64`];

/** The command line that comes before Caktus's own words. */
export const CAKTUS: readonly string[] = chosen();

/** The process's name as the kernel cuts it, at 15 bytes. */
export const PROCESS_NAME = CAKTUS[0]!.split("/").at(-1)!.slice(0, 15);

function chosen(): readonly string[] {
  const which = Deno.env.get("CAKTUS_TEST_PROGRAM") ?? "source";
  if (which === "source") return SOURCE;
  if (which === "binary") return BINARY;
  throw new RangeError(
    `CAKTUS_TEST_PROGRAM is ${which}, must be source or binary`,
  );
}
