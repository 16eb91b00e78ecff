/**
 * Settings of the kernel, as sysctl(8) names them: files under /proc/sys.
 *
 * @module
 */

import { Failure } from "./failure.ts";

/** The value of a setting; "" where the kernel has none of that name. */
export function readSysctl(name: string): string {
  try {
    return Deno.readTextFileSync(pathOf(name)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Sets a setting. @throws Failure where it may not be set, as in most containers */
export function writeSysctl(name: string, value: string): void {
  try {
    Deno.writeTextFileSync(pathOf(name), value, { create: false });
  } catch (cause) {
    throw new Failure(`cannot set ${name} to ${value}`, {
      hint:
        `it is needed for a tunnel that is the default route; in a container start it with --sysctl ${name}=${value}`,
      cause,
    });
  }
}

function pathOf(name: string): string {
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}
