/**
 * Runs iptables-legacy, where the machine has that and no nf_tables.
 *
 * Starts programs.
 *
 * @module
 */

import { FirewallError } from "./firewall_error.ts";
import { findLegacy } from "./legacy.ts";
import { legacyDeletions } from "./legacy_rules.ts";

/** Where the programs are, besides PATH, which a service may have short. */
const MORE_FOLDERS = ["/usr/sbin", "/sbin"];

/** The tables in which a tunnel may have rules. */
const OWN_TABLES = ["raw", "mangle"];

/** Whether the program that adds rules is installed for all these families. */
export function hasLegacyProgram(families: readonly (4 | 6)[]): boolean {
  return families.every((family) => programOf(family, "restore"));
}

/**
 * Puts rules in, in the place of those that bear the same comment.
 *
 * @param text of a family, for `iptables-restore`
 * @throws {FirewallError} with what the program says; then none of them is left
 */
export function replaceLegacy(
  families: readonly (4 | 6)[],
  text: (family: 4 | 6) => string,
  comment: string,
): void {
  removeLegacy(comment);
  try {
    for (const family of families) restore(family, text(family));
  } catch (error) {
    removeLegacy(comment);
    throw error;
  }
}

/** Removes the rules that bear the comment. @returns whether there were any @throws {FirewallError} */
export function removeLegacy(comment: string): boolean {
  const { ip = [], ip6 = [] } = findLegacy() ?? {};
  const used = ([[4, ip], [6, ip6]] as const).filter(([, tables]) =>
    OWN_TABLES.some((table) => tables.includes(table))
  );
  let found = false;
  for (const [family] of used) {
    const deletions = legacyDeletions(save(family), comment);
    if (deletions === undefined) continue;
    restore(family, deletions);
    found = true;
  }
  return found;
}

/** A table's rules are taken as a whole or not at all. */
function restore(family: 4 | 6, text: string): void {
  const program = programOf(family, "restore") ?? "iptables-restore";
  const command = 'printf %s "$1" | "$2" --noflush';
  const { success, stderr } = run("sh", "-c", command, "sh", text, program);
  if (success) return;
  throw new FirewallError(`${program}: ${stderr.trim() || "it failed"}`, "");
}

function save(family: 4 | 6): string {
  const program = programOf(family, "save");
  return program === undefined ? "" : run(program).stdout;
}

/** The path of a program; the plain name may be that of iptables-nft where both are installed. */
function programOf(family: 4 | 6, work: "save" | "restore") {
  const program = family === 4 ? "iptables" : "ip6tables";
  // None that depends on the folder in which caktus was called.
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((path) =>
    path.startsWith("/")
  );
  const paths = [`${program}-legacy-${work}`, `${program}-${work}`].flatMap(
    (name) =>
      [...folders, ...MORE_FOLDERS].map((folder) => `${folder}/${name}`),
  );
  return paths.find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function run(program: string, ...args: string[]) {
  const { success, stdout, stderr } = new Deno.Command(program, {
    args,
    env: { LC_ALL: "C" },
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  return {
    success,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
