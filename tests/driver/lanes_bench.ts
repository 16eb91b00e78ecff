/**
 * How much faster a batch is sealed in several lanes: how many of the lanes a
 * machine has cores for shows only there.
 *
 *     deno bench -A --v8-flags=--experimental-wasm-revectorize,--no-liftoff tests/driver/lanes_bench.ts
 *
 * @module
 */

import { Lanes } from "../../src/driver/lanes.ts";
import { Batch } from "../../src/transport/batch.ts";
import { DRIVER_SLOTS, SEALING } from "../../src/transport/layout.ts";
import { until } from "../interop/process.ts";

/** Packets and their bytes: one train, three, as many small ones as a batch takes. */
const BATCHES = [[44, 1420], [128, 1420], [256, 100]] as const;
const key = new Uint8Array(32);

async function lanesOf(count: number): Promise<Lanes> {
  const lanes = new Lanes(count, { worthSharing: 0 });
  lanes.start((reason) => console.error(reason));
  await until(
    "all lanes are there",
    5_000,
    () => lanes.helpers === count - 1 || undefined,
  );
  return lanes;
}

const all = [
  [1, await lanesOf(1)],
  [2, await lanesOf(2)],
  [4, await lanesOf(4)],
] as const;

for (const [count, length] of BATCHES) {
  for (const [lanes, { chosen: { memory, cipher } }] of all) {
    Deno.bench({
      name: `${count} packets of ${length} bytes in ${lanes} lanes`,
      group: `${count} of ${length}`,
      baseline: lanes === 1,
      fn: () => {
        const batch = new Batch(memory, SEALING);
        for (let i = 0; i < count; i++) {
          const at = DRIVER_SLOTS.from + 16 + i * (length + 36 & -4);
          batch.add(key, at, length, i, 0);
        }
        batch.seal(cipher);
        batch.clear();
      },
    });
  }
}
