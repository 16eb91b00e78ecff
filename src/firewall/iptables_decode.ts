/**
 * A rule of nf_tables as a rule of iptables.
 *
 * ```text
 * meta iifname · cmp "wg0\0"                      -i wg0
 * payload network+12, 3 · cmp 0a0000              -s 10.0.0.0/24
 * payload transport+2, 2 · cmp 0050               --dport 80, of -m tcp or udp
 * meta mark · bitwise ff · cmp 1                  -m mark --mark 0x1/0xff
 * match conntrack · target MASQUERADE             as they are
 * ```
 *
 * A rule with anything else in it was written by another program: it is
 * `foreign`, and listed as such.
 *
 * @module
 */

import { commentOf } from "../../ffi/nf_tables_user_data.ts";
import { BASE, CMP, META } from "../../ffi/nf_tables_build.ts";
import type { Rule as KernelRule } from "../../ffi/nf_tables_command.ts";
import type { Expression, ExpressionOf } from "../../ffi/nf_tables_schema.ts";
import { bytesEqual } from "../config/address.ts";
import { decodeText } from "../config/conf_text.ts";
import {
  FRAGMENT_MASK,
  HEADERS,
  NO_INTERFACE,
  TCP_FLAGS_OFFSET,
} from "./iptables_encode.ts";
import { decodeLimit } from "./iptables_native_limit.ts";
import { TCP, UDP } from "./iptables_names.ts";
import {
  allPorts,
  DESTINATION_INVERTED,
  FLAGS_INVERTED,
  SOURCE_INVERTED,
  TCP_INVERTED_AT,
  UDP_INVERTED_AT,
} from "./iptables_ports.ts";
import {
  emptyRule,
  type Family,
  type Negatable,
  type Network,
  type Part,
  type Rule,
} from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";

/** What a register holds. */
interface Loaded {
  readonly from:
    | { readonly meta: number }
    | {
      readonly base: number;
      readonly offset: number;
      readonly length: number;
    };
  readonly mask?: Uint8Array;
}

/** What older versions of iptables-nft compare in an IPv4 header. */
const PROTOCOL_OFFSET = 9;
const VERDICTS: readonly unknown[] = ["accept", "drop", "return"];

/** Reads a rule; one that iptables would not have written is `foreign`. */
export function decodeRule(rule: KernelRule, family: Family): Rule {
  const decoder = new Decoder(family);
  for (const expression of rule.expressions) decoder.take(expression);
  const note = commentOf(rule.userData);
  if (note !== undefined) decoder.rule.note = note;
  return decoder.rule;
}

class Decoder {
  readonly rule: Rule = emptyRule();
  readonly #family: Family;
  readonly #registers = new Map<number, Loaded>();

  constructor(family: Family) {
    this.#family = family;
  }

  take(expression: Expression): void {
    if (!this.#understand(expression)) {
      this.rule.foreign ??= expression.name === "other"
        ? expression.called
        : expression.name;
    }
  }

  #understand(expression: Expression): boolean {
    const { rule } = this;
    switch (expression.name) {
      case "meta":
      case "payload":
        return this.#load(expression);
      case "bitwise":
        return this.#mask(expression);
      case "cmp":
      case "range":
        return this.#compare(expression);
      case "counter": {
        const { packets = 0n, bytes = 0n } = expression;
        rule.counters = { packets, bytes };
        return true;
      }
      case "match":
        rule.matches.push(partOf(expression));
        return true;
      case "target":
        rule.target = partOf(expression);
        return true;
      case "limit": {
        const part = decodeLimit(expression);
        if (part !== undefined) rule.matches.push(part);
        return part !== undefined;
      }
      case "immediate":
        return this.#decide(expression);
      default:
        return false;
    }
  }

  #load(expression: ExpressionOf<"meta"> | ExpressionOf<"payload">): boolean {
    const { register, source } = expression;
    if (register === undefined || source !== undefined) return false;
    const from = expression.name === "meta" ? { meta: expression.key ?? 0 } : {
      base: expression.base ?? 0,
      offset: expression.offset ?? 0,
      length: expression.length ?? 0,
    };
    this.#registers.set(register, { from });
    return true;
  }

  #mask({ source, register, mask, xor }: ExpressionOf<"bitwise">): boolean {
    const loaded = this.#registers.get(source ?? 0);
    if (loaded === undefined || mask === undefined) return false;
    if (register === undefined || xor?.some((byte) => byte !== 0)) return false;
    this.#registers.set(register, { ...loaded, mask });
    return true;
  }

  #compare(
    expression: ExpressionOf<"cmp"> | ExpressionOf<"range">,
  ): boolean {
    const loaded = this.#registers.get(expression.source ?? 0);
    const op = expression.op ?? 0;
    const inverted = op === CMP.different;
    const [first, last] = boundsOf(expression);
    if (loaded === undefined || first === undefined || last === undefined) {
      return false;
    }
    const { from, mask } = loaded;
    if ("base" in from && from.base === BASE.transport) {
      return this.#transport(from, mask, first, last, inverted);
    }
    if (first !== last) return false;
    if ("meta" in from) return this.#meta(from.meta, mask, first, inverted);
    return from.base === BASE.network &&
      this.#header(from, mask, first, inverted);
  }

  #meta(
    key: number,
    mask: Uint8Array | undefined,
    value: Uint8Array,
    inverted: boolean,
  ): boolean {
    const { rule } = this;
    if (key === META.mark) {
      rule.matches.push(markPart(value, mask, inverted));
      return true;
    }
    if (mask !== undefined) return false;
    switch (key) {
      case META.iifname:
        rule.input = interfaceOf(value, inverted);
        return true;
      case META.oifname:
        rule.output = interfaceOf(value, inverted);
        return true;
      case META.l4proto:
        rule.protocol = { value: value[0]!, inverted };
        return true;
      default:
        return false;
    }
  }

  #header(
    { offset, length }: { offset: number; length: number },
    mask: Uint8Array | undefined,
    value: Uint8Array,
    inverted: boolean,
  ): boolean {
    const { rule } = this;
    const header = HEADERS[this.#family];
    switch (offset) {
      case header.source:
        rule.source = this.#network(length, mask, value, inverted);
        return true;
      case header.destination:
        rule.destination = this.#network(length, mask, value, inverted);
        return true;
      case header.fragment:
        rule.fragment = { value: true, inverted: !inverted };
        return bytesEqual(mask ?? value, FRAGMENT_MASK);
      case PROTOCOL_OFFSET:
        rule.protocol = { value: value[0]!, inverted };
        return mask === undefined && this.#family === 4;
      default:
        return false;
    }
  }

  /** Whole bytes of a mask are not loaded at all. */
  #network(
    length: number,
    mask: Uint8Array | undefined,
    value: Uint8Array,
    inverted: boolean,
  ): Negatable<Network> {
    const whole = this.#family === 4 ? 4 : 16;
    const network = {
      address: new Uint8Array(whole),
      mask: new Uint8Array(whole),
    };
    network.address.set(value.subarray(0, whole));
    network.mask.set(mask ?? new Uint8Array(length).fill(0xff));
    return { value: network, inverted };
  }

  #transport(
    { offset, length }: { offset: number; length: number },
    mask: Uint8Array | undefined,
    first: Uint8Array,
    last: Uint8Array,
    inverted: boolean,
  ): boolean {
    const struct = this.#portsPart();
    if (struct === undefined) return false;
    const isTcp = this.rule.protocol?.value === TCP;
    const invertedAt = isTcp ? TCP_INVERTED_AT : UDP_INVERTED_AT;
    const set = (at: number, from: number, bit: number) => {
      struct.set16(at, number16(first, from)).set16(
        at + 2,
        number16(last, from),
      );
      if (inverted) struct.add8(invertedAt, bit);
    };
    if (offset === TCP_FLAGS_OFFSET && length === 1 && isTcp) {
      struct.set8(9, mask?.[0] ?? 0xff).set8(10, first[0]!);
      if (inverted) struct.add8(TCP_INVERTED_AT, FLAGS_INVERTED);
      return true;
    }
    if (mask !== undefined) return false;
    if (offset === 0 && length === 2) set(0, 0, SOURCE_INVERTED);
    else if (offset === 2 && length === 2) set(4, 0, DESTINATION_INVERTED);
    else if (offset === 0 && length === 4) {
      set(0, 0, SOURCE_INVERTED);
      set(4, 2, DESTINATION_INVERTED);
    } else return false;
    return true;
  }

  /** The tcp or udp match of the rule, made when its first field comes. */
  #portsPart(): Struct | undefined {
    const { protocol, matches } = this.rule;
    if (protocol === undefined || protocol.inverted) return undefined;
    const [name, length] = protocol.value === TCP
      ? ["tcp", 12]
      : protocol.value === UDP
      ? ["udp", 10]
      : ["", 0];
    if (length === 0) return undefined;
    const there = matches.find((part) => part.name === name);
    if (there !== undefined) return new Struct(there.info);
    const struct = allPorts(length);
    matches.push({ name, revision: 0, info: struct.info });
    return struct;
  }

  #decide({ register, value }: ExpressionOf<"immediate">): boolean {
    if (register !== 0 || value === undefined || value instanceof Uint8Array) {
      return false;
    }
    const { verdict, chain } = value;
    if ((verdict === "jump" || verdict === "goto") && chain !== undefined) {
      this.rule.verdict = { kind: verdict, chain };
    } else if (VERDICTS.includes(verdict)) {
      this.rule.verdict = { kind: verdict as "accept" | "drop" | "return" };
    } else {
      return false;
    }
    return true;
  }
}

/** The first and the last value that a comparison means; the same array for one value. */
function boundsOf(
  expression: ExpressionOf<"cmp"> | ExpressionOf<"range">,
): [Uint8Array | undefined, Uint8Array | undefined] {
  if (expression.name === "range") return [expression.from, expression.to];
  const { op = CMP.equal, value } = expression;
  if (op <= CMP.different || value?.length !== 2) {
    return op <= CMP.different ? [value, value] : [undefined, undefined];
  }
  const port = number16(value, 0);
  const [lowest, highest] = [bytes16(0), bytes16(0xffff)];
  switch (op) {
    case CMP.less:
      return [lowest, bytes16(port - 1)];
    case CMP.lessOrEqual:
      return [lowest, value];
    case CMP.greater:
      return [bytes16(port + 1), highest];
    default:
      return [value, highest];
  }
}

function bytes16(number: number): Uint8Array {
  return Uint8Array.of(number >> 8 & 0xff, number & 0xff);
}

function partOf(
  { extension = "", revision = 0, info = new Uint8Array() }:
    | ExpressionOf<"match">
    | ExpressionOf<"target">,
): Part {
  return { name: extension, revision, info };
}

function markPart(
  value: Uint8Array,
  mask: Uint8Array | undefined,
  inverted: boolean,
): Part {
  const struct = new Struct(12).set(0, value)
    .set(4, mask ?? new Uint8Array(4).fill(0xff))
    .set8(8, inverted ? 1 : 0);
  return { name: "mark", revision: 1, info: struct.info };
}

/** Without a NUL at its end it is the beginning of a name. */
function interfaceOf(value: Uint8Array, inverted: boolean): Negatable<string> {
  const end = value.indexOf(0);
  if (end < 0) return { value: `${decodeText(value)}+`, inverted };
  const name = decodeText(value.subarray(0, end));
  return name === NO_INTERFACE
    ? { value: "+", inverted: true }
    : { value: name, inverted };
}

function number16(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}
