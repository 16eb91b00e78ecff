/** Ciphers of several lanes over one shared memory. @module */

import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { loadWasm, noble } from "../../src/transport/aead.ts";
import { Batch } from "../../src/transport/batch.ts";
import {
  CIPHER_SCRATCH,
  cipherScratch,
  DEVICE_SLOTS,
  DRIVER_SLOTS,
  MAXIMUM_LANES,
  newPacketMemory,
  SCRATCH_LENGTH,
  SEALING,
} from "../../src/transport/layout.ts";
import type { PacketMemory } from "../../src/transport/memory.ts";

const AT = DRIVER_SLOTS.from + 16;
const LENGTHS = [0, 1, 64, 100, 200, 448, 576, 1280, 1300, 1420, 8920];
const SLOT = 9216;

Deno.test("cipherScratch() gives each lane 4 KiB between the device's slots and the driver's", () => {
  const places = Array.from(
    { length: MAXIMUM_LANES },
    (_, i) => cipherScratch(i),
  );
  places.forEach((place, i) =>
    strictEqual(place, CIPHER_SCRATCH + i * SCRATCH_LENGTH)
  );
  strictEqual(places.at(-1)! + SCRATCH_LENGTH, DRIVER_SLOTS.from);
  for (const lane of [-1, MAXIMUM_LANES, NaN]) {
    throws(() => cipherScratch(lane), RangeError);
  }
});

/** A batch of one packet of each length. */
function batchOf(memory: PacketMemory): Batch {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);
  const batch = new Batch(memory, SEALING);
  LENGTHS.forEach((length, i) => {
    memory.bytes.fill(i + 1, AT + i * SLOT, AT + i * SLOT + length);
    batch.add(key, AT + i * SLOT, length, i, 9);
  });
  return batch;
}

/** Everything in memory but the descriptors, their keys and one lane's scratch. */
function contents(memory: PacketMemory, lane: number): Uint8Array {
  const bytes = memory.bytes.slice();
  bytes.fill(0, SEALING.keys, SEALING.descriptors + 0x2000);
  bytes.fill(0, cipherScratch(lane), cipherScratch(lane) + SCRATCH_LENGTH);
  return bytes;
}

for (const shared of [false, true]) {
  const kind = shared ? "shared" : "unshared";
  Deno.test(`loadWasm() works over ${kind} memory, and writes packets and its own scratch only`, () => {
    const memory = newPacketMemory(shared);
    const bytes = new Uint8Array(memory.buffer);
    for (const lane of [0, 5, MAXIMUM_LANES - 1]) {
      for (const how of ["seal", "open"] as const) {
        bytes.fill(0xa5, DEVICE_SLOTS.from);
        const wasm = loadWasm(memory, cipherScratch(lane));
        const after = [noble(wasm.memory), wasm.cipher].map((cipher) => {
          const batch = batchOf(wasm.memory);
          if (how === "open") batch.seal(noble(wasm.memory));
          batch[how](cipher);
          return contents(wasm.memory, lane);
        });
        strictEqual(same(after[0]!, after[1]!), true, `lane ${lane} ${how}`);
      }
    }
  });
}

Deno.test("ciphers of two lanes in two threads seal at once as one does", async () => {
  const memory = newPacketMemory(true);
  const worker = new URL("lane_worker.ts", import.meta.url);
  const sealed = await Promise.all(
    [1, 2].map((lane) =>
      new Promise<string>((resolve, reject) => {
        const thread = new Worker(worker, { type: "module" });
        thread.onmessage = ({ data }) => {
          thread.terminate();
          resolve(data);
        };
        thread.onerror = reject;
        thread.postMessage({ memory, lane });
      })
    ),
  );
  deepStrictEqual(sealed, ["agrees", "agrees"]);
});

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
