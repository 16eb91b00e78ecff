/**
 * The targets that decide nothing about addresses: what is noted, refused or changed on the way.
 *
 * ```text
 * LOG         0 level u8   1 flags u8   2 prefix 30
 * REJECT      0 with u32
 * TCPMSS      0 largest segment u16; 65535: what the path carries
 * CT          0 flags u16   2 zone u16   4 events u32, u32   12 helper 16   28 timeout 32   64 kept by the kernel
 * TTL, HL     0 mode u8   1 value u8
 * CLASSIFY    0 class u32
 * DSCP        0 value u8
 * CHECKSUM    0 operation u8
 * ```
 *
 * @module
 */

import { encodeText } from "../config/conf_text.ts";
import {
  type Extension,
  needOption,
  type Option,
  valueOf,
} from "./iptables_extension.ts";
import { TCP } from "./iptables_names.ts";
import { type Family, IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { numberOf, quoted } from "./iptables_values.ts";

const PREFIX_LENGTH = 30;
const WARNING = 4;
const LEVELS: Readonly<Record<string, number>> = {
  emerg: 0,
  panic: 0,
  alert: 1,
  crit: 2,
  err: 3,
  error: 3,
  warning: WARNING,
  warn: WARNING,
  notice: 5,
  info: 6,
  debug: 7,
};
const LOG_FLAGS: Readonly<Record<string, number>> = {
  "log-tcp-sequence": 1,
  "log-tcp-options": 2,
  "log-ip-options": 4,
  "log-uid": 8,
  "log-macdecode": 32,
};

export const LOG: Extension = {
  name: "LOG",
  revision: 0,
  options: {
    "log-prefix": 1,
    "log-level": 1,
    ...Object.fromEntries(Object.keys(LOG_FLAGS).map((name) => [name, 0])),
  },
  encode(options) {
    const struct = new Struct(32).set8(0, WARNING);
    for (const option of options) setLog(struct, option);
    return struct.info;
  },
  words(struct) {
    const prefix = struct.text(2, PREFIX_LENGTH);
    const level = struct.u8(0);
    const flags = Object.entries(LOG_FLAGS).filter(([, bit]) =>
      struct.u8(1) & bit
    );
    return [
      ...prefix === "" ? [] : ["--log-prefix", quoted(prefix)],
      ...level === WARNING ? [] : ["--log-level", `${level}`],
      ...flags.map(([name]) => `--${name}`),
    ];
  },
};

function setLog(struct: Struct, option: Option): void {
  const value = valueOf(option);
  if (option.name === "log-prefix") {
    const text = encodeText(value);
    if (/\n/.test(value)) {
      throw new IptablesError("--log-prefix: newlines not allowed");
    }
    struct.set(2, text.subarray(0, PREFIX_LENGTH - 1));
  } else if (option.name === "log-level") {
    struct.set8(
      0,
      LEVELS[value.toLowerCase()] ?? numberOf(value, "--log-level", 7),
    );
  } else {
    struct.add8(1, LOG_FLAGS[option.name]!);
  }
}

/** Number · name · short name. */
type Answers = readonly (readonly [number, string, string])[];

const ANSWERS: Answers = [
  [0, "icmp-net-unreachable", "net-unreach"],
  [1, "icmp-host-unreachable", "host-unreach"],
  [2, "icmp-proto-unreachable", "proto-unreach"],
  [3, "icmp-port-unreachable", "port-unreach"],
  [5, "icmp-net-prohibited", "net-prohib"],
  [6, "icmp-host-prohibited", "host-prohib"],
  [7, "tcp-reset", "tcp-rst"],
  [8, "icmp-admin-prohibited", "admin-prohib"],
];
const ANSWERS6: Answers = [
  [0, "icmp6-no-route", "no-route"],
  [1, "icmp6-adm-prohibited", "adm-prohibited"],
  [3, "icmp6-addr-unreachable", "addr-unreach"],
  [4, "icmp6-port-unreachable", "port-unreach"],
  [6, "tcp-reset", "tcp-reset"],
  [7, "icmp6-policy-fail", "policy-fail"],
  [8, "icmp6-reject-route", "reject-route"],
];

export const REJECT: Extension = {
  name: "REJECT",
  revision: 0,
  options: { "reject-with": 1 },
  encode(options, { family, protocol }) {
    const answers = family === 4 ? ANSWERS : ANSWERS6;
    const value = options[0] === undefined
      ? "port-unreach"
      : valueOf(options[0]);
    const found = answers.find((names) => names.includes(value)) ??
      onlyStart(answers, value);
    if (found === undefined) {
      throw new IptablesError(`unknown reject type "${value}"`);
    }
    if (found[1] === "tcp-reset" && protocol !== TCP) {
      throw new IptablesError("--reject-with tcp-reset needs `-p tcp'");
    }
    return new Struct(4).set32(0, found[0]).info;
  },
  words(struct, family) {
    const answers = family === 4 ? ANSWERS : ANSWERS6;
    const name = answers.find(([number]) => number === struct.u32(0))?.[1];
    return ["--reject-with", name ?? `${struct.u32(0)}`];
  },
};

/** Names may be cut short. */
function onlyStart(answers: Answers, value: string) {
  return value === ""
    ? undefined
    : answers.find(([, name, short]) =>
      name.startsWith(value) || short.startsWith(value)
    );
}

const CLAMP = 0xffff;
/** The headers that are taken off the MTU. */
const LEAST_HEADERS = { 4: 40, 6: 60 };

export const TCPMSS: Extension = {
  name: "TCPMSS",
  revision: 0,
  options: { "set-mss": 1, "clamp-mss-to-pmtu": 0 },
  encode(options, { family }) {
    needOption(options, "TCPMSS", "set-mss", "clamp-mss-to-pmtu");
    const [option, more] = options;
    if (more !== undefined) {
      throw new IptablesError("TCPMSS: only one of its options is allowed");
    }
    const highest = CLAMP - LEAST_HEADERS[family];
    const size = option!.name === "set-mss"
      ? numberOf(valueOf(option!), "--set-mss", highest)
      : CLAMP;
    return new Struct(2).set16(0, size).info;
  },
  words: (struct) =>
    struct.u16(0) === CLAMP
      ? ["--clamp-mss-to-pmtu"]
      : ["--set-mss", `${struct.u16(0)}`],
};

const NOTRACK_FLAG = 1;
/** It was asked for as `-j NOTRACK`. */
const NOTRACK_NAME = 2;
const CT_LENGTH = 72;

export const CT_TARGET: Extension = {
  name: "CT",
  revision: 2,
  options: { notrack: 0, helper: 1, zone: 1 },
  encode(options) {
    const struct = new Struct(CT_LENGTH);
    for (const option of options) {
      const value = valueOf(option);
      if (option.name === "notrack") struct.add16(0, NOTRACK_FLAG);
      if (option.name === "zone") {
        struct.set16(2, numberOf(value, "--zone", 0xffff));
      }
      if (option.name === "helper") {
        if (encodeText(value).length > 15) {
          throw new IptablesError("--helper: at most 15 characters");
        }
        struct.setText(12, value);
      }
    }
    return struct.info;
  },
  words(struct) {
    const helper = struct.text(12, 16);
    const zone = struct.u16(2);
    if (struct.u16(0) & NOTRACK_NAME) return [];
    return [
      ...struct.u16(0) & NOTRACK_FLAG ? ["--notrack"] : [],
      ...helper === "" ? [] : ["--helper", helper],
      ...zone === 0 ? [] : ["--zone", `${zone}`],
    ];
  },
  listedName: (struct) => struct.u16(0) & NOTRACK_NAME ? "NOTRACK" : "CT",
};

/** The old name of `-j CT --notrack`. */
export const NOTRACK: Extension = {
  name: "NOTRACK",
  module: "CT",
  revision: 2,
  options: {},
  encode: () =>
    new Struct(CT_LENGTH).set16(0, NOTRACK_FLAG | NOTRACK_NAME).info,
  words: () => [],
};

export const TTL_TARGET = hopsTarget("TTL", "ttl", 4);
export const HL_TARGET = hopsTarget("HL", "hl", 6);

function hopsTarget(name: string, option: string, family: Family): Extension {
  const modes = [`${option}-set`, `${option}-inc`, `${option}-dec`];
  return {
    name,
    revision: 0,
    family,
    options: Object.fromEntries(modes.map((mode) => [mode, 1])),
    encode(options) {
      needOption(options, name, ...modes);
      const mode = options[0]!.name;
      const value = numberOf(valueOf(options[0]!), `--${mode}`, 255);
      return new Struct(2).set8(0, modes.indexOf(mode)).set8(1, value).info;
    },
    words: (struct) => [
      `--${modes[struct.u8(0)] ?? modes[0]}`,
      `${struct.u8(1)}`,
    ],
  };
}

export const CLASSIFY: Extension = {
  name: "CLASSIFY",
  revision: 0,
  options: { "set-class": 1 },
  encode(options) {
    needOption(options, "CLASSIFY", "set-class");
    const text = valueOf(options[0]!);
    const found = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(text);
    if (found === null) throw new IptablesError(`bad class value "${text}"`);
    const [major, minor] = found.slice(1).map((part) => parseInt(part, 16));
    return new Struct(4).set16(0, minor!).set16(2, major!).info;
  },
  words: (struct) => [
    "--set-class",
    [struct.u16(2), struct.u16(0)].map((part) =>
      part.toString(16).padStart(4, "0")
    ).join(":"),
  ],
};

const CLASSES: Readonly<Record<string, number>> = {
  BE: 0,
  EF: 46,
  ...Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`CS${i}`, i * 8]),
  ),
  ...Object.fromEntries(
    [1, 2, 3, 4].flatMap((high) =>
      [1, 2, 3].map((low) => [`AF${high}${low}`, high * 8 + low * 2])
    ),
  ),
};

export const DSCP_TARGET: Extension = {
  name: "DSCP",
  revision: 0,
  options: { "set-dscp": 1, "set-dscp-class": 1 },
  encode(options) {
    needOption(options, "DSCP", "set-dscp", "set-dscp-class");
    return new Struct(1).set8(0, dscpNumber(options[0]!)).info;
  },
  words: (
    struct,
  ) => ["--set-dscp", `0x${struct.u8(0).toString(16).padStart(2, "0")}`],
};

/** The value of an option that takes a number, or a class if its name says so. @throws IptablesError */
export function dscpNumber(option: Option): number {
  const value = valueOf(option);
  if (!option.name.endsWith("-class")) {
    return numberOf(value, `--${option.name}`, 63);
  }
  const number = CLASSES[value.toUpperCase()];
  if (number !== undefined) return number;
  throw new IptablesError(`invalid DSCP class "${value}"`);
}

export const CHECKSUM: Extension = {
  name: "CHECKSUM",
  revision: 0,
  options: { "checksum-fill": 0 },
  encode(options) {
    needOption(options, "CHECKSUM", "checksum-fill");
    return new Struct(1).set8(0, 1).info;
  },
  words: () => ["--checksum-fill"],
};
