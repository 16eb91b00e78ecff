import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import {
  isAfter,
  nextTimestamp,
  timestampOf,
  type WallTime,
} from "../../src/noise/tai64n.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

Deno.test("timestampOf() counts from 2^62 + 10 and rounds nanoseconds down to 2^24", () => {
  const table: [seconds: number, nanoseconds: number, timestamp: string][] = [
    [0, 0, "400000000000000a00000000"],
    [0, 0xffffff, "400000000000000a00000000"],
    [0, 0x1000000, "400000000000000a01000000"],
    [1, 999_999_999, "400000000000000b3b000000"],
    [1_700_000_000, 500_000_000, "400000006553f10a1d000000"],
    [2 ** 32 - 11, 0, "40000000ffffffff00000000"],
    [2 ** 32 - 10, 0, "400000010000000000000000"],
    [-11, 0, "3fffffffffffffff00000000"],
  ];
  for (const [seconds, nanoseconds, timestamp] of table) {
    strictEqual(hex(timestampOf({ seconds, nanoseconds })), timestamp);
  }
});

Deno.test("isAfter() compares as numbers, and nothing is after itself", () => {
  const rising = [
    { seconds: -1, nanoseconds: 0 },
    { seconds: 0, nanoseconds: 0 },
    { seconds: 0, nanoseconds: 0x7fffffff },
    { seconds: 1, nanoseconds: 0 },
    { seconds: 2 ** 31, nanoseconds: 0 },
    { seconds: 2 ** 32, nanoseconds: 0 },
  ].map(timestampOf);
  rising.forEach((a, i) =>
    rising.forEach((b, j) => strictEqual(isAfter(a, b), i > j))
  );
});

Deno.test("nextTimestamp() is the wall clock's while that moves on", () => {
  const wall = { seconds: 100, nanoseconds: 17_000_000 };
  deepStrictEqual(nextTimestamp(undefined, wall), timestampOf(wall));
  const last = timestampOf({ seconds: 100, nanoseconds: 0 });
  deepStrictEqual(nextTimestamp(last, wall), timestampOf(wall));
});

Deno.test("nextTimestamp() rises while the clock stands, crawls or goes back", () => {
  const clocks: ((step: number) => WallTime)[] = [
    () => ({ seconds: 100, nanoseconds: 900_000_000 }),
    (step) => ({ seconds: 100, nanoseconds: 1000 * step }),
    (step) => ({ seconds: 1_000_000 - step, nanoseconds: 0 }),
    (step) => ({ seconds: step % 7, nanoseconds: 999_999_999 }),
  ];
  for (const clock of clocks) {
    let last = nextTimestamp(undefined, clock(0));
    for (let step = 1; step < 500; step++) {
      const next = nextTimestamp(last, clock(step));
      ok(isAfter(next, last));
      const nanoseconds = new DataView(next.buffer).getUint32(8);
      ok(nanoseconds < 1_000_000_000 && nanoseconds % 2 ** 24 === 0);
      last = next;
    }
  }
});

Deno.test("nextTimestamp() goes on to the next second, and does not change the last", () => {
  const last = timestampOf({ seconds: 2 ** 32 - 11, nanoseconds: 999_999_999 });
  const before = hex(last);
  strictEqual(
    hex(nextTimestamp(last, { seconds: 0, nanoseconds: 0 })),
    "400000010000000000000000",
  );
  strictEqual(hex(last), before);
});
