/**
 * Expressions of nf_tables by their purpose, and the numbers that stand in
 * them (nf_tables.h).
 *
 * ```text
 * [meta(META.iifname), equals(interfaceName("wg0")), counter(), verdict("accept")]
 * ```
 *
 * All of them work on register 1 unless told otherwise: load, compare, load
 * the next.
 *
 * Nothing here calls the kernel.
 *
 * @module
 */

import { cString } from "./memory.ts";
import { u32Payload } from "./netlink_message.ts";
import type { ExpressionOf, Verdict } from "./nf_tables_schema.ts";

/** Where a base chain hangs, in the families ip, ip6 and inet. */
export const HOOK = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
} as const;

/** What `meta` loads and sets. Names end in NUL, numbers are in the machine's order but for `protocol`. */
export const META = {
  protocol: 1,
  priority: 2,
  mark: 3,
  iif: 4,
  oif: 5,
  iifname: 6,
  oifname: 7,
  skuid: 10,
  skgid: 11,
  nfproto: 15,
  l4proto: 16,
  pkttype: 19,
} as const;

/** What `ct` loads and sets. */
export const CT = { state: 0, direction: 1, status: 2, mark: 3 } as const;

/** The bits of a connection's state. */
export const CT_STATE = {
  invalid: 1,
  established: 2,
  related: 4,
  new: 8,
  untracked: 64,
} as const;

/** How `cmp` compares; `range` knows the first two. */
export const CMP = {
  equal: 0,
  different: 1,
  less: 2,
  lessOrEqual: 3,
  greater: 4,
  greaterOrEqual: 5,
} as const;

/** Where `payload` counts from. */
export const BASE = { link: 0, network: 1, transport: 2 } as const;

/** What `fib` looks up, and for which address. */
export const FIB = { result: { type: 3 }, of: { source: 1, destination: 2 } };

/** The type of an address that this machine has, as `fib` loads it. */
export const RTN_LOCAL = 2;

/** What `rt` loads: the largest segment that both ways of a TCP flow carry. */
export const RT_TCP_MSS = 3;

/** Which headers `exthdr` looks into: options of TCP. */
export const EXTHDR_TCP_OPTION = 1;

const BYTEORDER_TO_NETWORK = 1;
const INTERFACE_NAME_LENGTH = 16;

/** Loads what is known of a packet besides its bytes. */
export function meta(key: number, register = 1): ExpressionOf<"meta"> {
  return { name: "meta", register, key };
}

/** Sets it, such as the mark. */
export function setMeta(key: number, source = 1): ExpressionOf<"meta"> {
  return { name: "meta", key, source };
}

/** Loads what is known of a packet's connection. */
export function ct(key: number, register = 1): ExpressionOf<"ct"> {
  return { name: "ct", register, key };
}

/** Sets it, such as the connection's mark. */
export function setCt(key: number, source = 1): ExpressionOf<"ct"> {
  return { name: "ct", key, source };
}

/** Loads bytes of the packet; see {@linkcode BASE}. */
export function payload(
  base: number,
  offset: number,
  length: number,
  register = 1,
): ExpressionOf<"payload"> {
  return { name: "payload", register, base, offset, length };
}

/** Leaves the rule unless the comparison of {@linkcode CMP} holds. */
export function compare(
  op: number,
  value: Uint8Array,
  source = 1,
): ExpressionOf<"cmp"> {
  return { name: "cmp", source, op, value };
}

/** Leaves the rule unless the register begins with these bytes. */
export function equals(value: Uint8Array): ExpressionOf<"cmp"> {
  return compare(CMP.equal, value);
}

/** Leaves the rule if it does. */
export function differs(value: Uint8Array): ExpressionOf<"cmp"> {
  return compare(CMP.different, value);
}

/** register := (register & mask) ^ xor. */
export function bitwise(
  mask: Uint8Array,
  xor: Uint8Array = new Uint8Array(mask.length),
  register = 1,
): ExpressionOf<"bitwise"> {
  const { length } = mask;
  return { name: "bitwise", source: register, register, length, mask, xor };
}

/** Loads a constant. */
export function immediate(
  value: Uint8Array,
  register = 1,
): ExpressionOf<"immediate"> {
  return { name: "immediate", register, value };
}

/** Decides about the packet. */
export function verdict(
  verdict: Verdict["verdict"],
  chain?: string,
): ExpressionOf<"immediate"> {
  const value = chain === undefined ? { verdict } : { verdict, chain };
  return { name: "immediate", register: 0, value };
}

/** Counts the packets that come so far. */
export function counter(packets = 0n, bytes = 0n): ExpressionOf<"counter"> {
  return { name: "counter", bytes, packets };
}

/** Loads what the routing table says of an address; see {@linkcode FIB}. */
export function fib(result: number, flags: number): ExpressionOf<"fib"> {
  return { name: "fib", register: 1, result, flags };
}

/** A match of iptables: its name, revision, and struct padded to 8 bytes. */
export function match(
  extension: string,
  revision: number,
  info: Uint8Array,
): ExpressionOf<"match"> {
  return { name: "match", extension, revision, info };
}

/** A target of iptables, likewise. */
export function target(
  extension: string,
  revision: number,
  info: Uint8Array,
): ExpressionOf<"target"> {
  return { name: "target", extension, revision, info };
}

/**
 * Translates the source to the address of the way out. Not for the tables of
 * iptables, which refuses a whole chain for it: there it is a {@linkcode target}.
 */
export function masquerade(): ExpressionOf<"masq"> {
  return { name: "masq" };
}

/** Loads the largest TCP segment for the packet's way, in the machine's order. */
export function pathSegmentSize(): ExpressionOf<"rt"> {
  return { name: "rt", register: 1, key: RT_TCP_MSS };
}

/** Turns a number of 2 bytes in the register into network order. */
export function toNetworkOrder(): ExpressionOf<"byteorder"> {
  const op = BYTEORDER_TO_NETWORK;
  return { name: "byteorder", source: 1, register: 1, op, length: 2, size: 2 };
}

/** Writes the register into an option of TCP; a segment size is only ever lowered. */
export function setTcpOption(
  type: number,
  offset: number,
  length: number,
): ExpressionOf<"exthdr"> {
  const op = EXTHDR_TCP_OPTION;
  return { name: "exthdr", type, offset, length, op, source: 1 };
}

/** An interface's name as iptables compares it: with the NUL and no more. A `+` at the end: leave out both. */
export function interfaceName(name: string): Uint8Array {
  return cString(name);
}

/** An interface's name as nft compares it: all 16 bytes. */
export function wholeInterfaceName(name: string): Uint8Array {
  const bytes = new Uint8Array(INTERFACE_NAME_LENGTH);
  bytes.set(cString(name));
  return bytes;
}

/** A number in the machine's order: a mark, a state, the type of an address. */
export function hostNumber(value: number): Uint8Array {
  return u32Payload(value);
}
