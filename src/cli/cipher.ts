/**
 * The hidden command `cipher`: which cipher a tunnel of this program takes on
 * this machine, and whether V8 runs it as it should.
 *
 * ```text
 * cipher: WASM, paired
 * time over the plain build's: 0.61
 * ```
 *
 * @module
 */

import { reportCipher } from "../driver/cipher_report.ts";
import { print, printError } from "./output.ts";

/** Measures and prints. @returns the exit status: 1 where it is not the cipher that it should be */
export function cipher(): number {
  const { name, warning, ratio } = reportCipher();
  print(`cipher: ${name}\ntime over the plain build's: ${ratio.toFixed(2)}\n`);
  if (warning !== undefined) printError(warning);
  return warning === undefined ? 0 : 1;
}
