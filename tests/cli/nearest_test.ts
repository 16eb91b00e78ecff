/**
 * The command that was meant.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import { mistakes, nearest } from "../../src/cli/nearest.ts";

const WORDS = ["up", "down", "show", "showconf", "genkey", "genpsk", "pubkey"];

const CASES: [string, string][] = [
  ["shwo", "show"],
  ["dwon", "down"],
  ["upp", "up"],
  ["pu", "up"],
  ["genkye", "genkey"],
  ["pubky", "pubkey"],
  ["show-conf", "showconf"],
  ["DOWN", "down"],
];

for (const [word, meant] of CASES) {
  Deno.test(`nearest() takes ${word} for ${meant}`, () => {
    strictEqual(nearest(word, WORDS), meant);
  });
}

Deno.test("mistakes() counts added, lost, wrong and swapped letters", () => {
  const pairs = [["", "ab"], ["ab", "a"], ["ab", "cb"], ["ab", "ba"], [
    "abc",
    "abc",
  ]];
  strictEqual(pairs.map(([a, b]) => mistakes(a!, b!)).join(), "2,1,1,1,0");
});
