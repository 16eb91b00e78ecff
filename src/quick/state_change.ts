/**
 * One [[change]] of the state file as data again; see change.ts for the kinds.
 *
 * @module
 */

import type { Change, HookTime } from "./change.ts";
import { dnsChangeFrom } from "./dns_change.ts";
import { number, string, strings, type Table } from "./state_table.ts";

/** @throws TypeError where it is not as caktus writes it */
export function changeFrom(table: Table): Change {
  switch (table.kind) {
    case "interface":
    case "configuration":
      return { kind: table.kind };
    case "mark":
      return { kind: "mark", mark: number(table.mark) };
    case "address":
      return {
        kind: "address",
        address: string(table.address),
        ...flag("noPrefixRoute", table.noPrefixRoute),
      };
    case "link":
      return { kind: "link", mtu: number(table.mtu) };
    case "route":
      return {
        kind: "route",
        prefix: string(table.prefix),
        ...present("table", table.table, number),
        ...present("tableName", table.tableName, string),
      };
    case "hook":
      return { kind: "hook", time: hookTime(table.time), command: "", line: 0 };
    case "rule":
      return {
        kind: "rule",
        family: family(table.family),
        table: number(table.table),
        priority: number(table.priority),
        ...present("mark", table.mark, number),
        ...flag("invert", table.invert),
        ...present("suppressPrefixLength", table.suppressPrefixLength, number),
      };
    case "sysctl":
      return {
        kind: "sysctl",
        name: string(table.name),
        before: string(table.before),
        value: string(table.value),
        ...flag("held", table.held),
      };
    case "firewall":
      return {
        kind: "firewall",
        family: family(table.family),
        mark: number(table.mark),
        addresses: strings(table.addresses),
      };
    case "mss":
      return { kind: "mss" };
    case "dns":
      return dnsChangeFrom(table);
  }
  throw new TypeError("unknown change");
}

/** @throws TypeError where it is none of the four */
export function hookTime(value: unknown): HookTime {
  const times = ["PreUp", "PostUp", "PreDown", "PostDown"] as const;
  const time = times.find((known) => known === value);
  if (time === undefined) throw new TypeError("unknown time of a hook");
  return time;
}

function family(value: unknown): 4 | 6 {
  if (value === 4 || value === 6) return value;
  throw new TypeError("not an IP family");
}

/** The property `name` where it is there. */
function present<Name extends string, Value>(
  name: Name,
  value: unknown,
  read: (value: unknown) => Value,
): { [K in Name]?: Value } {
  if (value === undefined) return {};
  return { [name]: read(value) } as { [K in Name]: Value };
}

function flag<Name extends string>(
  name: Name,
  value: unknown,
): { [K in Name]?: true } {
  return value === true ? { [name]: true } as { [K in Name]: true } : {};
}
