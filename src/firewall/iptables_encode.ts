/**
 * A rule of iptables as expressions of nf_tables, as iptables-nft 1.8.9 writes them.
 *
 * ```text
 * -i, -o · -p · -s · -d · -f · matches · counter · verdict or target
 * ```
 *
 * Ports, flags of TCP, marks and limits are expressions of nf_tables itself; all
 * other matches and targets are xt modules, called by `match` and `target`.
 *
 * Nothing here calls the kernel.
 *
 * @module
 */

import {
  BASE,
  bitwise,
  CMP,
  compare,
  counter,
  match,
  META,
  meta,
  payload,
  target,
  verdict,
} from "../../ffi/nf_tables_build.ts";
import type { Expression } from "../../ffi/nf_tables_schema.ts";
import { encodeText } from "../config/conf_text.ts";
import { encodeLimit } from "./iptables_native_limit.ts";
import {
  DESTINATION_INVERTED,
  FLAGS_INVERTED,
  OPTION_INVERTED,
  SOURCE_INVERTED,
  TCP_INVERTED_AT,
  UDP_INVERTED_AT,
} from "./iptables_ports.ts";
import type {
  Family,
  Negatable,
  Network,
  Part,
  Rule,
} from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { maskLength } from "./iptables_values.ts";

/** What `! -i +` compares with: no interface is called so. */
export const NO_INTERFACE = "INVAL/D";
/** Where an IP header has what iptables asks for. */
export const HEADERS = {
  4: { source: 12, destination: 16, fragment: 6 },
  6: { source: 8, destination: 24, fragment: NaN },
};
export const FRAGMENT_MASK = Uint8Array.of(0x1f, 0xff);
export const TCP_FLAGS_OFFSET = 13;
const ALL_BITS = 0xffffffff;

/** The expressions of a rule, in the order in which iptables-nft has them. */
export function encodeRule(rule: Rule, family: Family): Expression[] {
  const header = HEADERS[family];
  const { packets, bytes } = rule.counters;
  return [
    ...encodeInterface(META.iifname, rule.input),
    ...encodeInterface(META.oifname, rule.output),
    ...encodeProtocol(rule.protocol),
    ...encodeNetwork(header.source, rule.source),
    ...encodeNetwork(header.destination, rule.destination),
    ...encodeFragment(header.fragment, rule.fragment),
    ...rule.matches.flatMap(encodeMatch),
    counter(packets, bytes),
    ...encodeEnd(rule),
  ];
}

/** What xt modules are told of `-p`; undefined where the rule has none. */
export function compatOf(
  { protocol, matches, target }: Rule,
): { protocol: number; inverted: boolean } | undefined {
  if (matches.length === 0 && target === undefined) return undefined;
  return {
    protocol: protocol?.value ?? 0,
    inverted: protocol?.inverted ?? false,
  };
}

function op(inverted: boolean): number {
  return inverted ? CMP.different : CMP.equal;
}

function encodeInterface(
  key: number,
  given: Negatable<string> | undefined,
): Expression[] {
  if (given === undefined) return [];
  const { value, inverted } = given;
  if (value === "+") {
    return [meta(key), compare(CMP.equal, encodeText(`${NO_INTERFACE}\0`))];
  }
  const text = value.endsWith("+") ? value.slice(0, -1) : `${value}\0`;
  return [meta(key), compare(op(inverted), encodeText(text))];
}

function encodeProtocol(given: Negatable<number> | undefined): Expression[] {
  if (given === undefined) return [];
  const { value, inverted } = given;
  return [meta(META.l4proto), compare(op(inverted), Uint8Array.of(value))];
}

/** Whole bytes of the mask are loaded alone; only others are masked. */
function encodeNetwork(
  offset: number,
  given: Negatable<Network> | undefined,
): Expression[] {
  if (given === undefined) return [];
  const { value: { address, mask }, inverted } = given;
  const bits = maskLength(mask) ?? NaN;
  if (bits % 8 === 0) {
    const length = bits / 8;
    return [
      payload(BASE.network, offset, length),
      compare(op(inverted), address.slice(0, length)),
    ];
  }
  return [
    payload(BASE.network, offset, mask.length),
    bitwise(mask),
    compare(op(inverted), address),
  ];
}

function encodeFragment(
  offset: number,
  given: Negatable<true> | undefined,
): Expression[] {
  if (given === undefined) return [];
  return [
    payload(BASE.network, offset, 2),
    bitwise(FRAGMENT_MASK),
    compare(op(!given.inverted), new Uint8Array(2)),
  ];
}

function encodeMatch(part: Part): Expression[] {
  const native = encodeNative(part);
  return native ?? [match(part.name, part.revision, part.info)];
}

/** Undefined where the match stays an xt module. */
function encodeNative(part: Part): Expression[] | undefined {
  const struct = new Struct(part.info);
  switch (part.name) {
    case "tcp":
      return encodeTcp(struct);
    case "udp":
      return encodePorts(struct, struct.u8(UDP_INVERTED_AT));
    case "mark":
      return encodeMark(struct);
    case "limit":
      return [encodeLimit(struct)];
    default:
      return undefined;
  }
}

function encodeTcp(struct: Struct): Expression[] | undefined {
  const inverted = struct.u8(TCP_INVERTED_AT);
  if (struct.u8(8) !== 0 || inverted & OPTION_INVERTED) return undefined;
  const [mask, flags] = [struct.u8(9), struct.u8(10)];
  const ports = encodePorts(struct, inverted);
  if (mask === 0 && !(inverted & FLAGS_INVERTED)) return ports;
  return [
    ...ports ?? [],
    payload(BASE.transport, TCP_FLAGS_OFFSET, 1),
    bitwise(Uint8Array.of(mask)),
    compare(op((inverted & FLAGS_INVERTED) !== 0), Uint8Array.of(flags)),
  ];
}

/** Undefined where every port is meant. */
function encodePorts(
  struct: Struct,
  inverted: number,
): Expression[] | undefined {
  const source = portsAt(struct, 0, inverted & SOURCE_INVERTED);
  const destination = portsAt(struct, 4, inverted & DESTINATION_INVERTED);
  if (isOne(source) && isOne(destination)) {
    const both = Uint8Array.of(
      ...wire(source.first),
      ...wire(destination.first),
    );
    return [payload(BASE.transport, 0, 4), compare(CMP.equal, both)];
  }
  const expressions = [
    ...encodePort(0, source),
    ...encodePort(2, destination),
  ];
  return expressions.length === 0 ? undefined : expressions;
}

/** Ports that are meant, or not. */
interface Ports {
  readonly first: number;
  readonly last: number;
  readonly inverted: boolean;
}

function portsAt(struct: Struct, at: number, inverted: number): Ports {
  return {
    first: struct.u16(at),
    last: struct.u16(at + 2),
    inverted: inverted !== 0,
  };
}

function isOne({ first, last, inverted }: Ports): boolean {
  return first === last && !inverted;
}

function encodePort(offset: number, ports: Ports): Expression[] {
  const { first, last, inverted } = ports;
  if (first === 0 && last === 0xffff && !inverted) return [];
  return [payload(BASE.transport, offset, 2), comparePorts(ports)];
}

function comparePorts({ first, last, inverted }: Ports): Expression {
  const [from, to] = [wire(first), wire(last)];
  if (first === last) return compare(op(inverted), from);
  if (first === 0 && !inverted) return compare(CMP.lessOrEqual, to);
  return { name: "range", source: 1, op: op(inverted), from, to };
}

function encodeMark(struct: Struct): Expression[] {
  const mask = struct.slice(4, 4);
  return [
    meta(META.mark),
    ...(struct.u32(4) === ALL_BITS ? [] : [bitwise(mask.slice())]),
    compare(op(struct.u8(8) === 1), struct.slice(0, 4).slice()),
  ];
}

function encodeEnd(rule: Rule): Expression[] {
  const { verdict: decision } = rule;
  if (rule.target !== undefined) {
    const { name, revision, info } = rule.target;
    return [target(name, revision, info)];
  }
  if (decision === undefined) return [];
  return "chain" in decision
    ? [verdict(decision.kind, decision.chain)]
    : [verdict(decision.kind)];
}

function wire(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff);
}
