/**
 * `-m limit` as the expression `limit` of nf_tables: packets in a unit of seconds.
 *
 * ```text
 * 5/min, burst 7      average 120,000 (1/10,000 s between packets)      rate 5, unit 60, burst 7
 * ```
 *
 * @module
 */

import type { Expression, ExpressionOf } from "../../ffi/nf_tables_schema.ts";
import { IptablesError, type Part } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";

/** Averages are counted in so many parts of a second. */
const SCALE = 10_000;
const PACKETS = 0;
const STRUCT_LENGTH = 40;

/** Name · short name · seconds. */
const UNITS = [
  ["day", "day", 86_400],
  ["hour", "hour", 3_600],
  ["minute", "min", 60],
  ["second", "sec", 1],
] as const;

/** The rate of an average, in the shortest unit in which it is a whole number, or nearly. */
export function rateOf(
  average: number,
  scale = SCALE,
): { rate: number; seconds: number } {
  let seconds: number = UNITS[0][2];
  for (const [, , shorter] of UNITS.slice(1)) {
    const whole = scale * shorter;
    if (average > whole) break;
    if (Math.floor(whole / average) < whole % average) break;
    seconds = shorter;
  }
  return { rate: Math.floor(scale * seconds / average), seconds };
}

/** `5/min` of an average. */
export function rateText(average: number, scale = SCALE): string {
  const { rate, seconds } = rateOf(average, scale);
  return `${rate}/${UNITS.find((unit) => unit[2] === seconds)![1]}`;
}

/** The average of `5`, `5/s`, `5/min`, `5/hour` or `5/day`. @throws IptablesError */
export function averageOf(text: string, scale = SCALE): number {
  const [count = "", unit = "second"] = text.split("/");
  const seconds = UNITS.find(([name]) =>
    unit !== "" && name.startsWith(unit.toLowerCase())
  )?.[2];
  const average = Math.floor(scale * (seconds ?? NaN) / Number(count));
  if (!/^\d+$/.test(count) || !Number.isFinite(average)) {
    throw new IptablesError(`bad rate "${text}"`);
  }
  if (average === 0) throw new IptablesError(`rate too fast "${text}"`);
  return average;
}

/** The expression that limits as the module's struct says. */
export function encodeLimit(struct: Struct): Expression {
  const { rate, seconds } = rateOf(struct.u32(0));
  return {
    name: "limit",
    rate: BigInt(rate),
    unit: BigInt(seconds),
    burst: struct.u32(4),
    type: PACKETS,
    flags: 0,
  };
}

/** The match that an expression stands for; undefined where it limits bytes, or what is above. */
export function decodeLimit(
  expression: ExpressionOf<"limit">,
): Part | undefined {
  const { rate = 0n, unit = 0n, burst = 0, type, flags } = expression;
  if ((type ?? PACKETS) !== PACKETS || (flags ?? 0) !== 0 || rate === 0n) {
    return undefined;
  }
  const average = Number(BigInt(SCALE) * unit / rate);
  const struct = new Struct(STRUCT_LENGTH).set32(0, average).set32(4, burst);
  return { name: "limit", revision: 0, info: struct.info };
}
