/** The two clocks that the core is given: one that never goes back, and the wall's. @module */

import type { WallTime } from "../noise/tai64n.ts";

/** Milliseconds for which the machine slept while the program ran. */
let slept = 0;

/** Milliseconds since the program began. Those that the machine slept count once {@linkcode addSleep} has told them. */
export function monotonic(): number {
  return performance.now() + slept;
}

/** The machine has slept, during which the system's monotonic clock stood still: sessions grow old all the same. */
export function addSleep(milliseconds: number): void {
  slept += milliseconds;
}

/** Unix time, in steps of a millisecond. */
export function wallClock(): WallTime {
  const now = Date.now();
  return {
    seconds: Math.floor(now / 1_000),
    nanoseconds: now % 1_000 * 1_000_000,
  };
}
