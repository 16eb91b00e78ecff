/**
 * What the lanes of one cipher share besides packet memory: the batch that is
 * being worked on, and how much of it is taken and done.
 *
 * The first lane offers a batch; every lane, itself too, takes runs of its
 * packets until none is left, so that a slow lane holds up no more than a run.
 *
 * ```text
 * word 0 ticket   generation << 9 | packets that nobody has taken
 *      1 job      place of the first descriptor | 1 if they are to be opened
 *     16 done     packets of this batch that are finished
 *     17 waiting  1 while the first lane sleeps until that changes
 *     32 ready    lanes that have started, without the first
 *     33 asleep   lanes that sleep until the ticket changes
 *     34 failed   1 once a lane has failed at a run
 * ```
 *
 * Packets are taken by exchanging the ticket. The job is written only while no
 * packet is left to take; so whoever has exchanged a ticket has read its job,
 * however long it was away in between. The words lie on three cache lines,
 * because different lanes write them at different times.
 *
 * @module
 */

import { DESCRIPTOR_LENGTH } from "./layout.ts";

/** What is done with the packets of a batch. */
export type How = "seal" | "open";

const TICKET = 0, JOB = 1;
const DONE = 16, WAITING = 17;
const READY = 32, ASLEEP = 33, FAILED = 34;
const LENGTH = 48 * Int32Array.BYTES_PER_ELEMENT;

/** Bits of the ticket that count packets: BATCH_CAPACITY of them at the most. */
const LEFT_BITS = 9;
const LEFT = (1 << LEFT_BITS) - 1;
/** The bit of the job that says so; descriptors lie at multiples of 4. */
const OPEN = 1;
/**
 * Packets of a run, unless fewer are left: between the packets of a run the
 * cipher does ChaCha20 of one with Poly1305 of another.
 */
const SHORTEST_RUN = 8;

/** The memory that the shares of all lanes are views of. */
export function newShareMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(LENGTH);
}

/** One lane's view of what is shared, and the run that it has taken. */
export class LaneShare {
  /** Of the run: what to do, the place of its first descriptor, its packets. */
  how: How = "seal";
  descriptors = 0;
  length = 0;
  #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Lanes that are there to help the first. */
  get helpers(): number {
    return Atomics.load(this.#words, READY);
  }

  /** Whether a lane has failed, and with it the batch in which it did. */
  get hasFailed(): boolean {
    return Atomics.load(this.#words, FAILED) !== 0;
  }

  /** This lane is there to help. */
  join(): void {
    Atomics.add(this.#words, READY, 1);
  }

  /** Offers `count` packets to all lanes and wakes those that sleep. The batch before must be done. */
  offer(how: How, descriptors: number, count: number): void {
    const words = this.#words;
    Atomics.store(words, DONE, 0);
    Atomics.store(words, JOB, descriptors | (how === "open" ? OPEN : 0));
    const generation = (Atomics.load(words, TICKET) >> LEFT_BITS) + 1;
    Atomics.store(words, TICKET, generation << LEFT_BITS | count);
    if (Atomics.load(words, ASLEEP) > 0) Atomics.notify(words, TICKET);
  }

  /** Takes a run of the packets that are left; false where there are none. */
  take(): boolean {
    const words = this.#words;
    const parts = 2 * (Atomics.load(words, READY) + 1);
    for (;;) {
      const ticket = Atomics.load(words, TICKET), left = ticket & LEFT;
      if (left === 0) return false;
      const job = Atomics.load(words, JOB);
      const part = Math.max(SHORTEST_RUN, Math.floor(left / parts));
      const length = Math.min(left, part);
      const after = ticket - length;
      if (Atomics.compareExchange(words, TICKET, ticket, after) !== ticket) {
        continue;
      }
      this.how = (job & OPEN) === 0 ? "seal" : "open";
      this.descriptors = (job & ~OPEN) + (left - length) * DESCRIPTOR_LENGTH;
      this.length = length;
      return true;
    }
  }

  /** The run that was taken is finished. */
  finish(): void {
    Atomics.add(this.#words, DONE, this.length);
    if (Atomics.load(this.#words, WAITING) !== 0) {
      Atomics.notify(this.#words, DONE);
    }
  }

  /** The run that was taken cannot be finished, and its packets are in no known state. */
  fail(): void {
    Atomics.store(this.#words, FAILED, 1);
    this.finish();
  }

  /** Whether all `count` packets of the batch are finished, or given up. */
  isDone(count: number): boolean {
    return Atomics.load(this.#words, DONE) === count;
  }

  /** Sleeps until more packets are finished; false if none is within `patience` milliseconds. */
  waitForOthers(count: number, patience: number): boolean {
    const words = this.#words;
    Atomics.store(words, WAITING, 1);
    const done = Atomics.load(words, DONE);
    const woken = done === count
      ? "not-equal"
      : Atomics.wait(words, DONE, done, patience);
    Atomics.store(words, WAITING, 0);
    return woken !== "timed-out";
  }

  /** Whether there is nothing to take. */
  get isIdle(): boolean {
    return (Atomics.load(this.#words, TICKET) & LEFT) === 0;
  }

  /** Sleeps until a batch is offered. */
  sleep(): void {
    const words = this.#words;
    const ticket = Atomics.load(words, TICKET);
    if ((ticket & LEFT) !== 0) return;
    Atomics.add(words, ASLEEP, 1);
    Atomics.wait(words, TICKET, ticket);
    Atomics.sub(words, ASLEEP, 1);
  }
}
