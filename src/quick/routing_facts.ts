/**
 * What the machine's routes and rules say to a tunnel that needs its own.
 *
 * @module
 */

import { routes } from "../../ffi/route.ts";
import { nextPriority, type Rule, rules } from "../../ffi/rule.ts";
import { request } from "./control.ts";
import { type RoutingFacts, SOURCE_VALID_MARK } from "./routes.ts";
import { readSysctl } from "./sysctl.ts";

/** The number that wg-quick(8) begins with. */
const FIRST_TABLE = 51820;

/**
 * Looks up what routes.ts needs.
 *
 * @param mark that the tunnel has already; 0 is none
 */
export function lookUpRouting(mark: number): RoutingFacts {
  const value = readSysctl(SOURCE_VALID_MARK);
  return {
    mark,
    freeTable: freeTable(),
    nextPriority: { 4: nextPriority(4), 6: nextPriority(6) },
    otherMarks: { 4: tunnelsByRules(4), 6: tunnelsByRules(6) },
    sourceValidMark: { now: value, before: value },
  };
}

/** The mark of a daemon's datagrams; 0 where it has none. */
export async function daemonMark(name: string): Promise<number> {
  const answer = await request(name, "get=1\n\n");
  return Number(/^fwmark=(\d+)$/m.exec(answer)?.[1] ?? 0);
}

/** Marks whose rules lead all other datagrams into a table of the same number: the rules of full tunnels. */
export function tunnelsByRules(family: 4 | 6): number[] {
  return rules(family).flatMap(({ mark, invert, table }) =>
    invert && mark !== undefined && mark === table ? [mark] : []
  );
}

function freeTable(): number {
  const named = new Set(rules().flatMap(namedBy));
  let table = FIRST_TABLE;
  while (named.has(table) || routes({ table }).length > 0) table++;
  return table;
}

function namedBy({ table, mark }: Rule): number[] {
  return mark === undefined ? [table] : [table, mark];
}
