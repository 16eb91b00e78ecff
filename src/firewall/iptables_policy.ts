/**
 * `-m policy`: what IPsec does to the packet.
 *
 * ```text
 * struct xt_policy_info: 4 elements of 76 bytes, of which the first is used here
 *  64 spi u32   68 reqid u32   72 protocol u8   73 mode u8   74 what is compared u8   75 what is inverted u8
 * 304 flags u16   306 elements u16
 * ```
 *
 * @module
 */

import {
  type Extension,
  needOption,
  type Option,
  valueOf,
  word,
} from "./iptables_extension.ts";
import { protocolName, protocolNumber } from "./iptables_names.ts";
import { IptablesError, type Lookups } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { hexadecimal, numberOf } from "./iptables_values.ts";

const FLAGS = 304;
const ELEMENTS = 306;
const DIRECTIONS = { in: 1, out: 2 } as const;
const NONE = 4;
const STRICT = 8;
/** Option · its bit, in the order in which they are listed. */
const FIELDS = { reqid: 32, spi: 16, proto: 4, mode: 8 } as const;
const MODES = ["transport", "tunnel"];

type Field = keyof typeof FIELDS;

export const POLICY: Extension = {
  name: "policy",
  revision: 0,
  options: { dir: 1, pol: 1, strict: 0, reqid: 1, spi: 1, proto: 1, mode: 1 },
  encode(options, { lookups }) {
    const struct = new Struct(308);
    for (const option of options) setOption(struct, option, lookups);
    if ((struct.u16(FLAGS) & 3) === 0) needOption([], "policy", "dir");
    const none = (struct.u16(FLAGS) & NONE) !== 0;
    if (none && struct.u8(74) !== 0) {
      throw new IptablesError("policy: --pol none takes nothing else");
    }
    return struct.set16(ELEMENTS, none ? 0 : 1).info;
  },
  words(struct) {
    const flags = struct.u16(FLAGS);
    const not = (field: Field) => (struct.u8(75) & FIELDS[field]) !== 0;
    const fields = Object.keys(FIELDS) as Field[];
    return [
      "--dir",
      flags & DIRECTIONS.in ? "in" : "out",
      "--pol",
      flags & NONE ? "none" : "ipsec",
      ...flags & STRICT ? ["--strict"] : [],
      ...fields.filter((field) => struct.u8(74) & FIELDS[field]).flatMap(
        (field) => word(not(field), field, fieldText(struct, field)),
      ),
    ];
  },
};

function setOption(struct: Struct, option: Option, lookups: Lookups): void {
  const { name, inverted } = option;
  const value = valueOf(option);
  const bad = () => new IptablesError(`--${name}: bad value "${value}"`);
  if (name === "dir") {
    if (value !== "in" && value !== "out") throw bad();
    struct.add16(FLAGS, DIRECTIONS[value]);
  } else if (name === "pol") {
    if (value !== "none" && value !== "ipsec") throw bad();
    struct.add16(FLAGS, value === "none" ? NONE : 0);
  } else if (name === "strict") {
    struct.add16(FLAGS, STRICT);
  } else {
    setField(struct, name as Field, value, lookups);
    struct.add8(74, FIELDS[name as Field]);
    if (inverted) struct.add8(75, FIELDS[name as Field]);
  }
}

function setField(
  struct: Struct,
  field: Field,
  value: string,
  lookups: Lookups,
): void {
  switch (field) {
    case "reqid":
      return void struct.set32(68, numberOf(value, "--reqid"));
    case "spi":
      return void struct.set32(64, numberOf(value, "--spi"));
    case "proto":
      return void struct.set8(72, protocolNumber(value, lookups));
    case "mode": {
      const mode = MODES.indexOf(value);
      if (mode < 0) throw new IptablesError(`--mode: bad value "${value}"`);
      return void struct.set8(73, mode);
    }
  }
}

function fieldText(struct: Struct, field: Field): string {
  switch (field) {
    case "reqid":
      return `${struct.u32(68)}`;
    case "spi":
      return hexadecimal(struct.u32(64));
    case "proto":
      return protocolName(struct.u8(72));
    case "mode":
      return MODES[struct.u8(73)] ?? `${struct.u8(73)}`;
  }
}
