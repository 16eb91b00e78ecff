/**
 * When a device is under load (whitepaper §5.3).
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { LoadMeter } from "../../src/device/load_meter.ts";

Deno.test("count() says load from the first message beyond the threshold on", () => {
  const meter = new LoadMeter(10);
  const answers = Array.from({ length: 12 }, () => meter.count(0));
  deepStrictEqual(answers, [...Array(10).fill(false), true, true]);
});

Deno.test("count() bears the threshold's rate for ever", () => {
  const meter = new LoadMeter(10);
  for (let now = 0; now < 60_000; now += 100) {
    strictEqual(meter.count(now), false);
  }
});

Deno.test("load ends one second after it was last seen", () => {
  const meter = new LoadMeter(10);
  for (let i = 0; i < 11; i++) meter.count(5_000);
  strictEqual(meter.count(5_999), true);
  strictEqual(meter.count(6_000), false);
});

Deno.test("load that goes on lasts on", () => {
  const meter = new LoadMeter(10);
  for (let now = 0; now < 2_000; now += 20) meter.count(now);
  strictEqual(meter.count(2_500), true);
  strictEqual(meter.count(4_000), false);
});
