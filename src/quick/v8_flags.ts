/**
 * What V8 is started with, wherever Caktus is: compiled into the binary
 * (.ci/compile.ts), and from source given to the daemon (daemon.ts) and by the
 * tests.
 *
 * | flag                              | what for                                                 |
 * |-----------------------------------|----------------------------------------------------------|
 * | `--experimental-wasm-revectorize` | pairs the cipher's 128-bit operations to 256-bit ones    |
 * | `--no-liftoff`                    | compiles it as it will stay, not first as it need not be |
 * | `--invocation-count-for-…` and so | compiles the packets' path after hundreds of packets,    |
 * |                                   | not thousands, of which a quiet tunnel has few           |
 *
 * `caktus cipher` measures that they are on. A flag that V8 does not know stops
 * the program at its start.
 *
 * @module
 */

const FLAGS = [
  "--experimental-wasm-revectorize",
  "--no-liftoff",
  "--invocation-count-for-feedback-allocation=2",
  "--invocation-count-for-maglev=30",
  "--invocation-count-for-turbofan=300",
  "--minimum-invocations-after-ic-update=20",
];

/** The flags as `deno run`, `deno test` and `deno compile` take them. */
export const V8_OPTION = `--v8-flags=${FLAGS.join(",")}`;
