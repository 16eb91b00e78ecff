/**
 * The names that this machine has for its routing tables, where iproute2 looks for them.
 *
 * ```text
 * /usr/share/iproute2/rt_tables, …/rt_tables.d/*.conf   what the distribution ships
 * /etc/iproute2/rt_tables,       …/rt_tables.d/*.conf   what the administrator wrote, which wins
 * ```
 *
 * @module
 */

import { parseTableNames } from "../config/route_table.ts";

const FOLDERS = ["/usr/lib/iproute2", "/usr/share/iproute2", "/etc/iproute2"];

/** The number of a table by its name; undefined where no file has it. */
export function routeTable(
  name: string,
  folders: readonly string[] = FOLDERS,
): number | undefined {
  return folders.flatMap(filesOf).map((file) =>
    parseTableNames(textOf(file)).get(name)
  ).findLast((number) => number !== undefined);
}

function filesOf(folder: string): string[] {
  const more = `${folder}/rt_tables.d`;
  const names = entriesOf(more).filter((name) => name.endsWith(".conf"));
  return [
    `${folder}/rt_tables`,
    ...names.sort().map((name) => `${more}/${name}`),
  ];
}

function entriesOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return []; // Most machines have no such folder.
  }
}

function textOf(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}
