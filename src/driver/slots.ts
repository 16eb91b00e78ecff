/**
 * Where the driver keeps packets in packet memory.
 *
 * ```text
 * 0x100000   0x200000   what the network sends: 16 messages of 64 KiB
 * 0x200000   0x400000   what the TUN hands out, and the packets that it is split into
 * ```
 *
 * A read of the TUN lands where the next packet's slot is (transport/memory.ts),
 * so one that is no train is sealed where it lies. Packets of a train are placed
 * behind it, end to end, so that they leave as a train again.
 *
 * @module
 */

import { HEADER_LENGTH, TAG_LENGTH } from "../transport/memory.ts";
import { paddedLength } from "../transport/packet.ts";

/** Messages of one receive call, and bytes of each. */
export const RECEIVE = { from: 0x100000, count: 16, length: 0x10000 };
const TUN = { from: 0x200000, to: 0x400000 };
/** Bytes of the longest read of the TUN without its header. */
export const MAXIMUM_READ = 0xffff;

/** The slots of packets from the TUN, given out end to end. */
export class TunSlots {
  /** The interface's MTU, on which padding depends. */
  mtu = 0;
  #cursor = TUN.from;
  #limit = TUN.to;
  #readAt = TUN.from;
  #readEnd = TUN.from;

  /** Whether a whole read fits behind what was given out. */
  get hasRoom(): boolean {
    return this.#cursor + HEADER_LENGTH + MAXIMUM_READ + TAG_LENGTH <= TUN.to;
  }

  /** The place of the next read's packet, MAXIMUM_READ bytes. */
  get readPlace(): number {
    return this.#cursor + HEADER_LENGTH;
  }

  /** A read of `length` bytes has come to {@linkcode readPlace}; nothing is placed over it. */
  read(length: number): void {
    this.#readAt = this.#cursor;
    this.#readEnd = (this.#cursor + HEADER_LENGTH + length + TAG_LENGTH) & -16;
    this.#limit = TUN.to;
  }

  /**
   * The place for a packet of the read's train; `undefined` if what was given
   * out must leave first: then {@linkcode wrap}.
   */
  place(length: number): number | undefined {
    if (this.#cursor === this.#readAt) this.#cursor = this.#readEnd;
    const end = this.#cursor + this.#slotLength(length);
    return end > this.#limit ? undefined : this.#cursor + HEADER_LENGTH;
  }

  /** The packet at `at`, which is the read's or the last place, is complete. */
  take(at: number, length: number): void {
    this.#cursor = at - HEADER_LENGTH + this.#slotLength(length);
  }

  /** Everything that was given out has left, but for the read itself: goes on in the greater room beside it. */
  wrap(): void {
    const before = this.#readAt - TUN.from, behind = TUN.to - this.#readEnd;
    this.#cursor = before > behind ? TUN.from : this.#readEnd;
    this.#limit = before > behind ? this.#readAt : TUN.to;
  }

  /** Everything has left. */
  reset(): void {
    this.#cursor = TUN.from;
    this.#limit = TUN.to;
    this.#readAt = this.#readEnd = TUN.from;
  }

  #slotLength(length: number): number {
    return HEADER_LENGTH + paddedLength(length, this.mtu) + TAG_LENGTH;
  }
}
