/**
 * Everything into the tunnel but the tunnel itself: its datagrams bear a mark, and all others look
 * into a table of its own.
 *
 * ```text
 * mark M, table M, and for each IP family, P the next priority and L the prefix's length:
 *   P-1   table main, but for routes shorter than L    what the machine knows better
 *   P     not marked M: table M                        everything else into the tunnel
 *   …     table main                                   the tunnel's own datagrams
 * ```
 *
 * The rules come before the routes, so that nothing strays into the tunnel that is not to; the
 * firewall comes last. Prefixes of several lengths have a pair of rules for each, so that over
 * both tables the longest prefix wins, as in one. A network of the machine that equals a prefix
 * stays: who dials a peer in the own network reaches that network without it.
 *
 * Where another tunnel's rules stand already, its datagrams are sent the machine's own way: else
 * each of the two would wrap the datagrams of the other for ever.
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import type { InterfaceAddress, Prefix } from "../config/config.ts";
import { formatPrefix } from "../config/prefix.ts";
import { MAIN_TABLE } from "../config/route_table.ts";
import type { Change, RouteChange, RuleChange } from "./change.ts";

/** The sysctl without which datagrams that come back marked are taken for forged (rp_filter). */
export const SOURCE_VALID_MARK = "net.ipv4.conf.all.src_valid_mark";

/** What routes need to know of the machine. */
export interface RoutingFacts {
  /** The mark that the daemon has already, set by a hook; 0 is none. */
  readonly mark: number;
  /** The first table from 51820 on that holds nothing and that no rule names. */
  readonly freeTable: number;
  /** The priority that the next rule gets; each later one gets one less. */
  readonly nextPriority: Readonly<Record<4 | 6, number>>;
  /** Marks of the other tunnels that all else is led into. */
  readonly otherMarks: Readonly<Record<4 | 6, readonly number[]>>;
  /** net.ipv4.conf.all.src_valid_mark: as it is, and as it was before any tunnel; "" where there is none. */
  readonly sourceValidMark: { readonly now: string; readonly before: string };
}

/**
 * The changes that route `prefixes`, the longest first, past the tunnel's own datagrams.
 *
 * @param given the mark that the tunnel has; 0 is none
 */
export function planDiversion(
  given: number,
  prefixes: readonly Prefix[],
  { addresses, facts }: {
    addresses: readonly InterfaceAddress[];
    facts: RoutingFacts;
  },
): Change[] {
  if (prefixes.length === 0) return [];
  const mark = given === 0 ? facts.freeTable : given;
  const changes: Change[] = given === 0 ? [{ kind: "mark", mark }] : [];
  for (const family of [6, 4] as const) {
    const own = prefixes.filter(({ address }) => familyOf(address) === family);
    if (own.length === 0) continue;
    changes.push(
      ...planRules(family, own, mark, facts),
      ...own.map((prefix) => routeTo(prefix, mark)),
      ...(family === 4 ? planSysctl(facts) : []),
      {
        kind: "firewall",
        family,
        mark,
        addresses: addresses
          .filter(({ address }) => familyOf(address) === family)
          .map(({ address }) => formatAddress(address)),
      },
    );
  }
  return changes;
}

/** The pairs of rules, the shortest prefixes' first: each new rule comes before all others. */
function planRules(
  family: 4 | 6,
  prefixes: readonly Prefix[],
  mark: number,
  facts: RoutingFacts,
): RuleChange[] {
  const lengths = prefixes.map(({ length }) => Math.max(length - 1, 0));
  const pairs = [...new Set(lengths)].sort((a, b) => a - b).flatMap(
    (suppressPrefixLength, i) => [
      {
        table: mark,
        mark,
        invert: true,
        ...(i === 0 ? {} : { suppressPrefixLength }),
      },
      { table: MAIN_TABLE, suppressPrefixLength },
    ],
  );
  const others = facts.otherMarks[family]
    .filter((other) => other !== mark)
    .map((other) => ({ table: MAIN_TABLE, mark: other }));
  return [...pairs, ...others].map((rule, i) => ({
    kind: "rule",
    family,
    priority: Math.max(facts.nextPriority[family] - i, 0),
    ...rule,
  }));
}

/** Needed by IPv4 alone; left as it is where it is set, but by a tunnel that would put it back. */
function planSysctl({ sourceValidMark }: RoutingFacts): Change[] {
  const { now, before } = sourceValidMark;
  if (before === "" || before === "1") return [];
  return [{
    kind: "sysctl",
    name: SOURCE_VALID_MARK,
    before,
    value: "1",
    ...(now === "1" ? { held: true } : {}),
  }];
}

/** The route to a prefix. */
export function routeTo(prefix: Prefix, table?: number): RouteChange {
  const text = formatPrefix(prefix);
  return table === undefined
    ? { kind: "route", prefix: text }
    : { kind: "route", prefix: text, table };
}

function familyOf(address: Uint8Array): 4 | 6 {
  return address.length === 4 ? 4 : 6;
}
