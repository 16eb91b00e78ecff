/**
 * The replay window against the counter cases of the Linux kernel's selftest
 * (34 numbered cases and 6 loops; facts, written anew).
 *
 * @module
 */

import { strictEqual } from "node:assert";
import fc from "fast-check";
import { ReplayWindow } from "../../src/transport/replay_window.ts";

/** The window's reach plus one. */
const L = 8129n;
/** REJECT-AFTER-MESSAGES of the paper, 2^64 − 2^13 − 1. */
const REJECT = 2n ** 64n - 2n ** 13n - 1n;

const accept = (window: ReplayWindow, counter: bigint): boolean =>
  window.accept(Number(counter & 0xffffffffn), Number(counter >> 32n));

const CASES: [number, bigint, boolean][] = [
  [1, 0n, true],
  [2, 1n, true],
  [3, 1n, false],
  [4, 9n, true],
  [5, 8n, true],
  [6, 7n, true],
  [7, 7n, false],
  [8, L, true],
  [9, L - 1n, true],
  [10, L - 1n, false],
  [11, L - 2n, true],
  [12, 2n, true],
  [13, 2n, false],
  [14, L + 16n, true],
  [15, 3n, false],
  [16, L + 16n, false],
  [17, L * 4n, true],
  [18, L * 4n - (L - 1n), true],
  [19, 10n, false],
  [20, L * 4n - L, false],
  [21, L * 4n - (L + 1n), false],
  [22, L * 4n - (L - 2n), true],
  [23, L * 4n + 1n - L, false],
  [24, 0n, false],
  [25, REJECT, false],
  [26, REJECT - 1n, true],
  [27, REJECT, false],
  [28, REJECT - 1n, false],
  [29, REJECT - 2n, true],
  [30, REJECT + 1n, false],
  [31, REJECT + 2n, false],
  [32, REJECT - 2n, false],
  [33, REJECT - 3n, true],
  [34, 0n, false],
];

Deno.test("accept() passes the 34 numbered counter cases", () => {
  const window = new ReplayWindow();
  for (const [number, counter, expected] of CASES) {
    strictEqual(accept(window, counter), expected, `case ${number}`);
  }
  strictEqual(CASES.length, 34);
});

/** Feeds the counters from `first` to `last`, in the order that their sizes say. */
function feed(window: ReplayWindow, first: bigint, last: bigint): void {
  const step = first <= last ? 1n : -1n;
  for (let counter = first;; counter += step) {
    strictEqual(accept(window, counter), true, `${counter}`);
    if (counter === last) return;
  }
}

const WINDOW = L - 1n;
const LOOPS: [string, bigint, bigint, [bigint, boolean][]][] = [
  ["1 to W, then 0 once", 1n, WINDOW, [[0n, true], [0n, false]]],
  ["2 to W + 1, then 1 once and 0 never", 2n, WINDOW + 1n, [
    [1n, true],
    [0n, false],
  ]],
  ["W down to 0", WINDOW, 0n, []],
  ["W + 1 down to 1, then 0 never", WINDOW + 1n, 1n, [[0n, false]]],
  ["W down to 1, then W + 1, then 0 never", WINDOW, 1n, [
    [WINDOW + 1n, true],
    [0n, false],
  ]],
  ["W down to 1, then 0, then W + 1", WINDOW, 1n, [
    [0n, true],
    [WINDOW + 1n, true],
  ]],
];

for (const [name, first, last, after] of LOOPS) {
  Deno.test(`accept() takes ${name}`, () => {
    const window = new ReplayWindow();
    feed(window, first, last);
    for (const [counter, expected] of after) {
      strictEqual(accept(window, counter), expected, `${counter}`);
    }
  });
}

Deno.test("accept() equals a set of counters with a limit", () => {
  const base = fc.constantFrom(0n, 2n ** 32n - 5000n, 2n ** 60n, 2n ** 53n);
  const steps = fc.array(
    fc.oneof(
      fc.integer({ min: -9000, max: 9000 }),
      fc.integer({ min: -70, max: 70 }),
      fc.integer({ min: 0, max: 100_000 }),
    ),
    { maxLength: 300 },
  );
  fc.assert(fc.property(base, steps, (start, moves) => {
    const window = new ReplayWindow();
    const seen = new Set<bigint>();
    let greatest = start;
    strictEqual(accept(window, start), true);
    seen.add(start);
    for (const move of moves) {
      const counter = greatest + BigInt(move);
      if (counter < 0n) continue;
      const expected = !seen.has(counter) && greatest - counter <= WINDOW;
      strictEqual(accept(window, counter), expected, `${counter}`);
      if (expected) seen.add(counter);
      if (counter > greatest) greatest = counter;
    }
  }));
});
