/**
 * When a device is under load (whitepaper §5.3).
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { LoadMeter } from "../../src/device/load_meter.ts";

Deno.test("isLoaded() says load from the threshold on", () => {
  const meter = new LoadMeter(10);
  const answers = [0, 5, 9, 10, 11].map((waiting) =>
    meter.isLoaded(waiting, 0)
  );
  deepStrictEqual(answers, [false, false, false, true, true]);
});

Deno.test("isLoaded() has an eighth of the queue's 1,024 for its threshold unless told", () => {
  strictEqual(new LoadMeter().isLoaded(127, 0), false);
  strictEqual(new LoadMeter().isLoaded(128, 0), true);
});

Deno.test("load ends one second after it was last seen", () => {
  const meter = new LoadMeter(10);
  strictEqual(meter.isLoaded(10, 5_000), true);
  strictEqual(meter.isLoaded(0, 5_999), true);
  strictEqual(meter.isLoaded(0, 6_000), false);
});

Deno.test("load that goes on lasts on", () => {
  const meter = new LoadMeter(10);
  for (let now = 0; now < 2_000; now += 20) meter.isLoaded(10, now);
  strictEqual(meter.isLoaded(0, 2_500), true);
  strictEqual(meter.isLoaded(0, 4_000), false);
});
