/** The cipher in several lanes, with threads: each byte as with one lane, and lanes that are lost. */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { Lanes } from "../../src/driver/lanes.ts";
import { loadWasm } from "../../src/transport/aead.ts";
import { Batch } from "../../src/transport/batch.ts";
import {
  BATCH_CAPACITY,
  DRIVER_SLOTS,
  newPacketMemory,
  OPENING,
  SEALING,
} from "../../src/transport/layout.ts";
import type { Chosen } from "../../src/transport/self_check.ts";
import { sleep, until } from "../interop/process.ts";

const ROUNDS = 60, SLOT = 9216, TAG = 16, FILL = 0xa5;
const SLOTS = DRIVER_SLOTS;
const LENGTHS = [0, 1, 64, 100, 447, 448, 1280, 1420, 1420, 1420, 8920];

const below = (limit: number) => Math.floor(Math.random() * limit);

function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

/** Milliseconds that threads get to start: they share a loaded machine's cores with all else. */
const LOADED = 60_000;

/** Lanes that are all there. */
async function ready(
  count: number,
  options: ConstructorParameters<typeof Lanes>[1] = {},
  onLost: (reason: string) => void = () => {},
): Promise<Lanes> {
  const lanes = new Lanes(count, { worthSharing: 0, ...options });
  lanes.start(onLost);
  await until(
    "all lanes are there",
    LOADED,
    () => lanes.helpers === count - 1 || undefined,
  );
  return lanes;
}

interface Packet {
  key: Uint8Array;
  at: number;
  length: number;
  counter: number;
}

function packets(count: number): Packet[] {
  const keys = [random(32), random(32)];
  return Array.from({ length: count }, (_, i) => ({
    key: keys[below(2)]!,
    at: SLOTS.from + i * SLOT + 16 + below(32),
    length: LENGTHS[below(LENGTHS.length)]!,
    counter: below(2 ** 32),
  }));
}

/** Does the batch in this memory, and returns which packets were authentic. */
function run(
  { memory, cipher }: Pick<Chosen, "memory" | "cipher">,
  how: "seal" | "open",
  all: Packet[],
): boolean[] {
  const batch = new Batch(memory, how === "seal" ? SEALING : OPENING);
  for (const { key, at, length, counter } of all) {
    batch.add(key, at, length, counter, 7);
  }
  batch[how](cipher);
  const authentic = all.map((_, i) => batch.authentic(i));
  batch.clear();
  return authentic;
}

/** Whether two memories are equal from the driver's part on. */
function same(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = SLOTS.from >> 2; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

for (const count of [1, 2, 4]) {
  Deno.test(`a cipher in ${count} lanes seals and opens each byte as loadWasm()'s does, forged packets among them`, async () => {
    const one = loadWasm(newPacketMemory());
    const lanes = await ready(count);
    const ciphers = [one, lanes.chosen];
    const memories = ciphers.map(({ memory }) => memory.bytes);
    const [words, expected] = [lanes.chosen.memory.words, one.memory.words];
    for (let round = 0; round < ROUNDS; round++) {
      const all = packets(1 + below(BATCH_CAPACITY));
      const contents = random(all.length * SLOT);
      for (const bytes of memories) bytes.set(contents, SLOTS.from);
      for (const cipher of ciphers) run(cipher, "seal", all);
      ok(same(words, expected), `round ${round}, sealed`);
      const genuine = all.map(({ at, length }) => {
        if (below(4) > 0) return true;
        const place = at + below(length + TAG), flip = 1 << below(8);
        for (const bytes of memories) bytes[place]! ^= flip;
        return false;
      });
      const answers = ciphers.map((cipher) => run(cipher, "open", all));
      deepStrictEqual(answers, [genuine, genuine]);
      ok(same(words, expected), `round ${round}, opened`);
    }
    lanes.close();
  });
}

/** A batch that is worth sharing, sealed; whether it opens to what it was. */
function works({ chosen }: Lanes): boolean {
  const { bytes } = chosen.memory;
  const all = packets(BATCH_CAPACITY).map((packet, i) => ({
    ...packet,
    at: SLOTS.from + 16 + i * 1536,
    length: 1420,
  }));
  bytes.fill(FILL, SLOTS.from);
  run(chosen, "seal", all);
  return run(chosen, "open", all).every((authentic) => authentic) &&
    bytes.subarray(all[9]!.at, all[9]!.at + 1420).every((b) => b === FILL);
}

const LOSSES: Record<string, RegExp> = {
  start: /a planned failure to start/,
  idle: /a planned failure without work/,
  run: /one stopped in the middle of a batch/,
  stuck: /one stopped in the middle of a batch/,
};

for (const [how, reason] of Object.entries(LOSSES)) {
  Deno.test(`a lane that is lost, ${how}, is told once, and the cipher goes on in one lane`, async () => {
    const reasons: string[] = [];
    const worker = new URL(`broken_lane.ts?${how}`, import.meta.url);
    const lanes = new Lanes(3, { worthSharing: 0, patience: 300, worker });
    lanes.start((reason) => reasons.push(reason));
    const atWork = how === "run" || how === "stuck";
    if (atWork) {
      await until(
        "the lanes are there",
        LOADED,
        () => lanes.helpers === 2 || undefined,
      );
      // A lane that wakes late finds nothing to take.
      while (reasons.length === 0) works(lanes);
    } else {
      await until(
        "the loss is told",
        LOADED,
        () => reasons.length > 0 || undefined,
      );
    }
    for (let i = 0; i < 20; i++) strictEqual(works(lanes), true);
    await sleep(100);
    strictEqual(reasons.length, 1);
    match(reasons[0]!, reason);
  });
}

Deno.test("where no thread can be had it is told once, and the cipher works in one lane", () => {
  const { Worker } = globalThis;
  const reasons: string[] = [];
  const lanes = new Lanes(4, { worthSharing: 0 });
  globalThis.Worker = class {
    constructor() {
      throw new Error("no thread");
    }
  } as unknown as typeof Worker;
  try {
    lanes.start((reason) => reasons.push(reason));
  } finally {
    globalThis.Worker = Worker;
  }
  deepStrictEqual(reasons, [
    "the cipher goes on in one lane, for Error: no thread",
  ]);
  strictEqual(works(lanes), true);
});

Deno.test("the other lanes take part: what they leave undone is missed", async () => {
  const worker = new URL("broken_lane.ts?lazy", import.meta.url);
  const lanes = await ready(2, { worker });
  const end = performance.now() + LOADED;
  while (works(lanes)) ok(performance.now() < end);
  lanes.close();
});

Deno.test("close() in the midst of batches ends the threads and spoils none", async () => {
  const lanes = await ready(4);
  for (let i = 0; i < 100; i++) strictEqual(works(lanes), true);
  lanes.close();
  for (let i = 0; i < 100; i++) strictEqual(works(lanes), true);
  await sleep(50);
  for (let i = 0; i < 100; i++) strictEqual(works(lanes), true);
});

Deno.test("a cipher in one lane starts no thread, and its memory is not shared", async () => {
  const lanes = await ready(1);
  ok(lanes.chosen.memory.bytes.buffer instanceof ArrayBuffer);
  strictEqual(lanes.helpers, 0);
  const four = new Lanes(4);
  ok(four.chosen.memory.bytes.buffer instanceof SharedArrayBuffer);
  four.close();
});
