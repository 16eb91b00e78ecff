/**
 * Which Caktus the tests run: the source, or with CAKTUS_TEST_PROGRAM=binary
 * what `deno task compile` made of it.
 *
 * @module
 */

const root = new URL("../", import.meta.url).pathname;

/** The command line that comes before Caktus's own words. */
export const CAKTUS: readonly string[] = chosen();

/** The process's name as the kernel cuts it, at 15 bytes. */
export const PROCESS_NAME = CAKTUS[0]!.split("/").at(-1)!.slice(0, 15);

function chosen(): string[] {
  const which = Deno.env.get("CAKTUS_TEST_PROGRAM") ?? "source";
  switch (which) {
    case "source":
      return [
        ...[Deno.execPath(), "run", "--allow-all", "--quiet"],
        // What the binary has built in.
        "--v8-flags=--experimental-wasm-revectorize,--no-liftoff",
        `${root}main.ts`,
      ];
    case "binary":
      return [`${root}dist/caktus-linux-x64`];
  }
  throw new RangeError(
    `CAKTUS_TEST_PROGRAM is ${which}, must be source or binary`,
  );
}
