/**
 * Routes that follow from AllowedIPs, and the rules that go with them.
 *
 * ```text
 * Table = off      none
 * Table = N        each prefix, in table N
 * Table = auto     in the main table, but for what a network of the interface's addresses covers
 *                  and for prefixes that could lead the tunnel into itself (full_tunnel.ts)
 *
 * for those        a table of the tunnel's own (diversion.ts)
 * ```
 *
 * @module
 */

import type { Config, InterfaceAddress, Prefix } from "../config/config.ts";
import { holdsOwnDatagrams } from "../config/full_tunnel.ts";
import { formatPrefix, maskPrefix, prefixContains } from "../config/prefix.ts";
import type { AddressChange, Change } from "./change.ts";
import { planDiversion, routeTo, type RoutingFacts } from "./diversion.ts";

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
  return [
    ...plain,
    ...planDiversion(
      config.interface.fwmark ?? ground.facts.mark,
      longestFirst(own),
      ground,
    ),
  ];
}

/** Whether a prefix has to be routed in a table of the tunnel's own. */
function isDiverted(
  prefix: Prefix,
  { interface: { table } }: Config,
  endpoints: readonly Uint8Array[],
): boolean {
  return table === undefined && holdsOwnDatagrams(prefix, endpoints);
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

/** Each prefix once. */
export function unique<T extends Prefix>(prefixes: readonly T[]): T[] {
  return [...new Map(prefixes.map((p) => [formatPrefix(p), p])).values()];
}
