/**
 * The rules that keep TCP flows of other machines small enough for a tunnel
 * that forwards them: what `iptables -j TCPMSS --clamp-mss-to-pmtu` does.
 *
 * ```text
 * table inet caktus-wg0
 *   forward  forward −150  oifname "wg0" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
 *                          iifname "wg0" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
 * ```
 *
 * A host announces in its SYN the largest segment that it takes, and knows
 * nothing of a tunnel on the way. The kernel writes the smaller of what both
 * ways carry, and never a larger one than was announced.
 *
 * Only builds commands; tunnel_firewall.ts sends them.
 *
 * @module
 */

import {
  BASE,
  bitwise,
  equals,
  HOOK,
  META,
  meta,
  pathSegmentSize,
  payload,
  setTcpOption,
  toNetworkOrder,
  wholeInterfaceName,
} from "../../ffi/nf_tables_build.ts";
import {
  addChain,
  addRule,
  addTable,
  type Command,
} from "../../ffi/nf_tables_command.ts";
import type { Expression } from "../../ffi/nf_tables_schema.ts";
import { MANGLE } from "./tunnel_rules.ts";

const FAMILY = "inet";
const CHAIN = "forward";

const TCP = 6;
/** Where TCP's flags stand in its header, and two of them. */
const FLAGS_OFFSET = 13;
const SYN = 0x02;
const RST = 0x04;
/** The option of RFC 9293 §3.7.1: kind 2, length 4, then the size. */
const SEGMENT_SIZE_OPTION = 2;
const SIZE_OFFSET = 2;
const SIZE_LENGTH = 2;

/** The name of the table, which is caktus's own. */
export function clampTable(name: string): string {
  return `caktus-${name}`;
}

/** The commands that make the table, which must not be there yet. */
export function clampCommands(name: string): Command[] {
  const table = clampTable(name);
  const base = { type: "filter", hook: HOOK.forward, priority: MANGLE };
  const clamp = (way: number) =>
    addRule({
      family: FAMILY,
      table,
      chain: CHAIN,
      expressions: [meta(way), equals(wholeInterfaceName(name)), ...lower()],
    });
  return [
    addTable(FAMILY, table),
    addChain({ family: FAMILY, table, name: CHAIN, base }),
    clamp(META.oifname),
    clamp(META.iifname),
  ];
}

function lower(): Expression[] {
  return [
    meta(META.l4proto),
    equals(Uint8Array.of(TCP)),
    payload(BASE.transport, FLAGS_OFFSET, 1),
    bitwise(Uint8Array.of(SYN | RST)),
    equals(Uint8Array.of(SYN)),
    pathSegmentSize(),
    toNetworkOrder(),
    setTcpOption(SEGMENT_SIZE_OPTION, SIZE_OFFSET, SIZE_LENGTH),
  ];
}
