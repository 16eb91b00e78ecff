/**
 * In how many lanes the cipher works: from the number of cores, or what the
 * variable CAKTUS_LANES says.
 *
 * | cores   | lanes |
 * |---------|-------|
 * | 1, 2    | 1     |
 * | 3, 4    | 2     |
 * | 5, 6    | 3     |
 * | 7 and more | 4  |
 *
 * Half of the cores are left to the kernel and to the programs that the packets
 * are for; and of two cores that share one processor's arithmetic the second
 * gains little. Past four lanes the rest of the work, which is done in the first
 * lane alone, is most of what there is.
 *
 * @module
 */

import { MAXIMUM_LANES } from "../transport/layout.ts";

/** Lanes that are used unasked. */
const MOST_UNASKED = 4;
const VARIABLE = "CAKTUS_LANES";

/**
 * The lanes that the environment asks for, else those that fit `cores`.
 *
 * @param asked the variable's value; empty counts as not set
 * @throws RangeError naming the variable, if it has no whole number from 1 to 16
 */
export function laneCount(
  cores: number = navigator.hardwareConcurrency,
  asked: string | undefined = Deno.env.get(VARIABLE),
): number {
  if (asked === undefined || asked === "") return lanesFor(cores);
  const lanes = /^\d{1,2}$/.test(asked) ? Number(asked) : 0;
  if (lanes >= 1 && lanes <= MAXIMUM_LANES) return lanes;
  throw new RangeError(
    `${VARIABLE} is ${asked}, must be 1 to ${MAXIMUM_LANES}: lanes that the cipher works in`,
  );
}

function lanesFor(cores: number): number {
  if (cores <= 2) return 1;
  return Math.min(MOST_UNASKED, Math.ceil(cores / 2));
}
