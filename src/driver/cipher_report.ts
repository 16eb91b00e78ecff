/**
 * Which cipher this process would take, and whether V8 pairs its vectors here.
 *
 * That they are paired changes no byte, only the time; so it is measured: the
 * time of ChaCha20 in the paired build over that of the plain one, least of
 * many runs in turns.
 *
 * @module
 */

import { loadWasm } from "../transport/aead.ts";
import {
  cipherScratch,
  DRIVER_SLOTS,
  newPacketMemory,
} from "../transport/layout.ts";
import { chooseCipher } from "../transport/self_check.ts";
import { monotonic } from "./clock.ts";

const LENGTH = 16_384, WARM_UP = 150, ROUNDS = 300;

/** What a tunnel of this process would seal with. */
export interface CipherReport {
  readonly name: string;
  /** What to tell the user if it is not the one that it should be. */
  readonly warning: string | undefined;
  /** See {@linkcode pairingRatio}. */
  readonly ratio: number;
}

/** Chooses and measures; takes some milliseconds. */
export function reportCipher(): CipherReport {
  const { cipher, warning } = chooseCipher(newPacketMemory());
  return { name: cipher.name, warning, ratio: pairingRatio() };
}

/** About 0.6 where vectors are paired, about 1 where they are not. */
export function pairingRatio(): number {
  const memory = newPacketMemory();
  const runs = (["paired", "plain"] as const).map((build, lane) => {
    const wasm = loadWasm(memory, cipherScratch(lane), build);
    const at = DRIVER_SLOTS.from;
    return () => wasm.chacha20(at, at, 0, at + 64, LENGTH);
  });
  for (const run of runs) for (let i = 0; i < WARM_UP; i++) run();
  const least = runs.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    runs.forEach((run, i) => {
      const start = monotonic();
      run();
      least[i] = Math.min(least[i]!, monotonic() - start);
    });
  }
  return least[0]! / least[1]!;
}
