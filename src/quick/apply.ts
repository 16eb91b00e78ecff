/**
 * Changes made to the real machine, and taken back: netlink for addresses, links, routes and
 * rules, files under /proc/sys, tables of nf_tables.
 *
 * What the kernel refuses is said in words, with the way out.
 *
 * @module
 */

import { addAddress } from "../../ffi/address.ts";
import { EEXIST, ENOENT } from "../../ffi/errno.ts";
import { SystemError } from "../../ffi/libc.ts";
import { setLink } from "../../ffi/link.ts";
import { addRoute } from "../../ffi/route.ts";
import { addRule, deleteRule } from "../../ffi/rule.ts";
import { parseAddress } from "../config/address.ts";
import { parseInterfaceAddress, parsePrefix } from "../config/prefix.ts";
import { FirewallError } from "../firewall/firewall_error.ts";
import {
  addSegmentClamp,
  addTunnelRules,
  removeSegmentClamp,
  removeTunnelRules,
} from "../firewall/tunnel_firewall.ts";
import type { LastingChange, LinkChange, RouteChange } from "./change.ts";
import { Failure } from "./failure.ts";
import { hasTunnelRules } from "./routing_facts.ts";
import { readSysctl, writeSysctl } from "./sysctl.ts";

/** Makes one change. @throws Failure with nothing changed */
export function apply(name: string, index: number, change: LinkChange): void {
  try {
    make(name, index, change);
  } catch (error) {
    throw inWords(error, (reason) => refusal(name, change, reason));
  }
}

/** Takes back what outlives the interface; nothing where it is gone already. @throws Failure */
export function revert(name: string, change: LastingChange): void {
  try {
    takeBack(name, change);
  } catch (error) {
    throw inWords(error, (reason) => ({
      message: `cannot undo ${describe(name, change)}: ${reason.message}`,
    }));
  }
}

function make(name: string, index: number, change: LinkChange): void {
  switch (change.kind) {
    case "address": {
      const { address, length } = parseInterfaceAddress(change.address);
      return addAddress(index, address, length, change.noPrefixRoute);
    }
    case "link":
      return setLink(index, { mtu: change.mtu, up: true });
    case "route": {
      const { address, length } = parsePrefix(change.prefix).prefix;
      const { table } = change;
      const place = table === undefined ? {} : { table };
      return addRoute({ index, destination: address, length, ...place });
    }
    case "rule":
      return addRule(change);
    case "sysctl":
      return change.held ? undefined : writeSysctl(change.name, change.value);
    case "firewall":
      return addTunnelRules(name, {
        families: [change.family],
        addresses: change.addresses.flatMap((text) => parseAddress(text) ?? []),
        mark: change.mark,
      });
    case "mss":
      return addSegmentClamp(name);
  }
}

function takeBack(name: string, change: LastingChange): void {
  switch (change.kind) {
    case "rule":
      return deleteQuietly(() => deleteRule(change));
    case "sysctl":
      // Somebody else's value stays, and so does what a tunnel of another program needs.
      if (readSysctl(change.name) !== change.value) return;
      if (hasTunnelRules(4)) return;
      return writeSysctl(change.name, change.before);
    case "firewall":
      removeTunnelRules(name);
      return;
    case "mss":
      removeSegmentClamp(name);
  }
}

function deleteQuietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === ENOENT)) throw error;
  }
}

interface Words {
  message: string;
  hint?: string;
}

function inWords(
  error: unknown,
  refused: (reason: SystemError) => Words,
): unknown {
  if (error instanceof FirewallError) {
    return new Failure(error.message, { hint: error.hint, cause: error });
  }
  if (!(error instanceof SystemError)) return error;
  const { message, ...hint } = refused(error);
  return new Failure(message, { ...hint, cause: error });
}

function refusal(name: string, change: LinkChange, error: SystemError): Words {
  const general = {
    message: `cannot ${describe(name, change)}: ${error.message}`,
  };
  if (change.kind !== "route" || error.errno !== EEXIST) return general;
  const where = placeOf(change);
  return {
    message: `there is a route to ${change.prefix}${where} already`,
    hint:
      `see where it leads: ip route show ${change.prefix}${where}; choose other networks for AllowedIPs, or delete it`,
  };
}

function describe(name: string, change: LinkChange): string {
  switch (change.kind) {
    case "address":
      return `give ${name} the address ${change.address}`;
    case "link":
      return `set the MTU of ${name} to ${change.mtu}`;
    case "route":
      return `route ${change.prefix} to ${name}${placeOf(change)}`;
    case "rule":
      return `add the rule of priority ${change.priority} that looks up table ${change.table}`;
    case "sysctl":
      return `set ${change.name} to ${change.value}`;
    case "firewall":
      return `set the firewall rules of ${name}`;
    case "mss":
      return `clamp the segments of TCP through ${name}`;
  }
}

function placeOf({ table, tableName }: RouteChange): string {
  return table === undefined ? "" : ` table ${tableName ?? table}`;
}
