/** What lanes share: who has which packets of a batch. @module */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { LaneShare, newShareMemory } from "../../src/transport/lane_share.ts";
import {
  BATCH_CAPACITY,
  DESCRIPTOR_LENGTH,
} from "../../src/transport/layout.ts";

const DESCRIPTORS = 0xc000;

/** Lanes that take turns in one thread. */
function lanes(count: number): LaneShare[] {
  const memory = newShareMemory();
  const shares = Array.from({ length: count }, () => new LaneShare(memory));
  for (const share of shares.slice(1)) share.join();
  return shares;
}

/** The numbers of the packets that a share has taken. */
function taken({ descriptors, length }: LaneShare): number[] {
  const first = (descriptors - DESCRIPTORS) / DESCRIPTOR_LENGTH;
  return Array.from({ length }, (_, i) => first + i);
}

Deno.test("take() gives each packet of a batch to one lane, and its job with it", () => {
  for (const count of [1, 2, 7, 8, 9, 44, 100, BATCH_CAPACITY]) {
    for (const number of [1, 2, 4, 16]) {
      const shares = lanes(number);
      for (const how of ["seal", "open", "open", "seal"] as const) {
        shares[0]!.offer(how, DESCRIPTORS, count);
        const packets: number[] = [];
        for (let turn = 0; shares[turn % number]!.take(); turn++) {
          const share = shares[turn % number]!;
          strictEqual(share.how, how);
          packets.push(...taken(share));
          strictEqual(share.isDone(count), false);
          share.finish();
        }
        packets.sort((a, b) => a - b);
        deepStrictEqual(packets, Array.from({ length: count }, (_, i) => i));
        ok(shares.every((share) => share.isDone(count) && share.isIdle));
      }
    }
  }
});

Deno.test("take() cuts a batch into fewer runs the fewer lanes there are, none of them short but the last", () => {
  const runs = [1, 2, 4].map((number) => {
    const [share] = lanes(number);
    share!.offer("seal", DESCRIPTORS, BATCH_CAPACITY);
    const lengths: number[] = [];
    while (share!.take()) lengths.push(share!.length);
    ok(lengths.slice(0, -1).every((length) => length >= 8), `${lengths}`);
    return lengths.length;
  });
  ok(runs[0]! < runs[1]! && runs[1]! < runs[2]!, `${runs}`);
});

Deno.test("take() finds nothing before a batch is offered, nor when all of it is taken", () => {
  const [first, second] = lanes(2);
  strictEqual(first!.take(), false);
  first!.offer("seal", DESCRIPTORS, 8);
  strictEqual(second!.take(), true);
  strictEqual(first!.take(), false);
  strictEqual(first!.isIdle, true);
  strictEqual(first!.isDone(8), false);
});

Deno.test("waitForOthers() tells whether another lane finishes something in time", () => {
  const [first, second] = lanes(2);
  first!.offer("seal", DESCRIPTORS, 16);
  second!.take();
  strictEqual(first!.waitForOthers(16, 5), false);
  second!.finish();
  second!.take();
  second!.finish();
  strictEqual(first!.waitForOthers(16, 5), true);
  strictEqual(first!.hasFailed, false);
});

Deno.test("fail() is seen by all, and leaves nobody waiting", () => {
  const [first, second, third] = lanes(3);
  first!.offer("open", DESCRIPTORS, 8);
  second!.take();
  second!.fail();
  ok(first!.hasFailed && third!.hasFailed);
  ok(first!.isDone(8));
});

Deno.test("offer() of 10 million batches wraps the ticket's generation and goes on", () => {
  const [share] = lanes(1);
  for (let i = 0; i < 10_000_000; i++) share!.offer("seal", DESCRIPTORS, 3);
  share!.offer("open", DESCRIPTORS, 5);
  strictEqual(share!.take(), true);
  deepStrictEqual([share!.how, share!.length], ["open", 5]);
});
