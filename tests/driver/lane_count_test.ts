/** How many lanes the cipher works in. */

import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { laneCount } from "../../src/driver/lane_count.ts";

Deno.test("laneCount() is one on one or two cores, then half of the cores, four at the most", () => {
  const lanes = [1, 2, 3, 4, 5, 6, 7, 8, 16, 128].map((cores) =>
    laneCount(cores, "")
  );
  deepStrictEqual(lanes, [1, 1, 2, 2, 3, 3, 4, 4, 4, 4]);
});

Deno.test("laneCount() is what the variable says, on any number of cores", () => {
  for (const cores of [1, 2, 64]) {
    for (const asked of [1, 2, 4, 16]) {
      strictEqual(laneCount(cores, String(asked)), asked);
    }
  }
});

Deno.test("laneCount() refuses what is no number from 1 to 16, and names the variable", () => {
  for (
    const asked of ["0", "17", "100", "-1", "1.5", "four", "4 ", "0x4", "٤"]
  ) {
    throws(() => laneCount(4, asked), {
      name: "RangeError",
      message:
        `CAKTUS_LANES is ${asked}, must be 1 to 16: lanes that the cipher works in`,
    });
  }
});
