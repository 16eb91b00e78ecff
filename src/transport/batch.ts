/**
 * A batch: the packets that one call of the cipher seals or opens.
 *
 * A descriptor is six little-endian words in packet memory:
 *
 * ```text
 * 0 key's place · 1 packet's place · 2 its length without the tag
 * 3 out: 1 if it was authentic · 4 counter, low half · 5 counter, high half
 * ```
 *
 * Keys are copied into the batch and wiped from packet memory when it is
 * cleared, so that a keypair's key has one home.
 *
 * @module
 */

import type { Cipher } from "./aead.ts";
import { BATCH_CAPACITY, DESCRIPTOR_LENGTH } from "./layout.ts";
import type { PacketMemory } from "./memory.ts";

const KEY_LENGTH = 32;

/** Where a batch keeps its keys and descriptors in packet memory. */
export interface BatchPlaces {
  readonly keys: number;
  readonly descriptors: number;
}

/** Packets waiting for one call of the cipher. */
export class Batch {
  #memory: PacketMemory;
  #places: BatchPlaces;
  #count = 0;
  #lastKey: Uint8Array | undefined;
  #keyPlace: number;

  constructor(memory: PacketMemory, places: BatchPlaces) {
    this.#memory = memory;
    this.#places = places;
    this.#keyPlace = places.keys;
  }

  /** Packets in the batch. */
  get count(): number {
    return this.#count;
  }

  /** Whether no further packet fits. */
  get full(): boolean {
    return this.#count === BATCH_CAPACITY;
  }

  /**
   * Describes the packet at `at`, `length` bytes without its tag, and returns
   * its number in the batch. The caller sees to it that the batch is not full.
   */
  add(
    key: Uint8Array,
    at: number,
    length: number,
    counterLow: number,
    counterHigh: number,
  ): number {
    const { words } = this.#memory;
    const word = this.#descriptor(this.#count);
    words[word] = this.#placeKey(key);
    words[word + 1] = at;
    words[word + 2] = length;
    words[word + 3] = 0;
    words[word + 4] = counterLow;
    words[word + 5] = counterHigh;
    return this.#count++;
  }

  /** Seals every packet in place. */
  seal(cipher: Cipher): void {
    if (this.#count === 0) return;
    cipher.sealBatch(this.#places.descriptors, this.#count);
  }

  /** Opens every packet in place; {@linkcode authentic} then tells which were. */
  open(cipher: Cipher): void {
    cipher.openBatch(this.#places.descriptors, this.#count);
  }

  /** Whether packet `number` was authentic when the batch was opened. */
  authentic(number: number): boolean {
    return this.#memory.words[this.#descriptor(number) + 3] === 1;
  }

  /** Empties the batch and wipes its keys. */
  clear(): void {
    const used = this.#keyPlace +
      (this.#lastKey === undefined ? 0 : KEY_LENGTH);
    this.#memory.bytes.fill(0, this.#places.keys, used);
    this.#keyPlace = this.#places.keys;
    this.#lastKey = undefined;
    this.#count = 0;
  }

  #descriptor(number: number): number {
    return (this.#places.descriptors + number * DESCRIPTOR_LENGTH) >> 2;
  }

  /** A run of packets of one keypair, the usual case, shares one copy of the key. */
  #placeKey(key: Uint8Array): number {
    if (key === this.#lastKey) return this.#keyPlace;
    if (this.#lastKey !== undefined) this.#keyPlace += KEY_LENGTH;
    this.#memory.bytes.set(key, this.#keyPlace);
    this.#lastKey = key;
    return this.#keyPlace;
  }
}
