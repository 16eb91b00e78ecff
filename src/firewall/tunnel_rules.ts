/**
 * The packet filter around a tunnel that is the default route, as wg-quick(8)
 * has it: one table for each IP family, of the name that wg-quick gives it.
 *
 * ```text
 * table ip wg-quick-wg0                                 and ip6, if it has a default route
 *   preraw      prerouting −300   iifname != "wg0" ip daddr ADDRESS fib saddr type != local drop
 *   premangle   prerouting −150   meta l4proto udp meta mark set ct mark
 *   postmangle  postrouting −150  meta l4proto udp meta mark MARK ct mark set meta mark
 * ```
 *
 * preraw: only the tunnel brings packets for its addresses (one rule for each),
 * so nobody beside the machine can find out or reach what it has inside.
 * postmangle and premangle: answers to the tunnel's own datagrams get the mark
 * that those had, so that strict reverse path filtering finds the way they came.
 *
 * Only builds commands; tunnel_firewall.ts sends them.
 *
 * @module
 */

import {
  BASE,
  CT,
  ct,
  differs,
  equals,
  FIB,
  fib,
  HOOK,
  hostNumber,
  META,
  meta,
  payload,
  RTN_LOCAL,
  setCt,
  setMeta,
  verdict,
  wholeInterfaceName,
} from "../../ffi/nf_tables_build.ts";
import {
  addChain,
  addRule,
  addTable,
  type BaseChain,
  type Command,
  type Family,
} from "../../ffi/nf_tables_command.ts";
import type { Expression } from "../../ffi/nf_tables_schema.ts";

/** Priorities that nft calls raw and mangle. */
const RAW = -300;
export const MANGLE = -150;

const UDP = 17;
/** Where the destination's address stands in an IP header. */
const DESTINATION_OFFSET = { ip: 16, ip6: 24 } as const;
const ADDRESS_LENGTH = { ip: 4, ip6: 16 } as const;

/** What the rules depend on. */
export interface TunnelRules {
  /** IP families that have a default route through the tunnel. */
  readonly families: readonly (4 | 6)[];
  /** The interface's own addresses, 4 or 16 bytes, of any family. */
  readonly addresses: readonly Uint8Array[];
  /** The mark of the tunnel's own datagrams. */
  readonly mark: number;
}

/** The name of the tables. */
export function tunnelTable(name: string): string {
  return `wg-quick-${name}`;
}

/** The table of a family, as nft calls it. */
export function nftFamily(family: 4 | 6): "ip" | "ip6" {
  return family === 4 ? "ip" : "ip6";
}

/** Those of the addresses that are of a family. */
export function addressesOf(
  family: "ip" | "ip6",
  addresses: readonly Uint8Array[],
): Uint8Array[] {
  return addresses.filter(({ length }) => length === ADDRESS_LENGTH[family]);
}

/** The commands that make the tables, which must not be there yet; IPv6 first, as wg-quick comes to it. */
export function tunnelCommands(name: string, rules: TunnelRules): Command[] {
  return rules.families.toSorted((a, b) => b - a)
    .flatMap((family) => tableCommands(nftFamily(family), name, rules));
}

function tableCommands(
  family: "ip" | "ip6",
  name: string,
  { addresses, mark }: TunnelRules,
): Command[] {
  const table = tunnelTable(name);
  const chain = (name: string, hook: number, priority: number) => {
    const base: BaseChain = { type: "filter", hook, priority };
    return addChain({ family, table, name, base });
  };
  const rule = (chain: string, expressions: Expression[]) =>
    addRule({ family, table, chain, expressions });
  return [
    addTable(family, table),
    chain("preraw", HOOK.prerouting, RAW),
    chain("premangle", HOOK.prerouting, MANGLE),
    chain("postmangle", HOOK.postrouting, MANGLE),
    ...addressesOf(family, addresses)
      .map((address) => rule("preraw", dropOutsiders(family, name, address))),
    rule("postmangle", [...isUdp(), ...keepMark(mark)]),
    rule("premangle", [...isUdp(), ct(CT.mark), setMeta(META.mark)]),
  ];
}

function dropOutsiders(
  family: Family & ("ip" | "ip6"),
  name: string,
  address: Uint8Array,
): Expression[] {
  return [
    meta(META.iifname),
    differs(wholeInterfaceName(name)),
    payload(BASE.network, DESTINATION_OFFSET[family], address.length),
    equals(address),
    fib(FIB.result.type, FIB.of.source),
    differs(hostNumber(RTN_LOCAL)),
    verdict("drop"),
  ];
}

function isUdp(): Expression[] {
  return [meta(META.l4proto), equals(Uint8Array.of(UDP))];
}

function keepMark(mark: number): Expression[] {
  return [
    meta(META.mark),
    equals(hostNumber(mark)),
    meta(META.mark),
    setCt(CT.mark),
  ];
}
