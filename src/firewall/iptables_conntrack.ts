/**
 * `-m conntrack` and its old name `-m state`: what the kernel knows of the
 * packet's connection.
 *
 * ```text
 * struct xt_conntrack_mtinfo3
 *   0 origsrc 16, mask 16   32 origdst   64 replsrc   96 repldst
 * 128 expires_min u32, expires_max u32   136 l4proto u16
 * 138 origsrc_port u16, origdst_port, replsrc_port, repldst_port
 * 146 match_flags u16   148 invert_flags u16   150 state u16   152 status u16
 * 154 the upper ends of the four ports
 * ```
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
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
import { formatRange, portRange, protocolNumber } from "./iptables_names.ts";
import { type Family, IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import {
  maskLength,
  needAddress,
  numberOf,
  parseMask,
} from "./iptables_values.ts";

const LENGTH = 164;
const ALL = new Uint8Array(16).fill(0xff);
const REVISION = 3;
const STATE = 1;
const PROTOCOL = 2;
const STATUS = 0x40;
const EXPIRES = 0x80;
const DIRECTION = 0x1000;
const STATE_ALIAS = 0x2000;
const MATCH_FLAGS = 146;
const INVERT_FLAGS = 148;
const STATE_MASK = 150;
const STATUS_MASK = 152;

/** In the order in which they are listed. */
const STATES = {
  INVALID: 1,
  NEW: 8,
  RELATED: 4,
  ESTABLISHED: 2,
  UNTRACKED: 256,
  SNAT: 64,
  DNAT: 128,
};
const STATUSES = { EXPECTED: 1, SEEN_REPLY: 2, ASSURED: 4, CONFIRMED: 8 };

/** Option · offset of the address · its flag. */
const ADDRESSES = [
  ["ctorigsrc", 0, 4],
  ["ctorigdst", 32, 8],
  ["ctreplsrc", 64, 16],
  ["ctrepldst", 96, 32],
] as const;

/** Option · offset of the lower end · of the upper end · its flag. */
const PORTS = [
  ["ctorigsrcport", 138, 154, 0x100],
  ["ctorigdstport", 140, 156, 0x200],
  ["ctreplsrcport", 142, 158, 0x400],
  ["ctrepldstport", 144, 160, 0x800],
] as const;

export const CONNTRACK: Extension = {
  name: "conntrack",
  revision: REVISION,
  options: {
    ctstate: 1,
    ctproto: 1,
    ctstatus: 1,
    ctexpire: 1,
    ctdir: 1,
    ...Object.fromEntries(
      [...ADDRESSES, ...PORTS].map(([name]) => [name, 1]),
    ),
  },
  encode(options, context) {
    needOption(options, "conntrack", "ctstate");
    const struct = new Struct(LENGTH);
    for (const option of options) setOption(struct, option, context);
    return struct.info;
  },
  words,
  listedName: (struct) => isState(struct) ? "state" : "conntrack",
};

export const STATE_MATCH: Extension = {
  name: "state",
  module: "conntrack",
  revision: REVISION,
  options: { state: 1 },
  encode(options, context) {
    needOption(options, "state", "state");
    const struct = new Struct(LENGTH).set16(MATCH_FLAGS, STATE_ALIAS);
    for (const option of options) setOption(struct, option, context);
    return struct.info;
  },
  words,
};

function setOption(struct: Struct, option: Option, context: Context): void {
  const flag = setValue(struct, option, context);
  struct.add16(MATCH_FLAGS, flag);
  if (option.inverted) struct.add16(INVERT_FLAGS, flag);
}

/** @returns the option's flag */
function setValue(struct: Struct, option: Option, context: Context): number {
  const value = valueOf(option);
  switch (option.name) {
    case "ctstate":
    case "state":
      struct.set16(STATE_MASK, bitsOf(value, STATES, `--${option.name}`));
      return STATE;
    case "ctproto":
      struct.set16(136, protocolNumber(value, context.lookups));
      return PROTOCOL;
    case "ctstatus": {
      const names = { ...STATUSES, NONE: 0 };
      struct.set16(STATUS_MASK, bitsOf(value, names, "--ctstatus"));
      return STATUS;
    }
    case "ctexpire":
      setExpires(struct, value);
      return EXPIRES;
    case "ctdir":
      setDirection(struct, value);
      return DIRECTION;
    default:
      return setAddress(struct, option.name, value, context) ??
        setPorts(struct, option.name, value, context);
  }
}

function setExpires(struct: Struct, value: string): void {
  const [first = "", last = first] = value.split(":");
  struct.set32(128, numberOf(first, "--ctexpire"));
  struct.set32(132, numberOf(last, "--ctexpire"));
}

function setDirection(struct: Struct, value: string): void {
  const direction = ["ORIGINAL", "REPLY"].indexOf(value.toUpperCase());
  if (direction < 0) throw new IptablesError(`--ctdir: bad "${value}"`);
  if (direction === 1) struct.add16(INVERT_FLAGS, DIRECTION);
}

function setAddress(
  struct: Struct,
  name: string,
  value: string,
  { family }: Context,
): number | undefined {
  const found = ADDRESSES.find(([option]) => option === name);
  if (found === undefined) return undefined;
  const [, at, flag] = found;
  const [address = "", mask] = value.split("/");
  struct.set(at, needAddress(address, family));
  // Without a mask iptables fills the whole field, and compares it so.
  struct.set(at + 16, mask === undefined ? ALL : parseMask(mask, family));
  return flag;
}

function setPorts(
  struct: Struct,
  name: string,
  value: string,
  { lookups }: Context,
): number {
  const [, at, upper, flag] = PORTS.find(([option]) => option === name)!;
  const [first, last] = portRange(value, lookups);
  struct.set16(at, first).set16(upper, last);
  return flag;
}

function words(struct: Struct, family: Family): string[] {
  const has = (flag: number) => (struct.u16(MATCH_FLAGS) & flag) !== 0;
  const not = (flag: number) => (struct.u16(INVERT_FLAGS) & flag) !== 0;
  const line: string[] = [];
  const add = (flag: number, option: string, value: () => string) => {
    if (has(flag)) line.push(...word(not(flag), option, value()));
  };
  const state = isState(struct) ? "state" : "ctstate";
  add(STATE, state, () => namesOf(struct.u16(STATE_MASK), STATES));
  add(PROTOCOL, "ctproto", () => `${struct.u16(136)}`);
  for (const [option, at, flag] of ADDRESSES) {
    add(flag, option, () => addressAt(struct, at, family));
  }
  for (const [option, at, upper, flag] of PORTS) {
    add(flag, option, () => formatRange(struct.u16(at), struct.u16(upper)));
  }
  add(STATUS, "ctstatus", () => {
    return namesOf(struct.u16(STATUS_MASK), STATUSES) || "NONE";
  });
  add(EXPIRES, "ctexpire", () => formatRange(struct.u32(128), struct.u32(132)));
  if (has(DIRECTION)) {
    line.push("--ctdir", not(DIRECTION) ? "REPLY" : "ORIGINAL");
  }
  return line;
}

function addressAt(struct: Struct, at: number, family: Family): string {
  const length = family === 4 ? 4 : 16;
  const mask = struct.slice(at + 16, length);
  const address = formatAddress(struct.slice(at, length));
  const bits = maskLength(mask) ?? formatAddress(mask);
  return bits === length * 8 ? address : `${address}/${bits}`;
}

function isState(struct: Struct): boolean {
  return (struct.u16(MATCH_FLAGS) & STATE_ALIAS) !== 0;
}
