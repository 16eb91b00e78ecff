/**
 * Whether handshakes come faster than we want to pay for (whitepaper §5.3).
 *
 * There is no queue of handshakes whose length would tell, as in the kernel:
 * each is handled when it comes. So they are counted: a bucket leaks at the
 * threshold's rate, and one that overflows means load, for one second more.
 *
 * @module
 */

/** Time for which load lasts after it was last seen. */
const LOAD_LASTS = 1_000;

/** Counts handshake messages whose mac1 is right. */
export class LoadMeter {
  #threshold: number;
  #level = 0;
  #levelAt = 0;
  #loadedUntil = -Infinity;

  /** @param threshold handshake messages a second that are borne without load */
  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /** Counts one message, and says whether the device is under load. */
  count(now: number): boolean {
    const leaked = (now - this.#levelAt) * this.#threshold / 1_000;
    this.#level = Math.max(0, this.#level - leaked) + 1;
    this.#levelAt = now;
    if (this.#level > this.#threshold) {
      this.#level = this.#threshold;
      this.#loadedUntil = now + LOAD_LASTS;
    }
    return now < this.#loadedUntil;
  }
}
