/**
 * The programs that are compared, each called as its own documents say, at both ends of its tunnel.
 *
 * All stay in the foreground, make the interface and serve /var/run/wireguard/INTERFACE.sock for stock wg. gotatun is
 * installed here and not with the other peers: no test needs it, and building it takes minutes.
 *
 * @module
 */

import { cached, cacheFolder, exists, hasProgram } from "../interop/install.ts";
import { run } from "../interop/process.ts";
import { CAKTUS } from "../program.ts";

/** The version of gotatun-cli. */
export const GOTATUN = "0.10.2";

/** The names in the order of the table; the first is the subject. */
export const NAMES = ["caktus", "wireguard-go", "boringtun", "gotatun"];

/** The command line that makes an interface. @throws Error where the program is not installed */
export function commandFor(name: string, link: string): string[] {
  if (name === "caktus") return [...CAKTUS, "daemon", link];
  if (name === "wireguard-go") return [there(name, cached(name)), "-f", link];
  const path = name === "boringtun"
    ? there(name, cached(name))
    : there(name, exists(gotatunPath()) ? gotatunPath() : undefined);
  return [path, "--foreground", "--disable-drop-privileges", link];
}

/** Builds gotatun-cli where it is missing. @returns why it cannot be had, or undefined */
export async function installGotatun(): Promise<string | undefined> {
  if (exists(gotatunPath())) return undefined;
  if (!hasProgram("cargo")) return "needs Rust (the program cargo)";
  console.error(`installing gotatun-cli ${GOTATUN} with cargo install`);
  const root = gotatunPath().replace(/\/bin\/gotatun-cli$/, "");
  const command = ["cargo", "install", "--quiet", "--locked", "--root", root];
  const result = await run([...command, `gotatun-cli@${GOTATUN}`], {
    timeout: 900_000,
  });
  return result.code === 0
    ? undefined
    : `cargo install failed: ${result.stderr.trim().split("\n").at(-1)}`;
}

function gotatunPath(): string {
  return `${cacheFolder()}/gotatun-${GOTATUN}/bin/gotatun-cli`;
}

function there(name: string, path: string | undefined): string {
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}
