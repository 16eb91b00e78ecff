/** Which handshake comes next, and how many may wait. */

import { deepStrictEqual, strictEqual } from "node:assert";
import type { Endpoint } from "../../src/config/config.ts";
import {
  HANDSHAKE_CAPACITY,
  HandshakeQueue,
} from "../../src/device/handshake_queue.ts";
import { createPeer, type Peer } from "../../src/device/peer.ts";
import type { PublicKey } from "../../src/noise/keys.ts";

const FROM: Endpoint = {
  address: Uint8Array.of(192, 0, 2, 1),
  port: 51820,
  scope: 0,
};

function peer(number: number): Peer {
  const key = new Uint8Array(32).fill(number) as PublicKey;
  return createPeer(key, () => 0, { at: Infinity });
}

function add(queue: HandshakeQueue, ...numbers: number[]): boolean[] {
  return numbers.map((number) =>
    queue.addMessage(Uint8Array.of(number, number >> 8), FROM)
  );
}

/** What is taken next, in short: a message's number, or a peer's with a sign. */
function next(queue: HandshakeQueue): number | undefined {
  const taken = queue.take();
  if (taken === undefined) return undefined;
  return "peer" in taken
    ? -taken.peer.publicKey[0]!
    : taken.message[0]! | taken.message[1]! << 8;
}

function all(queue: HandshakeQueue): (number | undefined)[] {
  const numbers = [];
  while (queue.waits) numbers.push(next(queue));
  return numbers;
}

Deno.test("take() gives messages in the order in which they came, also while others come", () => {
  const queue = new HandshakeQueue(), taken: (number | undefined)[] = [];
  for (let number = 0; number < 300; number += 3) {
    add(queue, number, number + 1, number + 2);
    taken.push(next(queue), next(queue));
  }
  taken.push(...all(queue));
  deepStrictEqual(taken, Array.from({ length: 300 }, (_, number) => number));
});

Deno.test("take() gives messages and initiations by turns, and then what is left of either", () => {
  const queue = new HandshakeQueue();
  add(queue, 1, 2, 3, 4);
  for (const number of [11, 12]) queue.addInitiation(peer(number), false);
  deepStrictEqual(all(queue), [1, -11, 2, -12, 3, 4]);
  for (const number of [11, 12, 13]) queue.addInitiation(peer(number), false);
  add(queue, 5);
  deepStrictEqual(all(queue), [-11, 5, -12, -13]);
});

Deno.test("take() gives nothing where nothing waits", () => {
  const queue = new HandshakeQueue();
  strictEqual(queue.waits, false);
  strictEqual(queue.take(), undefined);
});

Deno.test("addMessage() keeps a copy", () => {
  const queue = new HandshakeQueue(), message = Uint8Array.of(7, 0);
  queue.addMessage(message, FROM);
  message.fill(9);
  strictEqual(next(queue), 7);
});

Deno.test("addMessage() refuses the newest when the queue is full, until one is taken", () => {
  const queue = new HandshakeQueue();
  const numbers = Array.from({ length: HANDSHAKE_CAPACITY }, (_, i) => i);
  strictEqual(add(queue, ...numbers).every((kept) => kept), true);
  deepStrictEqual(add(queue, 2_000), [false]);
  strictEqual(queue.messages, HANDSHAKE_CAPACITY);
  strictEqual(next(queue), 0);
  deepStrictEqual(add(queue, 2_001, 2_002), [true, false]);
  deepStrictEqual(all(queue), [...numbers.slice(1), 2_001]);
});

Deno.test("addInitiation() keeps one for a peer, the first", () => {
  const queue = new HandshakeQueue(), one = peer(1);
  queue.addInitiation(one, true);
  queue.addInitiation(one, false);
  deepStrictEqual(queue.take(), { peer: one, retry: true });
  strictEqual(queue.waits, false);
});

Deno.test("forget() takes a peer's initiation away, clear() everything", () => {
  const queue = new HandshakeQueue(), [one, two] = [peer(1), peer(2)];
  for (const each of [one, two]) queue.addInitiation(each, false);
  queue.forget(one);
  strictEqual(next(queue), -2);
  add(queue, 1, 2);
  queue.addInitiation(one, false);
  queue.clear();
  strictEqual(queue.waits, false);
  strictEqual(queue.messages, 0);
  add(queue, 3);
  deepStrictEqual(all(queue), [3]);
});
