/**
 * Matches that look into a packet, or at who takes it: string, dscp, helper, socket.
 *
 * ```text
 * xt_string_info     0 from u16   2 to u16   4 algorithm 16   20 pattern 128   148 its length u8   149 flags u8   152 kept by the kernel
 * xt_dscp_info       0 value u8   1 inverted u8
 * xt_helper_info     0 inverted i32   4 name 30
 * xt_socket_mtinfo3  0 flags u8
 * ```
 *
 * @module
 */

import { decodeText, encodeText } from "../config/conf_text.ts";
import {
  type Extension,
  needOption,
  type Option,
  valueOf,
  word,
} from "./iptables_extension.ts";
import { IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { dscpNumber } from "./iptables_targets.ts";
import { numberOf } from "./iptables_values.ts";

const PATTERN_LENGTH = 128;
const INVERTED = 1;
const IGNORES_CASE = 2;
const END = 0xffff;

export const STRING: Extension = {
  name: "string",
  revision: 1,
  options: {
    ...{ string: 1, "hex-string": 1, algo: 1, from: 1, to: 1, icase: 0 },
  },
  encode(options) {
    const has = (...names: string[]) =>
      options.filter(({ name }) => names.includes(name));
    needOption(has("string", "hex-string"), "string", "string", "hex-string");
    needOption(has("algo"), "string", "algo");
    const struct = new Struct(160).set16(2, END);
    for (const option of options) setString(struct, option);
    return struct.info;
  },
  words(struct) {
    const flags = struct.u8(149);
    const pattern = struct.slice(20, struct.u8(148));
    const [option, text] = patternText(pattern);
    const [from, to] = [struct.u16(0), struct.u16(2)];
    return [
      ...word((flags & INVERTED) !== 0, option, text),
      "--algo",
      struct.text(4, 16),
      ...from === 0 ? [] : ["--from", `${from}`],
      ...to === END ? [] : ["--to", `${to}`],
      ...flags & IGNORES_CASE ? ["--icase"] : [],
    ];
  },
};

function setString(struct: Struct, option: Option): void {
  const value = valueOf(option);
  switch (option.name) {
    case "algo":
      if (value !== "bm" && value !== "kmp") {
        throw new IptablesError(`--algo: bad value "${value}"`);
      }
      return void struct.setText(4, value);
    case "from":
      return void struct.set16(0, numberOf(value, "--from", END));
    case "to":
      return void struct.set16(2, numberOf(value, "--to", END));
    case "icase":
      return void struct.add8(149, IGNORES_CASE);
  }
  const pattern = option.name === "string"
    ? encodeText(value)
    : hexBytes(value);
  if (pattern.length === 0 || pattern.length > PATTERN_LENGTH) {
    throw new IptablesError(`--${option.name}: 1 to ${PATTERN_LENGTH} bytes`);
  }
  struct.set(20, pattern).set8(148, pattern.length);
  if (option.inverted) struct.add8(149, INVERTED);
}

/** `|0d 0a|text`: bytes between bars, the rest as it is. */
function hexBytes(text: string): Uint8Array {
  const parts = text.split("|");
  if (parts.length % 2 === 0) {
    throw new IptablesError(`--hex-string: a "|" is missing in "${text}"`);
  }
  return Uint8Array.from(parts.flatMap((part, i) => {
    if (i % 2 === 0) return [...encodeText(part)];
    const digits = part.replaceAll(" ", "");
    if (!/^([0-9a-f]{2})*$/i.test(digits)) {
      throw new IptablesError(`--hex-string: bad hex digits "${part}"`);
    }
    return Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  }));
}

function patternText(pattern: Uint8Array): [option: string, text: string] {
  const plain = pattern.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (plain && pattern.at(-1) !== 0x20) {
    const text = decodeText(pattern).replace(/["\\]/g, "\\$&");
    return ["string", `"${text}"`];
  }
  const digits = Array.from(
    pattern,
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return ["hex-string", `"|${digits.join("")}|"`];
}

export const DSCP_MATCH: Extension = {
  name: "dscp",
  revision: 0,
  options: { dscp: 1, "dscp-class": 1 },
  encode(options) {
    needOption(options, "dscp", "dscp", "dscp-class");
    const value = dscpNumber(options[0]!);
    return new Struct(2).set8(0, value).set8(1, options[0]!.inverted ? 1 : 0)
      .info;
  },
  words: (struct) =>
    word(
      struct.u8(1) === 1,
      "dscp",
      `0x${struct.u8(0).toString(16).padStart(2, "0")}`,
    ),
};

const HELPER_LENGTH = 30;

export const HELPER: Extension = {
  name: "helper",
  revision: 0,
  options: { helper: 1 },
  encode(options) {
    needOption(options, "helper", "helper");
    const name = valueOf(options[0]!);
    if (encodeText(name).length >= HELPER_LENGTH) {
      throw new IptablesError(`--helper: at most ${HELPER_LENGTH - 1} bytes`);
    }
    return new Struct(34).set32(0, options[0]!.inverted ? 1 : 0)
      .setText(4, name).info;
  },
  words: (struct) =>
    word(struct.u32(0) === 1, "helper", struct.text(4, HELPER_LENGTH)),
};

const SOCKET_FLAGS: Readonly<Record<string, number>> = {
  transparent: 1,
  nowildcard: 2,
  "restore-skmark": 4,
};

export const SOCKET: Extension = {
  name: "socket",
  revision: 3,
  options: { transparent: 0, nowildcard: 0, "restore-skmark": 0 },
  encode(options) {
    const struct = new Struct(1);
    for (const { name } of options) struct.add8(0, SOCKET_FLAGS[name]!);
    return struct.info;
  },
  words: (struct) =>
    Object.entries(SOCKET_FLAGS).filter(([, bit]) => struct.u8(0) & bit)
      .map(([name]) => `--${name}`),
};
