/**
 * The sliding window that a counter passes once (RFC 6479, whitepaper §5.4.6).
 *
 * A ring of 128 blocks of 64 bits, 8,192 in all. The block of the greatest
 * counter is only partly used, so the window reaches back 127 blocks: a counter
 * that is 8,128 behind the greatest is still judged by its bit, an older one is
 * refused. Counters are two unsigned halves of 32 bits, compared in full.
 *
 * @module
 */

import { isRejectedCounter } from "./counter.ts";

const BLOCKS = 128;
/** How far a counter may lie behind the greatest one. */
export const WINDOW = (BLOCKS - 1) * 64;

/** The ring of a window that has seen nothing: its kilobyte would be a tenth of a handshake, and many sessions never see a packet. */
const NONE = new Uint32Array(0);

/** Which counters of one keypair were seen. */
export class ReplayWindow {
  #bits = NONE;
  #greatestLow = 0;
  #greatestHigh = 0;

  /**
   * Whether a counter is new; records it. Call it only with a counter whose
   * packet was authentic, or anybody could shut the window.
   */
  accept(low: number, high: number): boolean {
    if (isRejectedCounter(low, high)) return false;
    if (this.#bits === NONE) this.#bits = new Uint32Array(2 * BLOCKS);
    // Exact below 2^53; beyond that its sign and size are still right, which is all that is asked of it.
    const ahead = (high - this.#greatestHigh) * 2 ** 32 +
      (low - this.#greatestLow);
    if (ahead > 0) this.#advance(low, high);
    else if (-ahead > WINDOW) return false;
    return this.#mark(low);
  }

  /** Empties the blocks between the greatest counter's and the new one's. */
  #advance(low: number, high: number): void {
    const block = low >>> 6;
    const distance = (high - this.#greatestHigh) * 2 ** 26 +
      (block - (this.#greatestLow >>> 6));
    for (let i = 0; i < Math.min(distance, BLOCKS); i++) {
      const word = 2 * ((block - i) & (BLOCKS - 1));
      this.#bits[word] = 0;
      this.#bits[word + 1] = 0;
    }
    this.#greatestLow = low;
    this.#greatestHigh = high;
  }

  /** Sets the counter's bit; false if it was set. */
  #mark(low: number): boolean {
    const word = (low >>> 5) & (2 * BLOCKS - 1);
    const bit = 1 << (low & 31);
    const seen = (this.#bits[word]! & bit) !== 0;
    this.#bits[word]! |= bit;
    return !seen;
  }
}
