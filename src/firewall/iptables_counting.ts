/**
 * Matches that count: how often, how many at once, how lately.
 *
 * ```text
 * limit       0 average u32, in 1/10,000 s between packets   4 burst u32   … kept by the kernel, 40 in all
 * statistic   0 mode u16   2 inverted u16   4 probability u32, of 2^31; or every, packet, count u32
 * connlimit   0 mask 16   16 limit u32   20 flags u32   24 kept by the kernel
 * recent      0 seconds u32   4 hits u32   8 what u8   9 inverted u8   10 name 200   210 side u8   212 mask 16
 * ```
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import { encodeText } from "../config/conf_text.ts";
import {
  type Extension,
  needOption,
  type Option,
  valueOf,
  word,
} from "./iptables_extension.ts";
import { averageOf, rateText } from "./iptables_native_limit.ts";
import { type Family, IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import {
  maskLength,
  needAddress,
  numberOf,
  parseMask,
} from "./iptables_values.ts";

const ALL_OF = new Uint8Array(16).fill(0xff);
/** 3/hour. */
const DEFAULT_AVERAGE = 12_000_000;
const DEFAULT_BURST = 5;
export const LIMIT: Extension = {
  name: "limit",
  revision: 0,
  options: { limit: 1, "limit-burst": 1 },
  encode(options) {
    const struct = new Struct(40).set32(0, DEFAULT_AVERAGE)
      .set32(4, DEFAULT_BURST);
    for (const option of options) {
      if (option.inverted) {
        throw new IptablesError(`--${option.name} cannot be inverted`);
      }
      const value = valueOf(option);
      if (option.name === "limit") struct.set32(0, averageOf(value));
      else struct.set32(4, numberOf(value, "--limit-burst", 10_000));
    }
    return struct.info;
  },
  words(struct) {
    const burst = struct.u32(4);
    return [
      "--limit",
      rateText(struct.u32(0)),
      ...burst === DEFAULT_BURST ? [] : ["--limit-burst", `${burst}`],
    ];
  },
};

const RANDOM = 0;
const NTH = 1;
const WHOLE = 0x80000000;

export const STATISTIC: Extension = {
  name: "statistic",
  revision: 0,
  options: { mode: 1, probability: 1, every: 1, packet: 1 },
  encode(options) {
    needOption(options, "statistic", "mode");
    const struct = new Struct(24);
    for (const option of options) setStatistic(struct, option);
    return struct.set32(12, struct.u32(4) - struct.u32(8)).info;
  },
  words(struct) {
    const inverted = struct.u16(2) === 1;
    if (struct.u16(0) === RANDOM) {
      const probability = (struct.u32(4) / WHOLE).toFixed(11);
      return [
        "--mode",
        "random",
        ...word(inverted, "probability", probability),
      ];
    }
    return [
      "--mode",
      "nth",
      ...word(inverted, "every", `${struct.u32(4) + 1}`),
      "--packet",
      `${struct.u32(8)}`,
    ];
  },
};

function setStatistic(struct: Struct, option: Option): void {
  const value = valueOf(option);
  if (option.inverted) struct.set16(2, 1);
  switch (option.name) {
    case "mode":
      if (value !== "random" && value !== "nth") {
        throw new IptablesError(`--mode: bad value "${value}"`);
      }
      return void struct.set16(0, value === "random" ? RANDOM : NTH);
    case "probability":
      if (!(Number(value) >= 0 && Number(value) <= 1)) {
        throw new IptablesError(`--probability: bad value "${value}"`);
      }
      return void struct.set32(4, Math.round(Number(value) * WHOLE));
    case "every": {
      const every = numberOf(value, "--every");
      if (every < 2) throw new IptablesError("--every must be 2 at least");
      return void struct.set32(4, every - 1);
    }
    default:
      return void struct.set32(8, numberOf(value, "--packet"));
  }
}

const CONNLIMIT_INVERTED = 1;
const OF_DESTINATION = 2;

export const CONNLIMIT: Extension = {
  name: "connlimit",
  revision: 1,
  options: {
    "connlimit-upto": 1,
    "connlimit-above": 1,
    "connlimit-mask": 1,
    "connlimit-saddr": 0,
    "connlimit-daddr": 0,
  },
  encode(options, { family }) {
    needOption(options, "connlimit", "connlimit-upto", "connlimit-above");
    const struct = new Struct(32).set(0, ALL_OF);
    for (const { name, values: [value = ""], inverted } of options) {
      if (name === "connlimit-daddr") struct.add32(20, OF_DESTINATION);
      if (name === "connlimit-mask") {
        struct.set(0, new Uint8Array(16)).set(0, parseMask(value, family));
      }
      if (!/-(upto|above)$/.test(name)) continue;
      struct.set32(16, numberOf(value, `--${name}`));
      if (inverted !== (name === "connlimit-upto")) {
        struct.add32(20, CONNLIMIT_INVERTED);
      }
    }
    return struct.info;
  },
  words(struct, family) {
    const flags = struct.u32(20);
    const mask = struct.slice(0, family === 4 ? 4 : 16);
    return [
      flags & CONNLIMIT_INVERTED ? "--connlimit-upto" : "--connlimit-above",
      `${struct.u32(16)}`,
      "--connlimit-mask",
      `${maskLength(mask) ?? formatAddress(mask)}`,
      flags & OF_DESTINATION ? "--connlimit-daddr" : "--connlimit-saddr",
    ];
  },
};

const NAME_LENGTH = 200;
const ACTIONS = { rcheck: 1, set: 2, update: 4, remove: 8 } as const;
const WITH_TTL = 16;
const REAP = 32;

export const RECENT: Extension = {
  name: "recent",
  revision: 1,
  options: {
    ...{ set: 0, rcheck: 0, update: 0, remove: 0, seconds: 1, reap: 0 },
    ...{ hitcount: 1, rttl: 0, name: 1, rsource: 0, rdest: 0, mask: 1 },
  },
  encode(options, { family }) {
    const struct = new Struct(228).set(212, ALL_OF).setText(10, "DEFAULT");
    for (const option of options) setRecent(struct, option, family);
    if ((struct.u8(8) & 15) === 0) {
      needOption([], "recent", ...Object.keys(ACTIONS));
    }
    return struct.info;
  },
  words(struct, family) {
    const bits = struct.u8(8);
    const seconds = struct.u32(0);
    const hits = struct.u32(4);
    const mask = struct.slice(212, family === 4 ? 4 : 16);
    const actions = ["set", "rcheck", "update", "remove"] as const;
    const action = actions.find((name) => bits & ACTIONS[name]) ?? "set";
    return [
      ...word(struct.u8(9) === 1, action),
      ...seconds === 0 ? [] : ["--seconds", `${seconds}`],
      ...bits & REAP ? ["--reap"] : [],
      ...hits === 0 ? [] : ["--hitcount", `${hits}`],
      ...bits & WITH_TTL ? ["--rttl"] : [],
      ...["--name", struct.text(10, NAME_LENGTH)],
      ...["--mask", formatAddress(mask)],
      struct.u8(210) === 1 ? "--rdest" : "--rsource",
    ];
  },
};

function setRecent(struct: Struct, option: Option, family: Family): void {
  const value = valueOf(option);
  if (option.name in ACTIONS) {
    struct.add8(8, ACTIONS[option.name as keyof typeof ACTIONS]);
    if (option.inverted) struct.set8(9, 1);
    return;
  }
  switch (option.name) {
    case "seconds":
      return void struct.set32(0, numberOf(value, "--seconds"));
    case "hitcount":
      return void struct.set32(4, numberOf(value, "--hitcount"));
    case "rttl":
      return void struct.add8(8, WITH_TTL);
    case "reap":
      return void struct.add8(8, REAP);
    case "rdest":
      return void struct.set8(210, 1);
    case "rsource":
      return void struct.set8(210, 0);
    case "mask":
      return void struct.set(212, needAddress(value, family));
  }
  const name = encodeText(value);
  if (name.length >= NAME_LENGTH) throw new IptablesError("--name: too long");
  // Over the default's name, whose end stays behind the NUL: iptables compares it.
  struct.set(10, name).set8(10 + name.length, 0);
}
