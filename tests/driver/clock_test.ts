/** The clocks that the core is given. */

import { ok, strictEqual } from "node:assert";
import { monotonic, wallClock } from "../../src/driver/clock.ts";

Deno.test("wallClock() is Unix time in whole milliseconds", () => {
  const before = Date.now();
  const { seconds, nanoseconds } = wallClock();
  const after = Date.now();
  ok(Number.isInteger(seconds) && Number.isInteger(nanoseconds));
  ok(nanoseconds >= 0 && nanoseconds < 1e9);
  strictEqual(nanoseconds % 1e6, 0);
  const milliseconds = seconds * 1_000 + nanoseconds / 1e6;
  ok(before <= milliseconds && milliseconds <= after);
});

Deno.test("monotonic() counts milliseconds and never goes back", async () => {
  const start = monotonic();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const end = monotonic();
  ok(end - start > 15 && end - start < 5_000);
});
