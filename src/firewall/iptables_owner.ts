/**
 * `-m owner`: whose process made the packet.
 *
 * ```text
 * struct xt_owner_match_info
 * 0 user, lowest and highest u32[2]   8 group, likewise   16 what is compared u8   17 inverted u8
 * ```
 *
 * @module
 */

import {
  type Context,
  type Extension,
  needOption,
  type Option,
  valueOf,
  word,
} from "./iptables_extension.ts";
import { formatRange } from "./iptables_names.ts";
import { IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { numberOf } from "./iptables_values.ts";

/** Option · its bit · where its numbers are. */
const SIDES = [["uid-owner", 1, 0], ["gid-owner", 2, 8]] as const;
const SOCKET = 4;
const SUPPLEMENTARY = 8;

export const OWNER: Extension = {
  name: "owner",
  revision: 1,
  options: {
    "uid-owner": 1,
    "gid-owner": 1,
    "socket-exists": 0,
    "suppl-groups": 0,
  },
  encode(options, context) {
    needOption(options, "owner", "uid-owner", "gid-owner", "socket-exists");
    const struct = new Struct(20);
    for (const option of options) setOwner(struct, option, context);
    return struct.info;
  },
  words(struct) {
    const has = (bit: number) => (struct.u8(16) & bit) !== 0;
    const not = (bit: number) => (struct.u8(17) & bit) !== 0;
    return [
      ...has(SOCKET) ? word(not(SOCKET), "socket-exists") : [],
      ...SIDES.filter(([, bit]) => has(bit)).flatMap(([option, bit, at]) =>
        word(
          not(bit),
          option,
          formatRange(struct.u32(at), struct.u32(at + 4), "-"),
        )
      ),
      ...has(SUPPLEMENTARY) ? ["--suppl-groups"] : [],
    ];
  },
};

function setOwner(struct: Struct, option: Option, { lookups }: Context): void {
  const side = SIDES.find(([name]) => name === option.name);
  const bit = side?.[1] ??
    (option.name === "socket-exists" ? SOCKET : SUPPLEMENTARY);
  struct.add8(16, bit);
  if (option.inverted) struct.add8(17, bit);
  if (side === undefined) return;
  const text = valueOf(option);
  const named = option.name === "uid-owner"
    ? lookups.user(text)
    : lookups.group(text);
  const [first = "", last = first] = text.split("-");
  if (named === undefined && !/^\d/.test(text)) {
    throw new IptablesError(`--${option.name}: there is no "${text}"`);
  }
  const lowest = named ?? numberOf(first, `--${option.name}`);
  const highest = named ?? numberOf(last, `--${option.name}`);
  struct.set32(side[2], lowest).set32(side[2] + 4, highest);
}
