/**
 * `-m tcp`, `udp` and `multiport`: ports, and the flags of TCP.
 *
 * ```text
 * struct xt_tcp        0 sports u16[2]   4 dports u16[2]   8 option u8   9 flag mask u8   10 flags u8   11 inverted u8
 * struct xt_udp        0 sports u16[2]   4 dports u16[2]   8 inverted u8
 * xt_multiport_v1      0 kind u8   1 count u8   2 ports u16[15]   32 "the next is its end" u8[15]   47 inverted u8
 * ```
 *
 * @module
 */

import {
  bitsOf,
  type Context,
  type Extension,
  namesOf,
  needOption,
  type Option,
  valueOf,
  word,
} from "./iptables_extension.ts";
import {
  formatRange,
  portNumber,
  portRange,
  TCP,
  UDP,
  WITH_PORTS,
} from "./iptables_names.ts";
import { IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { numberOf } from "./iptables_values.ts";

/** Bits of the inverted options of tcp; udp has the first two. */
export const SOURCE_INVERTED = 1;
export const DESTINATION_INVERTED = 2;
export const FLAGS_INVERTED = 4;
export const OPTION_INVERTED = 8;
/** Where they are. */
export const TCP_INVERTED_AT = 11;
export const UDP_INVERTED_AT = 8;

const TCP_FLAGS = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 };
const TCP_FLAG_NAMES = { ...TCP_FLAGS, ALL: 63, NONE: 0 };
const SYN_MASK = 0x17;
const SYN = 2;
const PORT_LIMIT = 15;

/** A tcp or udp match of all ports, for the module's struct. */
export function allPorts(length: number): Struct {
  return new Struct(length).set16(2, 0xffff).set16(6, 0xffff);
}

export const TCP_MATCH: Extension = {
  name: "tcp",
  revision: 0,
  options: {
    sport: 1,
    "source-port": 1,
    dport: 1,
    "destination-port": 1,
    "tcp-flags": 2,
    syn: 0,
    "tcp-option": 1,
  },
  encode(options, context) {
    needProtocol("tcp", TCP, context);
    const struct = allPorts(12);
    for (const option of options) {
      if (setPort(struct, option, TCP_INVERTED_AT, context)) continue;
      if (option.name === "tcp-option") setTcpOption(struct, option);
      else setFlags(struct, option);
    }
    return struct.info;
  },
  words(struct) {
    const inverted = struct.u8(TCP_INVERTED_AT);
    const line = portWords(struct, inverted);
    const option = struct.u8(8);
    if (option !== 0) {
      const not = (inverted & OPTION_INVERTED) !== 0;
      line.push(...word(not, "tcp-option", `${option}`));
    }
    const [mask, flags] = [struct.u8(9), struct.u8(10)];
    const not = (inverted & FLAGS_INVERTED) !== 0;
    if (mask !== 0 || not) {
      line.push(...word(not, "tcp-flags", flagNames(mask), flagNames(flags)));
    }
    return line;
  },
};

export const UDP_MATCH: Extension = {
  name: "udp",
  revision: 0,
  options: {
    sport: 1,
    "source-port": 1,
    dport: 1,
    "destination-port": 1,
  },
  encode(options, context) {
    needProtocol("udp", UDP, context);
    const struct = allPorts(10);
    for (const option of options) {
      setPort(struct, option, UDP_INVERTED_AT, context);
    }
    return struct.info;
  },
  words: (struct) => portWords(struct, struct.u8(UDP_INVERTED_AT)),
};

const KINDS = ["sports", "dports", "ports"];

export const MULTIPORT: Extension = {
  name: "multiport",
  revision: 1,
  options: {
    sports: 1,
    "source-ports": 1,
    dports: 1,
    "destination-ports": 1,
    ports: 1,
  },
  encode(options, context) {
    if (!WITH_PORTS.includes(context.protocol)) {
      throw new IptablesError(
        "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'",
      );
    }
    needOption(options, "multiport", ...KINDS);
    const [option, more] = options;
    if (more !== undefined) {
      throw new IptablesError("multiport: only one of its options is allowed");
    }
    return encodeMultiport(option!, context);
  },
  words: multiportWords,
};

function needProtocol(name: string, number: number, { protocol }: Context) {
  if (protocol === number) return;
  throw new IptablesError(`match "${name}" needs \`-p ${name}'`);
}

/** @returns whether it was an option of ports */
function setPort(
  struct: Struct,
  option: Option,
  invertedAt: number,
  { lookups }: Context,
): boolean {
  const source = option.name === "sport" || option.name === "source-port";
  if (!source && !/^(dport|destination-port)$/.test(option.name)) return false;
  const given = portRange(valueOf(option), lookups);
  const { first, last, inverted } = simplified(...given, option.inverted);
  struct.set16(source ? 0 : 4, first).set16(source ? 2 : 6, last);
  const bit = source ? SOURCE_INVERTED : DESTINATION_INVERTED;
  if (inverted) struct.add8(invertedAt, bit);
  return true;
}

/** All but the first so many are the others, and so they are listed. */
function simplified(first: number, last: number, inverted: boolean) {
  return inverted && first === 0 && last > 0 && last < 0xffff
    ? { first: last + 1, last: 0xffff, inverted: false }
    : { first, last, inverted };
}

function setTcpOption(struct: Struct, option: Option): void {
  struct.set8(8, numberOf(valueOf(option), "--tcp-option", 255));
  if (option.inverted) struct.add8(TCP_INVERTED_AT, OPTION_INVERTED);
}

function setFlags(struct: Struct, { name, values, inverted }: Option): void {
  const [mask, flags] = name === "syn"
    ? [SYN_MASK, SYN]
    : values.map((list) => bitsOf(list, TCP_FLAG_NAMES, "--tcp-flags"));
  struct.set8(9, mask!).set8(10, flags!);
  if (inverted) struct.add8(TCP_INVERTED_AT, FLAGS_INVERTED);
}

function flagNames(bits: number): string {
  return namesOf(bits, TCP_FLAGS) || "NONE";
}

function portWords(struct: Struct, inverted: number): string[] {
  const line: string[] = [];
  const add = (option: string, at: number, bit: number) => {
    const [first, last] = [struct.u16(at), struct.u16(at + 2)];
    const not = (inverted & bit) !== 0;
    if (first === 0 && last === 0xffff && !not) return;
    line.push(...word(not, option, formatRange(first, last)));
  };
  add("sport", 0, SOURCE_INVERTED);
  add("dport", 4, DESTINATION_INVERTED);
  return line;
}

function encodeMultiport(option: Option, { lookups }: Context): Uint8Array {
  const struct = new Struct(48);
  const kind = KINDS.findIndex((name) => option.name.startsWith(name[0]!));
  struct.set8(0, kind).set8(47, option.inverted ? 1 : 0);
  let count = 0;
  const add = (port: number, isStart: boolean) => {
    if (count === PORT_LIMIT) {
      throw new IptablesError("too many ports specified: at most 15");
    }
    struct.set16(2 + 2 * count, port).set8(32 + count, isStart ? 1 : 0);
    count++;
  };
  for (const text of valueOf(option).split(",")) {
    if (!text.includes(":")) {
      add(portNumber(text, lookups), false);
      continue;
    }
    const [first, last] = portRange(text, lookups);
    add(first, true);
    add(last, false);
  }
  return struct.set8(1, count).info;
}

function multiportWords(struct: Struct): string[] {
  let list = "";
  for (let i = 0; i < struct.u8(1); i++) {
    list += `${struct.u16(2 + 2 * i)}${struct.u8(32 + i) === 1 ? ":" : ","}`;
  }
  const kind = KINDS[struct.u8(0)] ?? "ports";
  return word(struct.u8(47) === 1, kind, list.slice(0, -1));
}
