/** Taking turns. @module */

import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import { Turns } from "../../src/driver/turns.ts";

Deno.test("take() lets so many work at once, and the others in their order", async () => {
  const turns = new Turns(2), begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((i) =>
    turns.take(() => {
      begun.push(i);
      return new Promise<number>((resolve) => ends[i] = () => resolve(i));
    })
  );
  await Promise.resolve();
  deepStrictEqual(begun, [0, 1]);
  ends[1]!();
  strictEqual(await all[1], 1);
  deepStrictEqual(begun, [0, 1, 2]);
  ends[0]!();
  ends[2]!();
  strictEqual(await all[2], 2);
  ends[3]!();
  strictEqual(await all[3], 3);
});

Deno.test("take() passes over what nobody wants any more, and what fails gives its turn on", async () => {
  const turns = new Turns(1);
  let asked = 0;
  const first = turns.take(() => Promise.reject(new Error("no")));
  const second = turns.take(() => Promise.resolve(++asked), () => false);
  const third = turns.take(() => Promise.resolve(++asked));
  await rejects(first, /no/);
  strictEqual(await second, undefined);
  strictEqual(await third, 1);
});
