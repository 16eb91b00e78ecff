/**
 * The smaller matches: what a packet is, and where it comes from.
 *
 * ```text
 * comment      0 text 256
 * addrtype     0 source u16   2 destination u16   4 flags u32
 * tcpmss       0 least u16   2 most u16   4 inverted u8
 * length       the same
 * iprange      0 source's first 16, last 16   32 destination's   64 flags u8
 * mac          0 address 6   8 inverted i32
 * pkttype      0 type i32   4 inverted i32
 * ttl, hl      0 mode u8   1 value u8
 * rpfilter     0 flags u8
 * physdev      0 in 16, mask 16   32 out 16, mask 16   64 inverted u8   65 which u8
 * ```
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import { encodeText } from "../config/conf_text.ts";
import {
  bitsOf,
  type Extension,
  namesOf,
  needOption,
  type Option,
  valueOf,
  word,
} from "./iptables_extension.ts";
import { formatRange, TCP } from "./iptables_names.ts";
import { type Family, IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { needAddress, numberOf, quoted } from "./iptables_values.ts";

const COMMENT_LENGTH = 256;

export const COMMENT: Extension = {
  name: "comment",
  revision: 0,
  options: { comment: 1 },
  encode(options) {
    needOption(options, "comment", "comment");
    const text = encodeText(valueOf(options[0]!));
    if (text.length >= COMMENT_LENGTH) {
      throw new IptablesError("comment: at most 255 bytes");
    }
    return new Struct(COMMENT_LENGTH).set(0, text).info;
  },
  words: (struct) => ["--comment", quoted(struct.text(0, COMMENT_LENGTH))],
};

const TYPES = {
  UNSPEC: 1,
  UNICAST: 2,
  LOCAL: 4,
  BROADCAST: 8,
  ANYCAST: 16,
  MULTICAST: 32,
  BLACKHOLE: 64,
  UNREACHABLE: 128,
  PROHIBIT: 256,
  THROW: 512,
  NAT: 1024,
  XRESOLVE: 2048,
};
const SOURCE_INVERTED = 1;
const DESTINATION_INVERTED = 2;
const LIMIT_IN = 4;
const LIMIT_OUT = 8;

export const ADDRTYPE: Extension = {
  name: "addrtype",
  revision: 1,
  options: {
    "src-type": 1,
    "dst-type": 1,
    "limit-iface-in": 0,
    "limit-iface-out": 0,
  },
  encode(options) {
    needOption(options, "addrtype", "src-type", "dst-type");
    const struct = new Struct(8);
    for (const option of options) setAddressType(struct, option);
    return struct.info;
  },
  words(struct) {
    const [source, destination] = [struct.u16(0), struct.u16(2)];
    const has = (flag: number) => (struct.u32(4) & flag) !== 0;
    const types = (option: string, bits: number, flag: number) =>
      bits === 0 ? [] : word(has(flag), option, namesOf(bits, TYPES));
    return [
      ...types("src-type", source, SOURCE_INVERTED),
      ...types("dst-type", destination, DESTINATION_INVERTED),
      ...has(LIMIT_IN) ? ["--limit-iface-in"] : [],
      ...has(LIMIT_OUT) ? ["--limit-iface-out"] : [],
    ];
  },
};

function setAddressType(struct: Struct, option: Option): void {
  switch (option.name) {
    case "limit-iface-in":
      return void struct.add32(4, LIMIT_IN);
    case "limit-iface-out":
      return void struct.add32(4, LIMIT_OUT);
  }
  const source = option.name === "src-type";
  struct.set16(
    source ? 0 : 2,
    bitsOf(valueOf(option), TYPES, `--${option.name}`),
  );
  if (option.inverted) {
    struct.add32(4, source ? SOURCE_INVERTED : DESTINATION_INVERTED);
  }
}

export const TCPMSS_MATCH: Extension = {
  ...numberRange("tcpmss", "mss"),
  encode(options, context) {
    if (context.protocol !== TCP) {
      throw new IptablesError('match "tcpmss" needs `-p tcp\'');
    }
    return numberRange("tcpmss", "mss").encode(options, context);
  },
};

export const LENGTH_MATCH: Extension = {
  ...numberRange("length", "length"),
};

/** A range of 16-bit numbers. */
function numberRange(name: string, option: string): Extension {
  return {
    name,
    revision: 0,
    options: { [option]: 1 },
    encode(options) {
      needOption(options, name, option);
      const text = valueOf(options[0]!);
      const [first = "", last] = text.split(":");
      const read = (text: string, otherwise: number) =>
        text === "" ? otherwise : numberOf(text, `--${option}`, 0xffff);
      const least = read(first, last === undefined ? NaN : 0);
      const most = last === undefined ? least : read(last, 0xffff);
      if (!(least <= most)) {
        throw new IptablesError(`--${option}: bad range "${text}"`);
      }
      const inverted = options[0]!.inverted ? 1 : 0;
      return new Struct(5).set16(0, least).set16(2, most).set8(4, inverted)
        .info;
    },
    words: (struct) =>
      word(
        struct.u8(4) === 1,
        option,
        formatRange(struct.u16(0), struct.u16(2)),
      ),
  };
}

const RANGES = [["src-range", 0, 1, 16], ["dst-range", 32, 2, 32]] as const;

export const IPRANGE: Extension = {
  name: "iprange",
  revision: 1,
  options: { "src-range": 1, "dst-range": 1 },
  encode(options, { family }) {
    needOption(options, "iprange", "src-range", "dst-range");
    const struct = new Struct(65);
    for (const option of options) {
      const [, at, flag, not] = RANGES.find(([n]) => n === option.name)!;
      const [first = "", last = first] = valueOf(option).split("-");
      struct.set(at, needAddress(first, family));
      struct.set(at + 16, needAddress(last, family));
      struct.add8(64, flag | (option.inverted ? not : 0));
    }
    return struct.info;
  },
  words(struct, family) {
    const flags = struct.u8(64);
    const length = family === 4 ? 4 : 16;
    const address = (at: number) => formatAddress(struct.slice(at, length));
    return RANGES.filter(([, , flag]) => flags & flag).flatMap(
      ([option, at, , not]) =>
        word(
          (flags & not) !== 0,
          option,
          `${address(at)}-${address(at + 16)}`,
        ),
    );
  },
};

export const MAC: Extension = {
  name: "mac",
  revision: 0,
  options: { "mac-source": 1 },
  encode(options) {
    needOption(options, "mac", "mac-source");
    const text = valueOf(options[0]!);
    if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text)) {
      throw new IptablesError(`--mac-source: bad value "${text}"`);
    }
    const bytes = text.split(":").map((byte) => parseInt(byte, 16));
    return new Struct(12).set(0, Uint8Array.from(bytes))
      .set32(8, options[0]!.inverted ? 1 : 0).info;
  },
  words(struct) {
    const bytes = Array.from(
      struct.slice(0, 6),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    return word(struct.u32(8) === 1, "mac-source", bytes.join(":"));
  },
};

const PACKET_TYPES = ["unicast", "broadcast", "multicast"];

export const PKTTYPE: Extension = {
  name: "pkttype",
  revision: 0,
  options: { "pkt-type": 1 },
  encode(options) {
    needOption(options, "pkttype", "pkt-type");
    const text = valueOf(options[0]!);
    const type = PACKET_TYPES.indexOf(text === "host" ? "unicast" : text);
    if (type < 0) throw new IptablesError(`--pkt-type: bad value "${text}"`);
    return new Struct(8).set32(0, type).set32(4, options[0]!.inverted ? 1 : 0)
      .info;
  },
  words: (struct) =>
    word(
      struct.u32(4) === 1,
      "pkt-type",
      PACKET_TYPES[struct.u32(0)] ?? `${struct.u32(0)}`,
    ),
};

export const TTL_MATCH = hopsMatch("ttl", 4);
export const HL_MATCH = hopsMatch("hl", 6);

/** Mode 0 is equal, 1 is not equal. */
function hopsMatch(name: string, family: Family): Extension {
  const modes = [`${name}-eq`, `${name}-eq`, `${name}-lt`, `${name}-gt`];
  return {
    name,
    revision: 0,
    family,
    options: Object.fromEntries(modes.map((mode) => [mode, 1])),
    encode(options) {
      needOption(options, name, ...new Set(modes));
      const { name: mode, inverted } = options[0]!;
      const number = inverted ? 1 : modes.indexOf(mode);
      const value = numberOf(valueOf(options[0]!), `--${mode}`, 255);
      return new Struct(2).set8(0, number).set8(1, value).info;
    },
    words: (struct) =>
      word(
        struct.u8(0) === 1,
        modes[struct.u8(0)] ?? modes[0]!,
        `${struct.u8(1)}`,
      ),
  };
}

const FILTER_FLAGS = { loose: 1, validmark: 2, "accept-local": 4, invert: 8 };

export const RPFILTER: Extension = {
  name: "rpfilter",
  revision: 0,
  options: { loose: 0, validmark: 0, "accept-local": 0, invert: 0 },
  encode(options) {
    const struct = new Struct(1);
    for (const { name } of options) {
      struct.add8(0, FILTER_FLAGS[name as keyof typeof FILTER_FLAGS]);
    }
    return struct.info;
  },
  words: (struct) =>
    Object.entries(FILTER_FLAGS).filter(([, bit]) => struct.u8(0) & bit)
      .map(([name]) => `--${name}`),
};

const BRIDGE_SIDES = [["physdev-in", 1, 0], ["physdev-out", 2, 32]] as const;
const BRIDGE_STATES = [
  ["physdev-is-in", 8],
  ["physdev-is-out", 16],
  ["physdev-is-bridged", 4],
] as const;

export const PHYSDEV: Extension = {
  name: "physdev",
  revision: 0,
  options: {
    "physdev-in": 1,
    "physdev-out": 1,
    "physdev-is-in": 0,
    "physdev-is-out": 0,
    "physdev-is-bridged": 0,
  },
  encode(options) {
    needOption(options, "physdev", "physdev-in", "physdev-out");
    const struct = new Struct(66);
    for (const option of options) setBridge(struct, option);
    return struct.info;
  },
  words(struct) {
    const has = (bit: number) => (struct.u8(65) & bit) !== 0;
    const not = (bit: number) => (struct.u8(64) & bit) !== 0;
    return [
      ...BRIDGE_SIDES.filter(([, bit]) => has(bit)).flatMap(
        ([option, bit, at]) => word(not(bit), option, struct.text(at, 16)),
      ),
      ...BRIDGE_STATES.filter(([, bit]) => has(bit)).flatMap(
        ([option, bit]) => word(not(bit), option),
      ),
    ];
  },
};

function setBridge(struct: Struct, option: Option): void {
  const side = BRIDGE_SIDES.find(([name]) => name === option.name);
  const bit = side?.[1] ??
    BRIDGE_STATES.find(([name]) => name === option.name)![1];
  struct.add8(65, bit);
  if (option.inverted) struct.add8(64, bit);
  if (side === undefined) return;
  const name = valueOf(option);
  const prefix = encodeText(name.replace(/\+$/, ""));
  if (prefix.length > 15) {
    throw new IptablesError(
      `interface name \`${name}' must be shorter than 16`,
    );
  }
  struct.setText(side[2], name);
  const length = prefix.length + (name.endsWith("+") ? 0 : 1);
  struct.set(side[2] + 16, new Uint8Array(length).fill(255));
}
