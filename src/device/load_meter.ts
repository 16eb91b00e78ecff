/**
 * Whether handshakes come faster than they are dealt with (whitepaper §5.3).
 *
 * As in wireguard-go and the kernel, the number that waits tells: from an eighth
 * of the queue on the device is under load, and for one second more. So as many
 * handshakes are answered without a cookie as the machine bears.
 *
 * @module
 */

import { HANDSHAKE_CAPACITY } from "./handshake_queue.ts";

/** Messages that wait from which on there is load. */
const THRESHOLD = HANDSHAKE_CAPACITY / 8;
/** Time for which load lasts after it was last seen. */
const LOAD_LASTS = 1_000;

/** Remembers when handshakes last waited in numbers. */
export class LoadMeter {
  #threshold: number;
  #loadedUntil = -Infinity;

  /** @param threshold messages that wait from which on there is load */
  constructor(threshold = THRESHOLD) {
    this.#threshold = threshold;
  }

  /** Whether the device is under load, `waiting` messages waiting. */
  isLoaded(waiting: number, now: number): boolean {
    if (waiting >= this.#threshold) this.#loadedUntil = now + LOAD_LASTS;
    return now < this.#loadedUntil;
  }
}
