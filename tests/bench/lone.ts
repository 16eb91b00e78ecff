/**
 * What is measured without a tunnel.
 *
 * @module
 */

import { cipherRates, LENGTHS } from "./cipher.ts";
import type { Figures } from "./measure.ts";

/** Something that is measured without a tunnel, by all at once. */
export interface LoneStep {
  group: string;
  /** The names of Caktus's figures. */
  gives: string[];
  /** How long it takes, about, where a stream would take `seconds`. */
  seconds(seconds: number): number;
  /** @returns figures by implementation @throws Error with the words of the program that failed */
  run(seconds: number, reverse: boolean): Promise<Record<string, Figures>>;
}

const TURNS = [...LENGTHS.values()].reduce((sum, turns) => sum + turns, 0);

/** All of them. */
export const LONE_STEPS: LoneStep[] = [{
  group: "cipher",
  gives: [...LENGTHS.keys()].map((length) => `cipher${length}`),
  seconds: () => 2.7 * TURNS,
  run: (_, reverse) => cipherRates(1, reverse),
}];
