/**
 * The ciphers hold one another to every byte: both builds of WASM against
 * noble, over random keys, counters, sizes and contents, forged packets among
 * them. builds_test.ts runs this under the flags of the running program too.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { type Cipher, loadWasm, noble } from "../../src/transport/aead.ts";
import { Batch } from "../../src/transport/batch.ts";
import {
  BATCH_CAPACITY,
  CIPHER_SCRATCH,
  DRIVER_SLOTS,
  newPacketMemory,
  OPENING,
  SEALING,
} from "../../src/transport/layout.ts";
import type { PacketMemory } from "../../src/transport/memory.ts";
import { testLanes } from "../lanes.ts";

const TAG = 16;
const SLOT = 2304;
const FILL = 0xa5;

interface Packet {
  at: number;
  key: Uint8Array;
  low: number;
  high: number;
  plain: Uint8Array;
}

const lanes = await testLanes();
const both = lanes?.memory ?? newPacketMemory();
const wasm = loadWasm(both);
const plain = loadWasm(both, CIPHER_SCRATCH, "plain");
const builds = [lanes?.chosen.cipher ?? wasm.cipher, plain.cipher];
const reference = noble(wasm.memory);
const random = (length: number) =>
  crypto.getRandomValues(new Uint8Array(length));
const below = (limit: number) => Math.floor(Math.random() * limit);
const word = () =>
  [0, 1, 0xffffffff, below(2 ** 32), below(2 ** 32)][below(5)]!;

/** Lengths of one batch: every shape that the kernel's code tells apart. */
const LENGTHS: Record<string, () => number> = {
  "full packets": () => 1420,
  "any length": () => below(2001),
  "short ones": () => below(80),
  "short and long": () => [below(300), 1500, 0, 448, 447, 192, 191][below(7)]!,
};

function packets(count: number, length: () => number): Packet[] {
  const keys = [random(32), random(32), random(32)];
  return Array.from({ length: count }, (_, i) => {
    const plain = random(length());
    if (below(5) === 0) plain.fill([0, 255][below(2)]!);
    return {
      at: DRIVER_SLOTS.from + i * SLOT + 16 + below(32),
      key: keys[below(3)]!,
      low: word(),
      high: word(),
      plain,
    };
  });
}

/** Lays the packets out in memory, everything else filled with one value. */
function lay(memory: PacketMemory, all: Packet[], contents: Uint8Array[]) {
  memory.bytes.fill(
    FILL,
    DRIVER_SLOTS.from,
    DRIVER_SLOTS.from + BATCH_CAPACITY * SLOT,
  );
  all.forEach((p, i) => memory.bytes.set(contents[i]!, p.at));
}

function run(cipher: Cipher, how: "seal" | "open", all: Packet[]): boolean[] {
  const batch = new Batch(wasm.memory, how === "seal" ? SEALING : OPENING);
  for (const p of all) batch.add(p.key, p.at, p.plain.length, p.low, p.high);
  strictEqual(batch.count, all.length);
  batch[how](cipher);
  const authentic = all.map((_, i) => batch.authentic(i));
  batch.clear();
  return authentic;
}

/** The memory that the packets lie in, with all that is between them. */
const memoryOf = (count: number) =>
  wasm.memory.bytes.slice(DRIVER_SLOTS.from, DRIVER_SLOTS.from + count * SLOT);

const sealedOf = (all: Packet[]) =>
  all.map((p) => wasm.memory.bytes.slice(p.at, p.at + p.plain.length + TAG));

for (const [name, length] of Object.entries(LENGTHS)) {
  Deno.test(`sealBatch() and openBatch() of WASM equal noble's: ${name}`, () => {
    for (let round = 0; round < 40; round++) {
      const all = packets(1 + below(round === 0 ? BATCH_CAPACITY : 44), length);
      const contents = all.map((p) => p.plain);
      lay(wasm.memory, all, contents);
      run(reference, "seal", all);
      const expected = memoryOf(all.length);
      const sealed = sealedOf(all);
      for (const cipher of builds) {
        lay(wasm.memory, all, contents);
        run(cipher, "seal", all);
        ok(same(memoryOf(all.length), expected), `${cipher.name} sealed`);
      }
      openAll(all, sealed);
    }
  });
}

/** Opens the packets, some of them forged, with every cipher. */
function openAll(all: Packet[], sealed: Uint8Array[]): void {
  const forged = sealed.map((bytes) => {
    const copy = bytes.slice();
    if (below(4) === 0) copy[below(copy.length)]! ^= 1 << below(8);
    return copy;
  });
  const genuine = sealed.map((bytes, i) => same(bytes, forged[i]!));
  for (const cipher of [reference, ...builds]) {
    lay(wasm.memory, all, forged);
    deepStrictEqual(run(cipher, "open", all), genuine, cipher.name);
    const before = layout(all, forged, genuine);
    ok(same(memoryOf(all.length), before), `${cipher.name} opened`);
  }
}

/** What memory must hold after opening: plaintexts, and forged packets untouched. */
function layout(all: Packet[], sealed: Uint8Array[], genuine: boolean[]) {
  const expected = new Uint8Array(all.length * SLOT).fill(FILL);
  all.forEach((p, i) => {
    expected.set(sealed[i]!, p.at - DRIVER_SLOTS.from);
    if (genuine[i]) expected.set(p.plain, p.at - DRIVER_SLOTS.from);
  });
  return expected;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

Deno.test("Batch.clear() wipes the keys from packet memory", () => {
  const { bytes } = wasm.memory;
  const batch = new Batch(wasm.memory, SEALING);
  for (let i = 0; i < 3; i++) batch.add(random(32), DRIVER_SLOTS.from, 0, i, 0);
  const keys = () => bytes.subarray(SEALING.keys, SEALING.keys + 96);
  ok(keys().some((byte) => byte !== 0));
  batch.clear();
  ok(keys().every((byte) => byte === 0));
  strictEqual(batch.count, 0);
});

/** Whether `part` is anywhere in `whole`. */
function includes(whole: Uint8Array, part: Uint8Array): boolean {
  const first = part[0]!;
  for (let at = whole.indexOf(first); at !== -1;) {
    if (part.every((byte, i) => whole[at + i] === byte)) return true;
    at = whole.indexOf(first, at + 1);
  }
  return false;
}

for (const cipher of [reference, ...builds]) {
  Deno.test(`openBatch() of ${cipher.name} leaves nothing of a forged packet's plaintext in memory, and no key`, () => {
    const { bytes } = wasm.memory;
    const lengths = [16, 100, 200, 447, 448, 449, 704, 1420, 1437];
    const all = packets(lengths.length * 2, () => 0).map((p, i) => ({
      ...p,
      plain: random(lengths[i >> 1]!),
    }));
    bytes.fill(0);
    lay(wasm.memory, all, all.map((p) => p.plain));
    run(cipher, "seal", all);
    const sealed = sealedOf(all);
    const forged = (i: number) => i % 2 === 0;
    all.forEach((p, i) => {
      if (forged(i)) bytes[p.at + p.plain.length + i % TAG]! ^= 0x10;
    });
    strictEqual(all.length, sealed.length);
    const authentic = run(cipher, "open", all);
    deepStrictEqual(authentic, all.map((_, i) => !forged(i)));
    all.forEach((p, i) => {
      for (let from = 0; from + 16 <= p.plain.length; from += 16) {
        const piece = p.plain.subarray(from, from + 16);
        const found = forged(i)
          ? includes(bytes, piece)
          : !same(bytes.subarray(p.at + from, p.at + from + 16), piece);
        strictEqual(found, false, `packet ${i}, byte ${from}`);
      }
      strictEqual(includes(bytes, p.key), false, `key of packet ${i}`);
      strictEqual(includes(bytes, p.key.subarray(16)), false, `half ${i}`);
    });
    const scratch = bytes.subarray(CIPHER_SCRATCH, DRIVER_SLOTS.from);
    strictEqual(scratch.some((byte) => byte !== 0), false, "scratch");
  });
}
