/**
 * Measures whether V8 pairs the cipher's vectors in this process: the time of
 * ChaCha20 in the paired build over that of the plain one, least of many runs
 * in turns. Run for itself it prints that ratio.
 *
 * @module
 */

import { loadWasm } from "../../src/transport/aead.ts";
import {
  cipherScratch,
  DRIVER_SLOTS,
  newPacketMemory,
} from "../../src/transport/layout.ts";

const LENGTH = 16_384, WARM_UP = 150, ROUNDS = 300;

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
      const start = performance.now();
      run();
      least[i] = Math.min(least[i]!, performance.now() - start);
    });
  }
  return least[0]! / least[1]!;
}

if (import.meta.main) console.log(pairingRatio());
