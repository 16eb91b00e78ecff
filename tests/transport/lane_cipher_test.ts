/** A cipher whose other lanes do not do their part; those that do are in tests/driver/lanes_test.ts. @module */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { type Cipher, loadWasm, noble } from "../../src/transport/aead.ts";
import { Batch } from "../../src/transport/batch.ts";
import { LaneCipher } from "../../src/transport/lane_cipher.ts";
import { LaneShare, newShareMemory } from "../../src/transport/lane_share.ts";
import {
  cipherScratch,
  DRIVER_SLOTS,
  MAXIMUM_LANES,
  newPacketMemory,
  OPENING,
  SCRATCH_LENGTH,
  SEALING,
} from "../../src/transport/layout.ts";

const COUNT = 40, LENGTH = 1420, SLOT = 1536, TAG = 16, HEADER = 16;
const PLAIN = 0x77, HEADER_BYTE = 0x04;

/** The first lane, and another one that does as it is told when the first is at work. */
function pair(
  another: (share: LaneShare) => void,
  worthSharing = 0,
  there = true,
) {
  const wasm = loadWasm(newPacketMemory(true));
  const shared = newShareMemory();
  const other = new LaneShare(shared);
  if (there) other.join();
  const own: Cipher = {
    name: "first",
    sealBatch: (descriptors, count) => {
      another(other);
      wasm.cipher.sealBatch(descriptors, count);
    },
    openBatch: (descriptors, count) => {
      another(other);
      wasm.cipher.openBatch(descriptors, count);
    },
  };
  let lost = 0;
  const cipher = new LaneCipher({
    memory: wasm.memory,
    share: new LaneShare(shared),
    own,
    onLost: () => lost++,
    worthSharing,
    patience: 20,
  });
  return { memory: wasm.memory, cipher, other, lost: () => lost };
}

/** Takes a run when it is asked first, and does nothing with it. */
function takesOnce(then: (share: LaneShare) => void) {
  let asked = false;
  return (share: LaneShare) => {
    if (asked) return;
    asked = true;
    share.take();
    then(share);
  };
}

const place = (i: number) => DRIVER_SLOTS.from + HEADER + i * SLOT;

function batchOf(
  { memory }: ReturnType<typeof pair>,
  places = SEALING,
  count = COUNT,
): Batch {
  const key = new Uint8Array(32).fill(9);
  const batch = new Batch(memory, places);
  for (let i = 0; i < count; i++) {
    batch.add(key, place(i), LENGTH, i, 0);
  }
  return batch;
}

function layPlain({ memory }: ReturnType<typeof pair>): void {
  for (let i = 0; i < COUNT; i++) {
    memory.bytes.fill(HEADER_BYTE, place(i) - HEADER, place(i));
    memory.bytes.fill(PLAIN, place(i), place(i) + LENGTH);
  }
}

const failures: Record<string, (share: LaneShare) => void> = {
  "does not come back": () => {},
  "fails at its run": (share) => share.fail(),
};

for (const [name, failure] of Object.entries(failures)) {
  Deno.test(`LaneCipher gives up the batch in which a lane ${name}: nothing of it leaves half sealed, nothing is opened`, () => {
    for (const how of ["seal", "open"] as const) {
      const lanes = pair(takesOnce(failure));
      const { bytes } = lanes.memory;
      layPlain(lanes);
      const end = cipherScratch(MAXIMUM_LANES - 1) + SCRATCH_LENGTH;
      bytes.fill(0xee, cipherScratch(0), end);
      if (how === "open") batchOf(lanes).seal(noble(lanes.memory));
      const batch = batchOf(lanes, how === "seal" ? SEALING : OPENING);
      batch[how](lanes.cipher);
      strictEqual(lanes.lost(), 1);
      for (let i = 0; i < COUNT; i++) {
        strictEqual(batch.authentic(i), false);
        const packet = bytes.subarray(place(i), place(i) + LENGTH + TAG);
        ok(packet.every((byte) => byte === 0), `packet ${i}`);
        strictEqual(bytes[place(i) - 1], HEADER_BYTE);
      }
      const scratch = bytes.subarray(cipherScratch(0), end);
      ok(scratch.every((byte) => byte === 0), "scratch");
    }
  });

  Deno.test(`LaneCipher goes on alone once a lane ${name}`, () => {
    const lanes = pair(takesOnce(failure));
    batchOf(lanes).seal(lanes.cipher);
    for (let round = 0; round < 3; round++) {
      layPlain(lanes);
      batchOf(lanes).seal(lanes.cipher);
      strictEqual(lanes.other.take(), false);
      const batch = batchOf(lanes, OPENING);
      batch.open(lanes.cipher);
      for (let i = 0; i < COUNT; i++) strictEqual(batch.authentic(i), true);
      strictEqual(lanes.memory.bytes[place(COUNT - 1) + LENGTH - 1], PLAIN);
    }
    strictEqual(lanes.lost(), 1);
  });
}

Deno.test("LaneCipher waits for the others before it lets an error of its own through", () => {
  const finished: number[] = [];
  const lanes = pair((share) => {
    share.take();
    share.finish();
    finished.push(share.length);
    throw new WebAssembly.RuntimeError("unreachable");
  });
  layPlain(lanes);
  throws(() => batchOf(lanes).seal(lanes.cipher), WebAssembly.RuntimeError);
  strictEqual(finished.length, 1);
  strictEqual(lanes.lost(), 1);
  const packet = lanes.memory.bytes.subarray(place(0), place(0) + LENGTH);
  ok(packet.every((byte) => byte === 0));
});

/** Runs in which a batch of `count` packets was sealed, where the other lane takes none. */
function runsOf(
  count: number,
  there = true,
  prepare = (_: LaneCipher) => {},
): number {
  let runs = 0;
  const lanes = pair(() => runs++, 9 * LENGTH, there);
  prepare(lanes.cipher);
  layPlain(lanes);
  batchOf(lanes, SEALING, count).seal(lanes.cipher);
  return runs;
}

Deno.test("LaneCipher shares a batch if another lane is there and it is large enough, by its bytes", () => {
  deepStrictEqual([1, 4, 8].map((count) => runsOf(count)), [1, 1, 1]);
  deepStrictEqual([9, 40].map((count) => runsOf(count)), [2, 5]);
  deepStrictEqual(runsOf(40, false), 1);
  deepStrictEqual(runsOf(40, true, (cipher) => cipher.goAlone()), 1);
});
