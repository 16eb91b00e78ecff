/**
 * What the machine's routes and rules say to a tunnel that needs its own.
 *
 * @module
 */

import { routes } from "../../ffi/route.ts";
import { listRules, type Rule, rules } from "../../ffi/rule.ts";
import { request } from "./control.ts";
import { type RoutingFacts, SOURCE_VALID_MARK } from "./diversion.ts";
import { readSysctl } from "./sysctl.ts";

/** The number that wg-quick(8) begins with. */
const FIRST_TABLE = 51820;

/**
 * Looks up what routes.ts needs.
 *
 * @param mark that the tunnel has already; 0 is none
 * @param ipv6 whether there is IPv6: a kernel without it may not be asked
 */
export function lookUpRouting(mark: number, ipv6: boolean): RoutingFacts {
  const value = readSysctl(SOURCE_VALID_MARK);
  const four = listRules(4);
  const six = ipv6 ? listRules(6) : { rules: [], nextPriority: 0 };
  return {
    mark,
    freeTable: freeTable([...four.rules, ...six.rules], ipv6),
    nextPriority: { 4: four.nextPriority, 6: six.nextPriority },
    otherMarks: { 4: tunnelMarks(four.rules), 6: tunnelMarks(six.rules) },
    sourceValidMark: { now: value, before: value },
  };
}

/** The mark of a daemon's datagrams; 0 where it has none. */
export async function daemonMark(name: string): Promise<number> {
  const answer = await request(name, "get=1\n\n");
  return Number(/^fwmark=(\d+)$/m.exec(answer)?.[1] ?? 0);
}

/** Whether a tunnel for everything is there, whoever made it. */
export function hasTunnelRules(family: 4 | 6): boolean {
  return tunnelMarks(rules(family)).length > 0;
}

/** Marks whose rules lead all other datagrams into a table of the same number: the rules of full tunnels. */
function tunnelMarks(rules: readonly Rule[]): number[] {
  const marks = rules.flatMap(({ mark, invert, table }) =>
    invert && mark !== undefined && mark === table ? [mark] : []
  );
  return [...new Set(marks)];
}

function freeTable(rules: readonly Rule[], ipv6: boolean): number {
  const named = new Set(rules.flatMap(namedBy));
  const which = ipv6 ? {} : { family: 4 } as const;
  let table = FIRST_TABLE;
  while (named.has(table) || routes({ ...which, table }).length > 0) table++;
  return table;
}

function namedBy({ table, mark }: Rule): number[] {
  return mark === undefined ? [table] : [table, mark];
}
