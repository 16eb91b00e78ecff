/**
 * Puts the tables of a tunnel into the kernel's packet filter and takes them
 * out again, by their names alone, so also after a daemon was killed.
 *
 * | tables                 | what for                        | made by                   |
 * |------------------------|---------------------------------|---------------------------|
 * | ip, ip6 `wg-quick-IF`  | a tunnel as the default route   | {@linkcode addTunnelRules} |
 * | inet `caktus-IF`       | TCP through a tunnel's forwarder | {@linkcode addSegmentClamp} |
 *
 * Each call is one transaction: all of it or nothing. A table of that name that
 * is there already was left by an earlier tunnel of the name, and is replaced.
 *
 * This is the file that changes the machine; the others here build commands.
 *
 * @module
 */

import {
  addTable,
  type Command,
  deleteRule,
  deleteTable,
  type Family,
  generation,
  lacksNfTables,
  rules,
  tables,
  transact,
} from "../../ffi/nf_tables.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { explain } from "./firewall_error.ts";
import { findLegacy } from "./legacy.ts";
import { clampCommands, clampTable } from "./segment_clamp.ts";
import { isStockRule, STOCK_TABLES } from "./stock_rules.ts";
import {
  nftFamily,
  tunnelCommands,
  type TunnelRules,
  tunnelTable,
} from "./tunnel_rules.ts";

/** The rules have changed since the generation that a transaction was made for. */
const ERESTART = 85;
/** How often that is taken for somebody else's work, and looked again. */
const ATTEMPTS = 20;

/**
 * Guards a tunnel that is the default route, as wg-quick does.
 *
 * @throws {FirewallError} with nothing changed
 */
export function addTunnelRules(name: string, wanted: TunnelRules): void {
  const families = wanted.families.map(nftFamily);
  const commands = tunnelCommands(name, wanted);
  replace(tunnelTable(name), families, commands, {
    purpose: `set the firewall rules of ${name}`,
    modules: "nft_fib_ipv4 nft_fib_ipv6 nft_ct",
  });
}

/**
 * Takes the tables of a tunnel away, and what stock wg-quick made in their
 * place in the tables of iptables.
 *
 * @returns whether there was anything
 * @throws {FirewallError} with nothing changed
 */
export function removeTunnelRules(name: string): boolean {
  return remove(
    () => [...deletions(tunnelTable(name)), ...stockDeletions(name)],
    `remove the firewall rules of ${name}`,
  );
}

/**
 * Lowers the segment size of TCP flows that the machine forwards through the
 * tunnel, in both directions, to what their ways carry.
 *
 * @throws {FirewallError} with nothing changed
 */
export function addSegmentClamp(name: string): void {
  replace(clampTable(name), ["inet"], clampCommands(name), {
    purpose: `limit the size of TCP segments through ${name}`,
    modules: "nft_rt nft_exthdr",
  });
}

/** Ends that. @returns whether there was any @throws {FirewallError} */
export function removeSegmentClamp(name: string): boolean {
  const purpose = `remove the limit of TCP segments through ${name}`;
  return remove(() => deletions(clampTable(name)), purpose);
}

function replace(
  table: string,
  families: readonly Family[],
  commands: readonly Command[],
  about: { purpose: string; modules: string },
): void {
  const cleared = families.flatMap((family) => clearing(family, table));
  try {
    transact([...cleared, ...commands]);
  } catch (error) {
    throw explain(error, about.purpose, about.modules, findLegacy());
  }
}

function remove(find: () => Command[], purpose: string): boolean {
  try {
    for (let attempt = 1;; attempt++) {
      const seen = generation();
      const commands = find();
      if (tryTransact(commands, seen, attempt)) return commands.length > 0;
    }
  } catch (error) {
    if (lacksNfTables(error)) return false; // no nf_tables, no table
    throw explain(error, purpose, "", findLegacy());
  }
}

/** @returns false where somebody changed the rules meanwhile, so that it is to be looked again */
function tryTransact(
  commands: readonly Command[],
  seen: number,
  attempt: number,
): boolean {
  try {
    transact(commands, seen);
    return true;
  } catch (error) {
    const again = error instanceof SystemError && error.errno === ERESTART;
    if (again && attempt < ATTEMPTS) return false;
    throw error;
  }
}

function deletions(table: string): Command[] {
  return tables().filter(({ name }) => name === table)
    .map(({ family }) => deleteTable(family, table));
}

function stockDeletions(name: string): Command[] {
  return STOCK_TABLES.flatMap(({ family, table }) =>
    rules(family, table).filter((rule) => isStockRule(rule, name))
  ).map(deleteRule);
}

/** A table is made, if it is not there, so that deleting it cannot fail. */
function clearing(family: Family, table: string): Command[] {
  return [addTable(family, table), deleteTable(family, table)];
}
