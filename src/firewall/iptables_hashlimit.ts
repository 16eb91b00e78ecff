/**
 * `-m hashlimit`: how often, for each address or port by itself.
 *
 * ```text
 * struct xt_hashlimit_mtinfo3
 *   0 name 255   256 average u64, in 1/1,000,000 s between packets   264 burst u64
 * 272 by what u32   276 size u32   280 most u32   284 cleaned every u32 ms   288 kept u32 ms
 * 296 source's mask u8   297 destination's   304 kept by the kernel
 * ```
 *
 * @module
 */

import { encodeText } from "../config/conf_text.ts";
import {
  bitsOf,
  type Extension,
  namesOf,
  needOption,
  type Option,
  valueOf,
} from "./iptables_extension.ts";
import { averageOf, rateOf, rateText } from "./iptables_native_limit.ts";
import { type Family, IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { numberOf } from "./iptables_values.ts";

const LENGTH = 312;
const NAME_LENGTH = 15;
const SCALE = 1_000_000;
const DEFAULT_BURST = 5;
const DEFAULT_INTERVAL = 1_000;
const ABOVE = 16;
const MODES = { SRCIP: 4, SRCPORT: 8, DSTIP: 1, DSTPORT: 2 };
const PREFIX = "hashlimit-";

/** Option · offset · highest value. */
const NUMBERS: readonly (readonly [string, number])[] = [
  ["hashlimit-htable-size", 276],
  ["hashlimit-htable-max", 280],
  ["hashlimit-htable-gcinterval", 284],
  ["hashlimit-htable-expire", 288],
];
const MASKS = [["hashlimit-srcmask", 296], ["hashlimit-dstmask", 297]] as const;

export const HASHLIMIT: Extension = {
  name: "hashlimit",
  revision: 3,
  options: {
    hashlimit: 1,
    "hashlimit-upto": 1,
    "hashlimit-above": 1,
    "hashlimit-burst": 1,
    "hashlimit-mode": 1,
    "hashlimit-name": 1,
    ...Object.fromEntries([...NUMBERS, ...MASKS].map(([name]) => [name, 1])),
  },
  encode(options, { family }) {
    const find = (pattern: RegExp) =>
      options.find(({ name }) => pattern.test(name));
    const rate = find(/^hashlimit(-upto|-above)?$/);
    const name = find(/-name$/);
    needOption(
      rate ? [rate] : [],
      "hashlimit",
      "hashlimit-upto",
      "hashlimit-above",
    );
    needOption(name ? [name] : [], "hashlimit", "hashlimit-name");
    const struct = new Struct(LENGTH).set32(264, DEFAULT_BURST)
      .set32(284, DEFAULT_INTERVAL)
      .set8(296, bitsIn(family)).set8(297, bitsIn(family));
    setRate(struct, rate!);
    for (const option of options) setOption(struct, option, family);
    return struct.info;
  },
  words(struct, family) {
    const mode = struct.u32(272);
    const average = struct.u64(256);
    const kept = rateOf(average, SCALE).seconds * 1_000;
    const modes = namesOf(mode, MODES).toLowerCase();
    const usual = [0, 0, DEFAULT_INTERVAL, kept];
    return [
      mode & ABOVE ? "--hashlimit-above" : "--hashlimit-upto",
      rateText(average, SCALE),
      "--hashlimit-burst",
      `${struct.u32(264)}`,
      ...modes === "" ? [] : ["--hashlimit-mode", modes],
      "--hashlimit-name",
      struct.text(0, NAME_LENGTH + 1),
      ...NUMBERS.flatMap(([option, at], i) =>
        struct.u32(at) === usual[i] ? [] : [`--${option}`, `${struct.u32(at)}`]
      ),
      ...MASKS.flatMap(([option, at]) =>
        struct.u8(at) === bitsIn(family)
          ? []
          : [`--${option}`, `${struct.u8(at)}`]
      ),
    ];
  },
};

/** An entry is kept for the rate's unit unless told otherwise. */
function setRate(struct: Struct, option: Option): void {
  const average = averageOf(valueOf(option), SCALE);
  const above = option.name === "hashlimit-above"
    ? !option.inverted
    : option.inverted;
  struct.set64(256, average).add32(272, above ? ABOVE : 0);
  struct.set32(288, rateOf(average, SCALE).seconds * 1_000);
}

function setOption(struct: Struct, option: Option, family: Family): void {
  const value = valueOf(option);
  const what = `--${option.name}`;
  const number = NUMBERS.find(([name]) => name === option.name);
  const mask = MASKS.find(([name]) => name === option.name);
  if (number !== undefined) struct.set32(number[1], numberOf(value, what));
  if (mask !== undefined) {
    struct.set8(mask[1], numberOf(value, what, bitsIn(family)));
  }
  switch (option.name.slice(PREFIX.length)) {
    case "burst":
      struct.set32(264, numberOf(value, what, 10_000));
      break;
    case "mode":
      struct.add32(272, bitsOf(value, MODES, what));
      break;
    case "name":
      if (encodeText(value).length > NAME_LENGTH) {
        throw new IptablesError(`${what}: at most ${NAME_LENGTH} characters`);
      }
      struct.setText(0, value);
  }
}

function bitsIn(family: Family): number {
  return family === 4 ? 32 : 128;
}
