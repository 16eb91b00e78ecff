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

import { EINVAL, ENOENT } from "../../ffi/errno.ts";
import {
  addTable,
  type Command,
  deleteTable,
  type Family,
  lacksNfTables,
  tables,
  transact,
} from "../../ffi/nf_tables.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { explain } from "./firewall_error.ts";
import { findLegacy } from "./legacy.ts";
import { clampCommands, clampTable } from "./segment_clamp.ts";
import {
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
export function addTunnelRules(name: string, rules: TunnelRules): void {
  const families = rules.families.map(nftFamily);
  const commands = tunnelCommands(name, rules);
  replace(tunnelTable(name), families, commands, {
    purpose: `set the firewall rules of ${name}`,
    modules: "nft_fib_ipv4 nft_fib_ipv6 nft_ct",
  });
}

/**
 * Takes the tables of a tunnel away, those that wg-quick made included.
 *
 * @returns whether there were any
 * @throws {FirewallError}
 */
export function removeTunnelRules(name: string): boolean {
  return remove(tunnelTable(name), `remove the firewall rules of ${name}`);
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
  return remove(clampTable(name), purpose);
}

function replace(
  table: string,
  families: readonly Family[],
  commands: readonly Command[],
  about: { purpose: string; modules: string },
): void {
  // A table is made, if it is not there, so that deleting it cannot fail.
  const cleared = families.flatMap((family) => [
    addTable(family, table),
    deleteTable(family, table),
  ]);
  try {
    transact([...cleared, ...commands]);
  } catch (error) {
    throw explain(error, about.purpose, about.modules, findLegacy());
  }
}

function remove(table: string, purpose: string): boolean {
  try {
    const found = tables().filter(({ name }) => name === table);
    transact(found.map(({ family }) => deleteTable(family, table)));
    return found.length > 0;
  } catch (error) {
    // Where there is no nf_tables there is no table; and somebody may be faster.
    if (lacksNfTables(error) || isGone(error)) return false;
    throw explain(error, purpose, "", findLegacy());
  }
}

function isGone(error: unknown): boolean {
  return error instanceof SystemError &&
    (error.errno === ENOENT || error.errno === EINVAL) &&
    error.call.startsWith("NFT_MSG_DELTABLE");
}
