/**
 * Network → device: receives datagrams, in batches, and takes runs of them apart.
 *
 * Where messages are long, a batch takes few of them, so that it stays in the
 * processor's cache until it has left.
 *
 * @module
 */

import { Receiver } from "../../ffi/receiver.ts";
import type { Device } from "../device/device.ts";
import { RECEIVE } from "./slots.ts";

/** Bytes of a batch from which on the next one takes but few messages, and how many. */
const LONG_BATCH = 0x30000, FEW_MESSAGES = 4;

/** Receives for one device. */
export class DatagramReader {
  #device: Device;
  #receiver: Receiver;
  /** Messages that the next batch takes at the most. */
  #most = RECEIVE.count;

  /** @param address absolute address of packet memory */
  constructor(address: number, device: Device) {
    this.#device = device;
    this.#receiver = new Receiver(
      address + RECEIVE.from,
      RECEIVE.length,
      RECEIVE.count,
    );
  }

  /** Sends one batch on its way, and returns how many messages it took; 0 when nothing waits. */
  read(fd: number, now: number): number {
    const receiver = this.#receiver;
    const count = receiver.receive(fd, this.#most);
    let total = 0;
    for (let i = 0; i < count; i++) {
      total += receiver.length(i);
      if (receiver.truncated(i)) {
        this.#device.countDrop("longer than the receive buffer");
      } else this.#handle(i, now);
    }
    this.#device.flush(now);
    this.#most = total > LONG_BATCH ? FEW_MESSAGES : RECEIVE.count;
    return count;
  }

  /** One datagram, or a run of them of one size. */
  #handle(i: number, now: number): void {
    const from = this.#receiver.from(i);
    const start = RECEIVE.from + this.#receiver.place(i);
    const end = start + this.#receiver.length(i);
    const segment = this.#receiver.segment(i) || end - start;
    const service = this.#receiver.service(i);
    if (end === start) {
      this.#device.handleDatagram(start, 0, from, service, now);
    }
    for (let at = start; at < end; at += segment) {
      const length = Math.min(segment, end - at);
      this.#device.handleDatagram(at, length, from, service, now);
    }
  }
}
