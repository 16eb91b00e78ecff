/**
 * What the program says: results on standard output, everything else on standard error.
 *
 * ```text
 * [#] ip link set mtu 1420 up dev wg0     a step that is made
 * caktus: warning: …                      works, but is likely not meant
 * caktus: …                               an error: lower-case, no period
 *   take it down first: caktus down wg0   the way out, on its own line
 * ```
 *
 * A reader that goes away (`caktus show | head -1`) is no error.
 *
 * @module
 */

import { encodeText } from "../config/conf_text.ts";
import { Failure, messageOf } from "../quick/failure.ts";
import type { Report } from "../quick/machine.ts";
import { programName } from "./names.ts";

/** Writes text to standard output. */
export function print(text: string): void {
  writeFully(Deno.stdout, new TextEncoder().encode(text));
}

/** Writes bytes to standard output. */
export function printBytes(bytes: Uint8Array): void {
  writeFully(Deno.stdout, bytes);
}

/** Writes a line to standard error as it is. */
export function complain(line: string): void {
  writeFully(Deno.stderr, encodeText(`${line}\n`));
}

/** Writes an error and the way out. */
export function printError(message: string, hint = ""): void {
  complain(`${programName()}: ${message}`);
  printHint(hint);
}

/** Writes what was thrown, and returns the exit status that it means. */
export function report(error: unknown): number {
  if (error instanceof Failure) {
    printError(error.message, error.hint);
    return error.status;
  }
  printError(messageOf(error));
  return 1;
}

/** The steps and warnings of `up` and `down` on standard error. */
export const terminalReport: Report = {
  step: (command) => complain(`[#] ${command}`),
  warn: (text, hint = "") => {
    complain(`${programName()}: warning: ${text}`);
    printHint(hint);
  },
};

/** Writes the way out below an error, each line indented. */
export function printHint(hint: string): void {
  for (const line of hint.split("\n")) if (line !== "") complain(`  ${line}`);
}

function writeFully(
  to: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  try {
    for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
