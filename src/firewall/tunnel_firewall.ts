/**
 * Puts the rules of a tunnel into the kernel's packet filter and takes them
 * out again, by their names alone, so also after a daemon was killed.
 *
 * | rules                                       | what for                         | made by                     |
 * |---------------------------------------------|----------------------------------|-----------------------------|
 * | tables ip, ip6 `wg-quick-IF`                | a tunnel as the default route    | {@linkcode addTunnelRules}  |
 * | table inet `caktus-IF`                      | TCP that the machine forwards    | {@linkcode addSegmentClamp} |
 * | the same in iptables-legacy, with a comment | both, on a kernel without nf_tables | the same                 |
 *
 * What is there already of that name was left by an earlier tunnel, and is
 * replaced.
 *
 * This file and the ones that it calls change the machine.
 *
 * @module
 */

import {
  type Command,
  deleteRule,
  lacksNfTables,
  rules,
} from "../../ffi/nf_tables.ts";
import { formatAddress } from "../config/address.ts";
import { explain, FirewallError } from "./firewall_error.ts";
import { findLegacy } from "./legacy.ts";
import { hasLegacyProgram, removeLegacy } from "./legacy_program.ts";
import { replaceLegacy } from "./legacy_program.ts";
import { clampComment, legacyClampRules } from "./legacy_rules.ts";
import { legacyTunnelRules, tunnelComment } from "./legacy_rules.ts";
import { removeFound, replaceTables, tableDeletions } from "./named_table.ts";
import { clampCommands, clampTable } from "./segment_clamp.ts";
import { isStockRule, STOCK_TABLES } from "./stock_rules.ts";
import {
  addressesOf,
  nftFamily,
  tunnelCommands,
  type TunnelRules,
  tunnelTable,
} from "./tunnel_rules.ts";

/**
 * Guards a tunnel that is the default route, as wg-quick does.
 *
 * @throws {FirewallError} with nothing changed
 */
export function addTunnelRules(name: string, wanted: TunnelRules): void {
  const { families, addresses, mark } = wanted;
  const legacy = (family: 4 | 6) => {
    const own = addressesOf(nftFamily(family), addresses).map(formatAddress);
    return legacyTunnelRules(name, own, mark);
  };
  const commands = tunnelCommands(name, wanted);
  const purpose = `set the firewall rules of ${name}`;
  explained(purpose, "nft_fib_ipv4 nft_fib_ipv6 nft_ct", () =>
    orLegacy(
      () => replaceTables(tunnelTable(name), families.map(nftFamily), commands),
      families,
      () => replaceLegacy(families, legacy, tunnelComment(name)),
    ));
}

/**
 * Takes away what guards a tunnel, and what stock wg-quick made in its place
 * in the tables of iptables.
 *
 * @returns whether there was anything
 * @throws {FirewallError}
 */
export function removeTunnelRules(name: string): boolean {
  const find = () => [
    ...tableDeletions(tunnelTable(name)),
    ...stockDeletions(name),
  ];
  return explained(`remove the firewall rules of ${name}`, "", () => {
    const found = removeFound(find);
    return removeLegacy(tunnelComment(name)) || found;
  });
}

/**
 * Lowers the segment size of TCP flows that the machine forwards through the
 * tunnel, in both directions, to what their ways carry.
 *
 * @throws {FirewallError} with nothing changed
 */
export function addSegmentClamp(name: string): void {
  const purpose = `limit the size of TCP segments through ${name}`;
  const text = legacyClampRules(name);
  explained(purpose, "nft_rt nft_exthdr", () =>
    orLegacy(
      () => replaceTables(clampTable(name), ["inet"], clampCommands(name)),
      [4, 6],
      () => replaceLegacy([4, 6], () => text, clampComment(name)),
    ));
}

/** Ends that. @returns whether there was any @throws {FirewallError} */
export function removeSegmentClamp(name: string): boolean {
  const purpose = `remove the limit of TCP segments through ${name}`;
  return explained(purpose, "", () => {
    const found = removeFound(() => tableDeletions(clampTable(name)));
    return removeLegacy(clampComment(name)) || found;
  });
}

/** iptables-legacy does it where the kernel has no nf_tables. */
function orLegacy(
  work: () => void,
  families: readonly (4 | 6)[],
  legacy: () => void,
): void {
  try {
    work();
  } catch (error) {
    if (!lacksNfTables(error) || !hasLegacyProgram(families)) throw error;
    legacy();
  }
}

/** Does the work; what fails is told in words. */
function explained<T>(purpose: string, modules: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FirewallError) {
      const message = `cannot ${purpose}: ${error.message}`;
      throw new FirewallError(message, error.hint, error);
    }
    throw explain(error, purpose, modules, findLegacy());
  }
}

function stockDeletions(name: string): Command[] {
  return STOCK_TABLES.flatMap(({ family, table }) =>
    rules(family, table).filter((rule) => isStockRule(rule, name))
  ).map(deleteRule);
}
