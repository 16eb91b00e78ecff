/**
 * Routes that follow from AllowedIPs, and the rules that go with them.
 *
 * ```text
 * Table = off      none
 * Table = N        each prefix, in table N
 * Table = auto     in the main table, but for what a network of the interface's addresses covers
 *                  and for prefixes that could lead the tunnel into itself (full_tunnel.ts)
 *
 * for those        mark M, table M, and per IP family, with L the shortest prefix's length:
 *   M-2   table main, but no route as short as L, or shorter    a longer prefix is nearer
 *   M-1   not marked M: table M                                 everything else into the tunnel
 *   …     table main                                            the tunnel's own datagrams
 * ```
 *
 * The rules come before the routes, so that nothing strays into the tunnel which is not to; the
 * firewall comes last. Prefixes of several lengths have a pair of rules for each, so that over
 * both tables the longest prefix wins, as in one. A network of the machine that equals a prefix
 * stays: who dials a peer of the own network reaches that network without it.
 *
 * Where another tunnel's rules stand already, its datagrams are sent the machine's own way: else
 * each of the two would wrap the datagrams of the other for ever.
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import type { Config, InterfaceAddress, Prefix } from "../config/config.ts";
import { holdsOwnDatagrams } from "../config/full_tunnel.ts";
import { formatPrefix, maskPrefix, prefixContains } from "../config/prefix.ts";
import { MAIN_TABLE } from "../config/route_table.ts";
import type { AddressChange, Change, RuleChange } from "./change.ts";

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

/** What of the machine bears on the routes of one tunnel. */
interface Ground {
  readonly addresses: readonly InterfaceAddress[];
  /** Where the peers are, 4 or 16 bytes. */
  readonly endpoints: readonly Uint8Array[];
  readonly facts: RoutingFacts;
}

/** The addresses of the interface, as the kernel is to have them. */
export function planAddresses(
  config: Config,
  { addresses, endpoints }: Omit<Ground, "facts">,
): AddressChange[] {
  return addresses.map((one) => ({
    kind: "address",
    address: formatPrefix(one),
    ...(isDiverted(networkOf(one), config, endpoints) && bringsRoute(one)
      ? { noPrefixRoute: true }
      : {}),
  }));
}

/** The changes that lead `prefixes` into the tunnel, in the order of wg-quick(8). */
export function planRoutes(
  config: Config,
  prefixes: readonly Prefix[],
  ground: Ground,
): Change[] {
  const { table } = config.interface;
  if (table === "off") return [];
  const sorted = longestFirst(prefixes);
  if (table !== undefined) {
    const { number, name } = table;
    const named = name === String(number) ? {} : { tableName: name };
    return sorted.map((prefix) => ({
      ...routeTo(prefix, number),
      ...named,
    }));
  }
  const networks = ground.addresses.filter(bringsRoute).map(networkOf);
  const diverted = (prefix: Prefix) =>
    isDiverted(prefix, config, ground.endpoints);
  const kept = networks.filter((network) => !diverted(network));
  const plain = sorted
    .filter((prefix) => !diverted(prefix) && !isCovered(prefix, kept))
    .map((prefix) => routeTo(prefix));
  const own = unique([...sorted, ...networks].filter(diverted));
  return [...plain, ...planDiversion(config, longestFirst(own), ground)];
}

/** Whether a prefix has to be routed in a table of the tunnel's own. */
function isDiverted(
  prefix: Prefix,
  { interface: { table } }: Config,
  endpoints: readonly Uint8Array[],
): boolean {
  return table === undefined && holdsOwnDatagrams(prefix, endpoints);
}

function planDiversion(
  config: Config,
  prefixes: readonly Prefix[],
  { addresses, facts }: Ground,
): Change[] {
  if (prefixes.length === 0) return [];
  const given = config.interface.fwmark ?? facts.mark;
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

function routeTo(prefix: Prefix, table?: number): Change {
  const text = formatPrefix(prefix);
  return table === undefined
    ? { kind: "route", prefix: text }
    : { kind: "route", prefix: text, table };
}

function isCovered(prefix: Prefix, networks: readonly Prefix[]): boolean {
  return networks.some((network) =>
    network.length <= prefix.length && prefixContains(network, prefix.address)
  );
}

function networkOf({ address, length }: InterfaceAddress): Prefix {
  return maskPrefix(address, length);
}

/** The kernel adds a network's route along with the address, but for a lone IPv4 address and for 0.0.0.0. */
function bringsRoute({ address, length }: InterfaceAddress): boolean {
  const { address: network } = maskPrefix(address, length);
  if (address.length === 16) return true;
  return length < 32 && network[0] !== 0;
}

/** As `sort -nr -k 2 -t /` does, by which wg-quick(8) has its order. */
function longestFirst(prefixes: readonly Prefix[]): Prefix[] {
  return prefixes
    .map((prefix) => ({ prefix, text: formatPrefix(prefix) }))
    .sort((a, b) =>
      b.prefix.length - a.prefix.length || (a.text < b.text ? 1 : -1)
    )
    .map(({ prefix }) => prefix);
}

function familyOf(address: Uint8Array): 4 | 6 {
  return address.length === 4 ? 4 : 6;
}

/** Each prefix once. */
export function unique<T extends Prefix>(prefixes: readonly T[]): T[] {
  return [...new Map(prefixes.map((p) => [formatPrefix(p), p])).values()];
}
