/**
 * Drops by reason.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Drops } from "../../src/device/drops.ts";

Deno.test("list() has each reason once, in the order in which they first occurred", () => {
  const drops = new Drops();
  deepStrictEqual(drops.list(), []);
  drops.count("not authentic");
  drops.count("unknown session", 3);
  drops.count("not authentic");
  deepStrictEqual(drops.list(), [
    { reason: "not authentic", count: 2 },
    { reason: "unknown session", count: 3 },
  ]);
});

Deno.test("every reason reads as words on one line, without what would part it from its count", () => {
  const file = new URL("../../src/device/drops.ts", import.meta.url);
  const reasons = [...Deno.readTextFileSync(file).matchAll(/^ {2}\| "(.+)"/gm)]
    .map(([, reason]) => reason!);
  ok(reasons.length > 20);
  strictEqual(new Set(reasons).size, reasons.length);
  for (const reason of reasons) ok(/^[A-Za-z0-9 ,'()?-]+$/.test(reason));
});
