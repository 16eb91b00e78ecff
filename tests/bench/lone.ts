/**
 * What is measured without a tunnel that carries something.
 *
 * | group | how |
 * |---|---|
 * | cipher | cipher.ts |
 * | handshakes | handshakes.ts |
 *
 * @module
 */

import { cipherRates, LENGTHS } from "./cipher.ts";
import { measureHandshakes } from "./handshakes.ts";
import type { Commands } from "./implementations.ts";
import type { Figures } from "./measure.ts";
import { orderOf, type Section } from "./plan.ts";

/** Something that is measured without a tunnel. */
export interface LoneStep {
  /** Who is measured. */
  names: string[];
  /** The names of their figures. */
  gives: string[];
  /** How long it takes, about. */
  seconds: number;
  /** @returns figures by implementation @throws Error with the words of the program that failed */
  run(commands: Commands): Promise<Record<string, Figures>>;
}

/** Of the cipher; a second for each turn of both, and their start. */
const CIPHER_SECONDS = 2.7 *
  [...LENGTHS.values()].reduce((sum, turns) => sum + turns, 0);

/** Seconds in which handshakes are counted. */
const COUNTING = 3;

/** The steps of a round. */
export function loneStepsOf(section: Section, round: number): LoneStep[] {
  const steps: LoneStep[] = [];
  if (section.groups.includes("cipher")) {
    steps.push({
      names: ["caktus", "openssl"],
      gives: [...LENGTHS.keys()].map((length) => `cipher${length}`),
      seconds: CIPHER_SECONDS,
      run: () => cipherRates(1, round % 2 === 0),
    });
  }
  if (section.groups.includes("handshakes")) {
    steps.push(...orderOf(section, round).map(handshakes));
  }
  return steps;
}

function handshakes(name: string): LoneStep {
  return {
    names: [name],
    gives: ["handshakes", "handshakecpu", "handshakelost"],
    seconds: COUNTING + 4,
    run: async (commands) => {
      const { perSecond, cpuMicroseconds, lostPercent } =
        await measureHandshakes(commands[name]!, COUNTING);
      return {
        [name]: {
          handshakes: perSecond,
          handshakecpu: cpuMicroseconds,
          handshakelost: lostPercent,
        },
      };
    },
  };
}
