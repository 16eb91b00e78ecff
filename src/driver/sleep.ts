/**
 * How long the machine has slept: the clock that goes on meanwhile, less the one that does not.
 *
 * @module
 */

/** Milliseconds that are no sleep: /proc/uptime counts in hundredths of a second. */
const LEAST = 500;

/** The two clocks, milliseconds. */
export interface SleepClocks {
  /** Goes on while the machine sleeps. */
  boot(): number;
  /** Does not. */
  awake(): number;
}

/** Those of this machine. */
export const machineClocks: SleepClocks = {
  boot: () => 1_000 * parseFloat(Deno.readTextFileSync("/proc/uptime")),
  awake: () => performance.now(),
};

/** Tells what was slept since it was asked last. */
export class SleepMeter {
  #clocks: SleepClocks;
  #difference: number;

  constructor(clocks: SleepClocks = machineClocks) {
    this.#clocks = clocks;
    this.#difference = this.#measure();
  }

  /** Milliseconds slept since the last call; 0 where the clock was only set. */
  slept(): number {
    const difference = this.#measure();
    const slept = difference - this.#difference;
    if (Math.abs(slept) < LEAST) return 0;
    this.#difference = difference;
    return Math.max(0, slept);
  }

  #measure(): number {
    return this.#clocks.boot() - this.#clocks.awake();
  }
}
