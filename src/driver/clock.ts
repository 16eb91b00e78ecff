/** The two clocks that the core is given: one that never goes back, and the wall's. @module */

import type { WallTime } from "../noise/tai64n.ts";

/** Milliseconds since the program began. */
export function monotonic(): number {
  return performance.now();
}

/** Unix time, in steps of a millisecond. */
export function wallClock(): WallTime {
  const now = Date.now();
  return {
    seconds: Math.floor(now / 1_000),
    nanoseconds: now % 1_000 * 1_000_000,
  };
}
