/**
 * Marks: `-m mark`, `-m connmark`, `-j MARK` and `-j CONNMARK`.
 *
 * ```text
 * xt_mark_mtinfo1, xt_connmark_mtinfo1   0 mark u32   4 mask u32   8 inverted u8
 * xt_mark_tginfo2                        0 mark u32   4 mask u32         mark = mark & ~mask ^ value
 * xt_connmark_tginfo2                    0 mark u32   4 mask u32   8 packet's mask u32
 *                                        12 shift direction u8   13 shift bits u8   14 mode u8
 * ```
 *
 * | option          | value      | mask          |
 * |-----------------|------------|---------------|
 * | `--set-xmark`   | as given   | as given      |
 * | `--set-mark`    | as given   | value \| mask |
 * | `--and-mark`    | 0          | ~value        |
 * | `--or-mark`     | as given   | value         |
 * | `--xor-mark`    | as given   | 0             |
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
import { IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { hexadecimal, markOf, numberOf } from "./iptables_values.ts";

const ALL = 0xffffffff;
const SET = 0;
const SAVE = 1;
const RESTORE = 2;
const SETTERS = {
  "set-xmark": 1,
  "set-mark": 1,
  "and-mark": 1,
  "or-mark": 1,
  "xor-mark": 1,
};

export const MARK_MATCH = markMatch("mark");
export const CONNMARK_MATCH = markMatch("connmark");

export const MARK_TARGET: Extension = {
  name: "MARK",
  revision: 2,
  options: SETTERS,
  encode(options) {
    needOption(options, "MARK", "set-mark", "and-mark", "or-mark");
    const { value, mask } = readSetter(onlyOne(options, "MARK"));
    return new Struct(8).set32(0, value).set32(4, mask).info;
  },
  words: setWords,
};

export const CONNMARK_TARGET: Extension = {
  name: "CONNMARK",
  revision: 2,
  options: {
    ...SETTERS,
    "save-mark": 0,
    "restore-mark": 0,
    mask: 1,
    nfmask: 1,
    ctmask: 1,
  },
  encode: encodeConnmark,
  words(struct) {
    const mode = struct.u8(14);
    if (mode === SET) return setWords(struct);
    return [
      mode === SAVE ? "--save-mark" : "--restore-mark",
      "--nfmask",
      hexadecimal(struct.u32(8)),
      "--ctmask",
      hexadecimal(struct.u32(4)),
    ];
  },
};

function markMatch(name: string): Extension {
  return {
    name,
    revision: 1,
    options: { mark: 1 },
    encode(options) {
      needOption(options, name, "mark");
      const option = onlyOne(options, name);
      const { value, mask = ALL } = markOf(valueOf(option), "--mark");
      const inverted = option.inverted ? 1 : 0;
      return new Struct(12).set32(0, value).set32(4, mask).set8(8, inverted)
        .info;
    },
    words(struct) {
      const [value, mask] = [struct.u32(0), struct.u32(4)];
      const text = mask === ALL
        ? hexadecimal(value)
        : `${hexadecimal(value)}/${hexadecimal(mask)}`;
      return word(struct.u8(8) === 1, "mark", text);
    },
  };
}

function onlyOne(options: readonly Option[], name: string): Option {
  const [first, more] = options;
  if (more === undefined) return first!;
  throw new IptablesError(
    `${name}: only one of --${first!.name} and --${more.name} is allowed`,
  );
}

function readSetter(option: Option): { value: number; mask: number } {
  const text = valueOf(option);
  switch (option.name) {
    case "set-xmark": {
      const { value, mask = ALL } = markOf(text, "--set-xmark");
      return { value, mask };
    }
    case "set-mark": {
      const { value, mask = ALL } = markOf(text, "--set-mark");
      return { value, mask: (value | mask) >>> 0 };
    }
    case "and-mark":
      return { value: 0, mask: ~numberOf(text, "--and-mark") >>> 0 };
    case "or-mark": {
      const value = numberOf(text, "--or-mark");
      return { value, mask: value };
    }
    default:
      return { value: numberOf(text, "--xor-mark"), mask: 0 };
  }
}

function setWords(struct: Struct): string[] {
  const [value, mask] = [struct.u32(0), struct.u32(4)];
  return ["--set-xmark", `${hexadecimal(value)}/${hexadecimal(mask)}`];
}

function encodeConnmark(options: readonly Option[]): Uint8Array {
  const isMask = ({ name }: Option) => /^(mask|nfmask|ctmask)$/.test(name);
  const actions = options.filter((option) => !isMask(option));
  needOption(actions, "CONNMARK", "set-mark", "save-mark", "restore-mark");
  const action = onlyOne(actions, "CONNMARK");
  const masks = options.filter(isMask);
  if (action.name in SETTERS) {
    if (masks.length > 0) {
      throw new IptablesError(
        `CONNMARK: --${masks[0]!.name} goes with --save-mark or --restore-mark`,
      );
    }
    const { value, mask } = readSetter(action);
    return new Struct(15).set32(0, value).set32(4, mask).set32(8, ALL).info;
  }
  const struct = new Struct(15).set32(4, ALL).set32(8, ALL);
  for (const option of masks) {
    const mask = numberOf(valueOf(option), `--${option.name}`);
    if (option.name !== "nfmask") struct.set32(4, mask);
    if (option.name !== "ctmask") struct.set32(8, mask);
  }
  return struct.set8(14, action.name === "save-mark" ? SAVE : RESTORE).info;
}
