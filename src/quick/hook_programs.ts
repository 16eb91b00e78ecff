/**
 * Programs that hooks call and the machine may lack: Caktus itself, under their names.
 *
 * ```text
 * /run/caktus/wg0.bin/iptables  ─▶  /usr/local/bin/caktus      the binary knows what it is called as
 * /run/caktus/wg0.bin/sysctl    =   exec deno run … main.ts sysctl "$@"     from source
 * ```
 *
 * Only names that the machine has not are in the folder, and it stands last in the
 * hooks' PATH: what the machine has is what they get. It goes with the interface.
 *
 * @module
 */

import { RUNTIME_FOLDER } from "./state.ts";

/** What Caktus can be called as, for hooks (cli/names.ts). */
export const HOOK_PROGRAMS = [
  "iptables",
  "ip6tables",
  "iptables-save",
  "ip6tables-save",
  "sysctl",
  "wg",
  "wg-quick",
] as const;

/**
 * Makes the folder for the hooks of an interface, with what is missing.
 *
 * @param has whether hooks find a program without it
 * @returns its path; undefined where nothing is missing, or it cannot be made
 */
export function provideHookPrograms(
  name: string,
  has: (program: string) => boolean,
  folder = RUNTIME_FOLDER,
): string | undefined {
  const missing = HOOK_PROGRAMS.filter((program) => !has(program));
  if (missing.length === 0) return undefined;
  const place = placeOf(name, folder);
  try {
    Deno.mkdirSync(place, { recursive: true, mode: 0o755 });
    for (const program of missing) putProgram(`${place}/${program}`, program);
    return place;
  } catch {
    // A hook that needs none of them works all the same; one that does says what it misses.
    return undefined;
  }
}

/** Removes the folder of an interface that is down. */
export function removeHookPrograms(
  name: string,
  folder = RUNTIME_FOLDER,
): void {
  try {
    Deno.removeSync(placeOf(name, folder), { recursive: true });
  } catch {
    // There was none.
  }
}

function placeOf(name: string, folder: string): string {
  return `${folder}/${name}.bin`;
}

/** Put in place as a whole: a hook that runs in the background may be calling it. */
function putProgram(path: string, program: string): void {
  const next = `${path}.new`;
  if (isThere(next)) Deno.removeSync(next);
  if (Deno.build.standalone) {
    Deno.symlinkSync(ownPath(), next);
  } else {
    Deno.writeTextFileSync(next, wrapper(program), { mode: 0o755 });
  }
  Deno.renameSync(next, path);
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The kernel says so of a program that was replaced by a newer one since it started. */
function ownPath(): string {
  return Deno.execPath().replace(/ \(deleted\)$/, "");
}

function wrapper(program: string): string {
  const main = `${import.meta.dirname}/../../main.ts`;
  const command = [Deno.execPath(), "run", "--allow-all", "--quiet", main];
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return `#!/bin/sh\nexec ${quoted.join(" ")} ${program} "$@"\n`;
}
