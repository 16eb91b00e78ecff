/**
 * Running the same once more as root, by sudo(8), as wg-quick(8) does.
 *
 * @module
 */

import { complain } from "./output.ts";
import { programName } from "./names.ts";

const NOT_FOUND = 127;

/**
 * Lets sudo ask for the password and run this program under the name that it has now.
 *
 * @returns the exit status of what sudo ran, or of sudo
 */
export async function runBySudo(words: readonly string[]): Promise<number> {
  const name = programName();
  const prompt =
    `${name} must be run as root. Please enter the password for %u to continue: `;
  // Both get a terminal's Ctrl-C; what was begun is undone there, and waited for here.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  try {
    const { code } = await new Deno.Command("sudo", {
      args: ["-p", prompt, "--", ...itself(), name, ...words],
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    return code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    complain(`${name}: this needs root, and sudo was not found`);
    return NOT_FOUND;
  }
}

/** What starts this program. */
function itself(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  return [Deno.execPath(), "run", "-A", `${import.meta.dirname}/../../main.ts`];
}
