/**
 * Two ends on loopback, with a buffer each: what the tests of sending and
 * receiving share.
 *
 * @module
 */

import { addressOf } from "../../ffi/memory.ts";
import { Poll } from "../../ffi/poll.ts";
import { Receiver } from "../../ffi/receiver.ts";
import { Sender, type SenderEvents } from "../../ffi/sender.ts";
import type { SocketAddress } from "../../ffi/socket_address.ts";
import { openPair, type UdpPair } from "../../ffi/udp.ts";

export const SLOT = 65536;

/** One message as it arrived. */
export interface Arrived {
  bytes: Uint8Array;
  segment: number;
  service: number;
  from: SocketAddress;
  truncated: boolean;
}

/** A pair of sockets with its buffer, sender and receiver. */
export class End implements Disposable {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly sockets: UdpPair;
  readonly receiver: Receiver;
  readonly sender: Sender;
  readonly errors: { errno: number; datagrams: number }[] = [];
  readonly gone: SocketAddress[] = [];
  readonly narrow: SocketAddress[] = [];

  constructor(port = 0, slots = 64, slotLength = SLOT) {
    this.buffer = new Uint8Array(slots * slotLength);
    const address = addressOf(this.buffer);
    this.sockets = openPair(port, 0);
    this.receiver = new Receiver(address, slotLength, slots);
    const events: SenderEvents = {
      onError: (_to, errno, datagrams) =>
        void this.errors.push({ errno, datagrams }),
      otherSource: ({ address, port, scope }) => ({ address, port, scope }),
      onNarrow: (to) => void this.narrow.push(to),
      onSourceGone: (to) => void this.gone.push(to),
    };
    this.sender = new Sender(address, 64, events);
    this.sender.setSockets({
      v4: this.sockets.v4?.fd,
      v6: this.sockets.v6?.fd,
    });
  }

  get port(): number {
    return this.sockets.port;
  }

  /**
   * The messages that wait, once `expected` datagrams have come; fewer if no
   * more come within two seconds, more if more are there.
   */
  async receive(family: 4 | 6, expected: number): Promise<Arrived[]> {
    const fd = (family === 4 ? this.sockets.v4 : this.sockets.v6)!.fd;
    const poll = new Poll();
    poll.add(fd);
    const all: Arrived[] = [];
    while (datagrams(all).length < expected && await poll.wait(2000) > 0) {
      for (let count = 1; count > 0;) {
        count = this.receiver.receive(fd);
        for (let i = 0; i < count; i++) all.push(this.#message(i));
      }
    }
    return all;
  }

  #message(i: number): Arrived {
    const { receiver } = this;
    const start = receiver.place(i);
    return {
      bytes: this.buffer.slice(start, start + receiver.length(i)),
      segment: receiver.segment(i),
      service: receiver.service(i),
      from: receiver.from(i),
      truncated: receiver.truncated(i),
    };
  }

  [Symbol.dispose](): void {
    this.sockets.v4?.close();
    this.sockets.v6?.close();
  }
}

export const LOOPBACK_V4 = new Uint8Array([127, 0, 0, 1]);
export const LOOPBACK_V6 = new Uint8Array([...new Uint8Array(15), 1]);

/** The end's address on loopback. */
export function at(end: End, family: 4 | 6): SocketAddress {
  const address = family === 4 ? LOOPBACK_V4 : LOOPBACK_V6;
  return { address, port: end.port, scope: 0 };
}

/** The datagrams of messages, trains taken apart. */
export function datagrams(messages: Arrived[]): Uint8Array[] {
  return messages.flatMap(({ bytes, segment }) => {
    const step = segment || bytes.length || 1;
    const parts = Math.max(1, Math.ceil(bytes.length / step));
    return Array.from(
      { length: parts },
      (_, i) => bytes.slice(i * step, (i + 1) * step),
    );
  });
}
