/**
 * Changes as the commands that would make them: what wg-quick(8) echoes behind `[#]`.
 *
 * @module
 */

import { MAIN_TABLE } from "../config/route_table.ts";
import type {
  AddressChange,
  Change,
  LastingChange,
  RouteChange,
  RuleChange,
} from "./change.ts";
import { dnsCommand } from "./dns_change.ts";

const MSS_RULE = "tcp flags syn / syn,rst tcp option maxseg size set rt mtu";

/** The command that would do the same; "" where nothing is left to do. */
export function commandOf(change: Change, name: string, file: string): string {
  switch (change.kind) {
    case "interface":
      return `caktus daemon ${name}`;
    case "configuration":
      return `wg addconf ${name} <(wg-quick strip ${quoted(file)})`;
    case "mark":
      return `wg set ${name} fwmark ${change.mark}`;
    case "address":
      return addressCommand(change, name);
    case "link":
      return `ip link set mtu ${change.mtu} up dev ${name}`;
    case "route":
      return routeCommand(change, name);
    case "rule":
      return `ip -${change.family} rule add ${selectorOf(change)}`;
    case "sysctl":
      return change.held ? "" : `sysctl -q ${change.name}=${change.value}`;
    case "firewall":
      return "nft -f /dev/fd/63";
    case "mss":
      return `nft add rule inet caktus-${name} forward ${MSS_RULE}`;
    case "dns":
      return dnsCommand(change, name);
    case "hook":
      return change.command;
  }
}

/** The command that would undo an interface. */
export function undoCommand(name: string): string {
  return `ip link delete dev ${name}`;
}

/** The command that would make a running interface what a file says. */
export function syncCommand(name: string, file: string): string {
  return `wg syncconf ${name} <(wg-quick strip ${quoted(file)})`;
}

/** The command that would take away an address or a route alone. */
export function withdrawCommand(
  change: AddressChange | RouteChange,
  name: string,
): string {
  const command = change.kind === "address"
    ? addressCommand(change, name).replace(/ noprefixroute$/, "")
    : routeCommand(change, name);
  return command.replace(" add ", " delete ");
}

/** The command that would take back what outlives the interface. */
export function revertCommand(change: LastingChange, name: string): string {
  switch (change.kind) {
    case "rule":
      return `ip -${change.family} rule delete ${
        selectorOf(change)
      } priority ${change.priority}`;
    case "sysctl":
      return `sysctl -q ${change.name}=${change.before}`;
    case "firewall":
      return "nft -f /dev/fd/63";
    case "mss":
      return `nft delete table inet caktus-${name}`;
  }
}

function addressCommand(change: AddressChange, name: string): string {
  const { address, noPrefixRoute } = change;
  const flag = noPrefixRoute ? " noprefixroute" : "";
  return `ip ${family(address)} address add ${address} dev ${name}${flag}`;
}

function routeCommand(change: RouteChange, name: string): string {
  const { prefix, table, tableName } = change;
  const place = table === undefined ? "" : ` table ${tableName ?? table}`;
  return `ip ${family(prefix)} route add ${prefix} dev ${name}${place}`;
}

function selectorOf(rule: RuleChange): string {
  const { table, mark, invert, suppressPrefixLength } = rule;
  const words = [
    ...(invert ? ["not"] : []),
    ...(mark === undefined ? [] : ["fwmark", mark]),
    "table",
    table === MAIN_TABLE ? "main" : table,
  ];
  if (suppressPrefixLength !== undefined) {
    words.push("suppress_prefixlength", suppressPrefixLength);
  }
  return words.join(" ");
}

function family(address: string): "-4" | "-6" {
  return address.includes(":") ? "-6" : "-4";
}

/** A file name as a shell takes it. */
function quoted(file: string): string {
  return /^[\w@%+=:,./-]+$/.test(file)
    ? file
    : `'${file.replaceAll("'", `'\\''`)}'`;
}
