/**
 * Waiting until one of several descriptors has something: poll(2).
 *
 * ```text
 * struct pollfd, 8 bytes:  0 fd i32 · 4 events i16 · 6 revents i16
 * ```
 *
 * `pause` blocks this thread. `wait` runs in another thread, so signals, timers
 * and Deno's own sockets go on meanwhile; an idle program does not wake. `check`
 * only looks. While a wait is pending the program must end by `Deno.exit`:
 * returning from main would wait for the poll.
 *
 * @module
 */

import { EAGAIN } from "./errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./file.ts";
import { errno, libc, succeed } from "./libc.ts";
import { SystemError } from "./system_error.ts";
import { Struct } from "./memory.ts";

/** Something can be read. */
export const POLLIN = 1;
/** Something can be written. */
export const POLLOUT = 4;
/** An error waits, or the device is gone. */
export const POLLERR = 8;
/** The other end hung up. */
export const POLLHUP = 16;
/** The descriptor is not open. */
export const POLLNVAL = 32;

/** Descriptors that one Poll takes. */
const CAPACITY = 64;
const ENTRY = 8;

/** A set of descriptors to wait for. */
export class Poll {
  #table = new Struct(CAPACITY * ENTRY);
  /** What a pending wait looks at, so that the table may change meanwhile. */
  #pending = new Struct(CAPACITY * ENTRY);
  #waiting = false;
  #count = 0;

  /**
   * Adds `fd`. A wait that is pending does not see it: wake it.
   *
   * @param events POLLIN unless told otherwise; POLLERR and POLLHUP come unasked
   */
  add(fd: number, events = POLLIN): void {
    if (this.#count === CAPACITY) throw new RangeError("poll: table is full");
    const at = this.#count++ * ENTRY;
    this.#table.view.setInt32(at, fd, true);
    this.#table.view.setInt16(at + 4, events, true);
    this.#table.view.setInt16(at + 6, 0, true);
  }

  /** Takes `fd` out; a no-op if it is not in. Call it before closing `fd`. */
  remove(fd: number): void {
    const at = this.#find(fd);
    if (at < 0) return;
    this.#table.bytes.copyWithin(at, at + ENTRY, this.#count * ENTRY);
    this.#count--;
  }

  /** Looks at once; the number of descriptors that are ready. */
  check(): number {
    const ready = libc.poll(this.#table.pointer, this.#count, 0);
    return Math.max(0, ready); // EINTR: nothing is ready yet
  }

  /**
   * Waits until a descriptor is ready, at most `timeout` milliseconds (−1: for
   * ever). Resolves with the number of those ready, 0 when time is up or a
   * signal came. One wait at a time.
   */
  async wait(timeout: number): Promise<number> {
    if (this.#waiting) throw new TypeError("poll: a wait is pending already");
    this.#waiting = true;
    const length = this.#count * ENTRY;
    this.#pending.bytes.set(this.#table.bytes.subarray(0, length));
    const { pointer } = this.#pending;
    const ready = await libc.waitingPoll(pointer, this.#count, timeout);
    this.#waiting = false;
    this.#takeOver(length);
    return Math.max(0, ready);
  }

  /**
   * Waits in this thread, which nothing but a descriptor, a signal or `hint`
   * interrupts: no timer runs and no other event is heard meanwhile. A packet
   * is taken up one change of threads earlier than after {@linkcode wait}.
   *
   * @param timeout milliseconds
   * @param hint a descriptor that ends the pause and does not count
   * @returns the number of descriptors that are ready
   */
  pause(timeout: number, hint: number | undefined): number {
    const { pointer } = this.#table;
    if (hint === undefined || this.#count === CAPACITY) {
      return Math.max(0, libc.poll(pointer, this.#count, timeout));
    }
    this.add(hint);
    const ready = libc.poll(pointer, this.#count, timeout);
    this.#count--;
    const hinted = this.#table.view.getInt16(this.#count * ENTRY + 6, true);
    return Math.max(0, hinted === 0 ? ready : ready - 1);
  }

  /** What the last wait or check found for `fd`: POLLIN and so on, or 0. */
  ready(fd: number): number {
    const at = this.#find(fd);
    return at < 0 ? 0 : this.#table.view.getInt16(at + 6, true);
  }

  /** Copies what the wait found to the table, which may have changed. */
  #takeOver(length: number): void {
    for (let at = 0; at < length; at += ENTRY) {
      const place = this.#find(this.#pending.i32(at));
      if (place < 0) continue;
      const found = this.#pending.view.getInt16(at + 6, true);
      this.#table.view.setInt16(place + 6, found, true);
    }
  }

  #find(fd: number): number {
    for (let at = 0; at < this.#count * ENTRY; at += ENTRY) {
      if (this.#table.i32(at) === fd) return at;
    }
    return -1;
  }
}

/** A descriptor of our own in a poll, to end its wait: eventfd(2). */
export class Wake {
  /** For {@linkcode Poll.add}. */
  readonly fd: number;
  #value = new Struct(8);

  /** @throws {SystemError} of call "eventfd" */
  constructor() {
    this.fd = succeed(libc.eventfd(0, O_NONBLOCK | O_CLOEXEC), "eventfd");
  }

  /** Makes the descriptor readable, until {@linkcode drain}. */
  wake(): void {
    this.#value.setWord(0, 1);
    libc.write(this.fd, this.#value.bytes, 8);
  }

  /** Takes back every wake so far. */
  drain(): void {
    const read = libc.read(this.fd, this.#value.pointer, 8);
    if (read < 0 && errno() !== EAGAIN) throw new SystemError("read", errno());
  }

  close(): void {
    libc.close(this.fd);
  }
}
