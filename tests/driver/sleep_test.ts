/** How long the machine slept, by made-up clocks. @module */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { machineClocks, SleepMeter } from "../../src/driver/sleep.ts";

Deno.test("SleepMeter tells what the one clock counted and the other did not", () => {
  let boot = 1_000_000, awake = 5_000;
  const meter = new SleepMeter({ boot: () => boot, awake: () => awake });
  const pass = (asleep: number) => {
    boot += 60_000 + asleep;
    awake += 60_000;
    return meter.slept();
  };
  deepStrictEqual([0, 3_600_000, 0, 20, -20, 700].map(pass), [
    0,
    3_600_000,
    0,
    0,
    0,
    700,
  ]);
});

Deno.test("SleepMeter finds no sleep on a machine that runs", () => {
  strictEqual(new SleepMeter().slept(), 0);
  ok(machineClocks.boot() > 0);
});
