/**
 * TUN → device: reads what the TUN hands out, in batches, and splits trains into
 * packets.
 *
 * A batch is small enough to stay in the processor's cache until it has left:
 * what was read, what it was split into, and the kernel's copies of both.
 *
 * @module
 */

import { type Tun, VIRTIO_HEADER_LENGTH } from "../../ffi/tun.ts";
import type { Device } from "../device/device.ts";
import type { Checksum } from "../transport/checksum.ts";
import { split, type SplitSink } from "../offload/split.ts";
import type { PacketMemory } from "../transport/memory.ts";
import { MAXIMUM_READ, TunSlots } from "./slots.ts";

/** Reads of one batch, and bytes after which it takes no further one. */
const READS = 64, BATCH_LENGTH = 0x30000;

/** What a reader is made of. */
export interface TunReaderOptions {
  memory: PacketMemory;
  /** Absolute address of packet memory. */
  address: number;
  checksum: Checksum;
  tun: Pick<Tun, "read"> & Partial<Pick<Tun, "headers">>;
  device: Device;
}

/** Reads one TUN for one device. */
export class TunReader {
  #options: TunReaderOptions;
  #slots = new TunSlots();
  #sink: SplitSink;
  #now = 0;

  constructor(options: TunReaderOptions) {
    this.#options = options;
    this.#sink = {
      place: (length) => this.#place(length),
      packet: (at, length) => {
        this.#slots.take(at, length);
        options.device.handlePacket(at, length, this.#now);
      },
    };
  }

  setMtu(mtu: number): void {
    this.#slots.mtu = mtu;
  }

  /**
   * Sends one batch on its way, and returns how many reads it took; 0 when
   * nothing waits.
   *
   * @param alone whether the first read need not wait for the others: after a
   * while of silence there mostly are none
   */
  read(now: number, alone: boolean): number {
    const { device } = this.#options;
    this.#now = now;
    let reads = 0, total = 0;
    while (reads < READS && total < BATCH_LENGTH && this.#slots.hasRoom) {
      const length = this.#readOne();
      if (length === 0) break;
      if (alone && reads === 0) device.flush(now);
      reads++;
      total += length;
    }
    device.flush(now);
    this.#slots.reset();
    return reads;
  }

  /** Returns the bytes that were read; 0 when nothing waits. */
  #readOne(): number {
    const { memory, address, checksum, tun, device } = this.#options;
    const at = this.#slots.readPlace;
    if (tun.headers === false) return this.#readPlain(at);
    const start = address + at - VIRTIO_HEADER_LENGTH;
    const read = tun.read(start, VIRTIO_HEADER_LENGTH + MAXIMUM_READ);
    if (read === 0) return 0;
    const length = read - VIRTIO_HEADER_LENGTH;
    this.#slots.read(length);
    const drop = split(memory, at, length, this.#sink, checksum);
    if (drop !== undefined) {
      device.countDrop("the kernel's offload header is malformed");
    }
    return read;
  }

  /** Reads a packet that has no header. */
  #readPlain(at: number): number {
    const { address, tun } = this.#options;
    const length = tun.read(address + at, MAXIMUM_READ);
    if (length === 0) return 0;
    this.#slots.read(length);
    this.#sink.packet(at, length);
    return length;
  }

  /** A place for a packet of the train that is being split. */
  #place(length: number): number {
    const place = this.#slots.place(length);
    if (place !== undefined) return place;
    this.#options.device.flush(this.#now);
    this.#slots.wrap();
    return this.#slots.place(length)!;
  }
}
