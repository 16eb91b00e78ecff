/**
 * The device's output, joined to the kernel: datagrams leave as trains, packets
 * reach the TUN as trains.
 *
 * Datagrams of one size and service to one peer that lie end to end become one
 * message with UDP_SEGMENT; only the last of them may be shorter (udp(7)).
 *
 * @module
 */

import { Struct } from "../../ffi/memory.ts";
import {
  MAXIMUM_SEGMENTS,
  MAXIMUM_TRAIN,
  type Sender,
} from "../../ffi/sender.ts";
import type { Tun } from "../../ffi/tun.ts";
import type { Endpoint } from "../config/config.ts";
import type { Output } from "../device/outbound.ts";
import { Coalescer } from "../offload/coalesce.ts";
import type { Checksum } from "../transport/checksum.ts";
import { MAX_SEGMENTS } from "../offload/group.ts";
import type { PacketMemory } from "../transport/memory.ts";

/** Bytes of a struct iovec { void *start; size_t length }. */
const PART_LENGTH = 16;

/** What a sink is made of. */
export interface SinkOptions {
  memory: PacketMemory;
  /** Absolute address of packet memory. */
  address: number;
  checksum: Checksum;
  tun: Pick<Tun, "udpOffload" | "write"> & Partial<Pick<Tun, "headers">>;
  sender: Pick<Sender, "add" | "flush">;
  /** The TUN did not take a packet, for the reason `errno`. */
  onRefused: (errno: number) => void;
}

/** Where a device's output goes. */
export class Sink implements Output {
  #options: SinkOptions;
  #coalescer: Coalescer;
  /** One packet for a TUN that takes no headers, and so no trains. */
  #alone: Uint32Array | undefined;
  #parts = new Struct(MAX_SEGMENTS * PART_LENGTH);
  #to: Endpoint | undefined;
  #service = 0;
  #start = 0;
  #end = 0;
  /** Bytes of each datagram of the run, and how many there are. */
  #segment = 0;
  #count = 0;

  constructor(options: SinkOptions) {
    this.#options = options;
    const { memory, checksum, tun } = options;
    if (tun.headers === false) this.#alone = new Uint32Array(2);
    this.#coalescer = new Coalescer(
      memory,
      { udp: tun.udpOffload, checksum },
      (pieces, count) => this.#write(pieces, count),
    );
  }

  send(at: number, length: number, to: Endpoint, service: number): void {
    if (service !== this.#service || !this.#continues(at, length, to)) {
      this.#endRun();
      this.#to = to;
      this.#service = service;
      this.#start = at;
      this.#segment = length;
    }
    this.#end = at + length;
    this.#count++;
  }

  deliver(at: number, length: number): void {
    if (this.#alone === undefined) return this.#coalescer.add(at, length);
    this.#alone[0] = at;
    this.#alone[1] = length;
    this.#write(this.#alone, 1);
  }

  flush(): void {
    this.#endRun();
    this.#options.sender.flush();
    this.#coalescer.flush();
  }

  /** Whether a datagram may follow the run: no longer than the first, and none shorter before it. */
  #continues(at: number, length: number, to: Endpoint): boolean {
    return to === this.#to && at === this.#end && length <= this.#segment &&
      this.#end - this.#start === this.#count * this.#segment &&
      this.#count < MAXIMUM_SEGMENTS &&
      at + length - this.#start <= MAXIMUM_TRAIN;
  }

  #endRun(): void {
    if (this.#to === undefined) return;
    const length = this.#end - this.#start;
    const segment = this.#count > 1 ? this.#segment : 0;
    this.#options.sender.add(
      this.#start,
      length,
      segment,
      this.#to,
      this.#service,
    );
    this.#to = undefined;
    this.#count = 0;
  }

  #write(pieces: Uint32Array, count: number): void {
    const { address, tun, onRefused } = this.#options;
    for (let i = 0; i < count; i++) {
      const part = i * PART_LENGTH;
      this.#parts.setWord(part, address + pieces[2 * i]!);
      this.#parts.setU32(part + 8, pieces[2 * i + 1]!);
    }
    const errno = tun.write(this.#parts.pointer, count);
    if (errno !== 0) onRefused(errno);
  }
}
