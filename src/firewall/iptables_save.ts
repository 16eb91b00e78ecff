/**
 * The tables of a family as iptables-save writes them.
 *
 * @module
 */

import { tables } from "../../ffi/nf_tables.ts";
import { saveTable } from "./iptables_list.ts";
import { kernelFamily, lookAt } from "./iptables_look.ts";
import type { Family } from "./iptables_rule.ts";
import { TABLE_NAMES } from "./iptables_tables.ts";

/**
 * Each table that is there, or only `table`, from its `*NAME` to its COMMIT.
 *
 * @throws {SystemError}
 */
export function saveTables(
  family: Family,
  table: string | undefined,
  withCounters: boolean,
): string[] {
  const there = tables(kernelFamily(family)).map(({ name }) => name);
  return TABLE_NAMES
    .filter((name) => there.includes(name))
    .filter((name) => table === undefined || name === table)
    .map((name) => saveTable(lookAt(family, name), withCounters));
}
