/**
 * Whether the WASM cipher works on this machine, found out before it is used.
 *
 * V8 compiles it with an experimental pass, so a fault in the engine is thought
 * possible: each of its paths (transport/aead.as.ts) is compared with noble
 * once, sealed, opened and forged.
 *
 * @module
 */

import { type Cipher, noble } from "./aead.ts";
import { Batch } from "./batch.ts";
import { DRIVER_SLOTS, OPENING, SEALING } from "./layout.ts";
import { type PacketMemory, TAG_LENGTH } from "./memory.ts";

/** A length on either side of each border between the cipher's paths, and the usual ones. */
const LENGTHS = [0, 1, 64, 191, 192, 447, 448, 705, 1420, 1437];
const SLOT = 2_048;
const KEY_LENGTH = 32;

/** Whether `cipher` agrees with noble; uses the driver's part of `memory` and leaves it zero. */
export function agreesWithNoble(memory: PacketMemory, cipher: Cipher): boolean {
  const expected = run(memory, noble(memory));
  const actual = run(memory, cipher);
  const end = DRIVER_SLOTS.from + LENGTHS.length * SLOT;
  memory.bytes.fill(0, DRIVER_SLOTS.from, end);
  return expected.every((bytes, i) => same(bytes, actual[i]!));
}

/** Seals all packets, forges each third one, opens them: what memory held after each step. */
function run(memory: PacketMemory, cipher: Cipher): Uint8Array[] {
  const places = LENGTHS.map((_, i) => DRIVER_SLOTS.from + i * SLOT + i % 16);
  places.forEach((at, i) => fill(memory, at, LENGTHS[i]!));
  const contents = () =>
    places.map((at, i) =>
      memory.bytes.slice(at, at + LENGTHS[i]! + TAG_LENGTH)
    );
  const sealing = describe(memory, places, SEALING);
  sealing.seal(cipher);
  sealing.clear();
  const sealed = contents();
  places.forEach((at, i) => {
    if (i % 3 === 0) memory.bytes[at + LENGTHS[i]!]! ^= 1;
  });
  const opening = describe(memory, places, OPENING);
  opening.open(cipher);
  const authentic = places.map((_, i) => Number(opening.authentic(i)));
  opening.clear();
  return [...sealed, ...contents(), Uint8Array.from(authentic)];
}

function describe(
  memory: PacketMemory,
  places: number[],
  where: typeof SEALING,
): Batch {
  const keys = [1, 2].map((seed) => pattern(KEY_LENGTH, seed));
  const batch = new Batch(memory, where);
  places.forEach((at, i) =>
    batch.add(keys[i % 2]!, at, LENGTHS[i]!, 0xffffffff - i, i)
  );
  return batch;
}

function fill({ bytes }: PacketMemory, at: number, length: number): void {
  bytes.set(pattern(length, length), at);
}

/** Bytes without a short period. */
function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from(
    { length },
    (_, i) => Math.imul(i + seed + 1, 0x9e3779b1) >>> 24,
  );
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
