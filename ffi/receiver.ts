/**
 * Receiving datagrams, many a call: recvmmsg(2), with UDP_GRO (udp(7)).
 *
 * Message `i` lands at `i × slotLength` of the caller's buffer. One message is
 * one datagram, or a run of datagrams of `segment(i)` bytes each from one
 * sender, the last of them perhaps shorter.
 *
 * ```text
 * headers, end to end as the call wants them: struct mmsghdr, 64 bytes
 *   0 name * · 8 its length u32 · 16 parts * · 24 their count
 *   32 control * · 40 its length · 48 flags u32 · 56 bytes received u32
 * then what they point to, 112 bytes a message
 *   0 struct iovec: 0 start * · 8 length
 *  16 control, 96 bytes: messages { 0 length · 8 level i32 · 12 type i32 · 16 data }
 *     level UDP, UDP_GRO: i32 · level IP, PKTINFO: { i32 index, 4 local, 4 header }
 *     level IPV6, PKTINFO: { 16 local, i32 index } · level IP, TOS: u8 · level IPV6, TCLASS: i32
 * then the names, 32 bytes a message
 * ```
 *
 * @module
 */

import { EAGAIN, EBADF, EFAULT, EINVAL, ENOTSOCK } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { SystemError } from "./system_error.ts";
import { Struct } from "./memory.ts";
import { SenderCache } from "./sender_cache.ts";
import { NAME_LENGTH_V6, type SocketAddress } from "./socket_address.ts";

const HEADER = 64;
const POINTED = 112;
/** Place of the control messages in what a header points to. */
const CONTROL = 16;
const CONTROL_LENGTH = 96;
const NAME = 32;

/** Bytes of a control message's head; its data follows. */
const CONTROL_HEAD = 16;
const IPPROTO_IP = 0;
const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;
const IP_TOS = 1;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;
const IPV6_TCLASS = 67;
const UDP_GRO = 104;

const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** Errors of earlier datagrams (ICMP) that one call skips; each is told once. */
const SKIPPED_ERRORS = 64;
/** What is wrong with the call and not with the network. */
const MISUSE = new Set([EBADF, EFAULT, EINVAL, ENOTSOCK]);

/** The datagrams of the last {@linkcode Receiver.receive}. */
export class Receiver {
  #table: Struct;
  #pointed: number;
  #names: number;
  #slotLength: number;
  #capacity: number;
  /** Entries that the kernel wrote to, to be made ready again. */
  #used = 0;
  #segments: Int32Array;
  #services: Uint8Array;
  /** Place of the local address in the table; 0 where the kernel told none. */
  #locals: Int32Array;
  #cache = new SenderCache();

  /**
   * @param bufferAddress absolute; `count × slotLength` bytes, which the caller
   * keeps alive
   * @param slotLength bytes of a message at most; 65,535 takes every one
   */
  constructor(bufferAddress: number, slotLength: number, count: number) {
    this.#slotLength = slotLength;
    this.#capacity = count;
    this.#pointed = count * HEADER;
    this.#names = count * (HEADER + POINTED);
    this.#table = new Struct(count * (HEADER + POINTED + NAME));
    this.#segments = new Int32Array(count);
    this.#services = new Uint8Array(count);
    this.#locals = new Int32Array(count);
    for (let i = 0; i < count; i++) this.#prepare(i, bufferAddress);
  }

  /**
   * Receives what waits on `fd`; the number of messages, 0 when nothing waits.
   * What the network had to say of earlier datagrams is passed over.
   *
   * @param most messages that it takes; as many as there is room for unless told
   * @throws {SystemError} of call "recvmmsg" if `fd` is no open socket
   */
  receive(fd: number, most = this.#capacity): number {
    this.#makeReady();
    const { pointer } = this.#table;
    for (let attempt = 0; attempt < SKIPPED_ERRORS; attempt++) {
      const count = libc.recvmmsg(
        fd,
        pointer,
        most,
        MSG_DONTWAIT,
        null,
      );
      if (count >= 0) return this.#accept(count);
      const reason = errno();
      if (reason === EAGAIN) return 0;
      if (MISUSE.has(reason)) throw new SystemError("recvmmsg", reason);
    }
    return 0;
  }

  /** Where message `i` lies, in bytes from the buffer's start. */
  place(i: number): number {
    return i * this.#slotLength;
  }

  /** Bytes of message `i`. */
  length(i: number): number {
    return this.#table.u32(i * HEADER + 56);
  }

  /** Bytes of each datagram in message `i` but the last; 0 if it is one datagram. */
  segment(i: number): number {
    return this.#segments[i]!;
  }

  /** The service byte (RFC 2474, RFC 3168) of the packets of message `i`. */
  service(i: number): number {
    return this.#services[i]!;
  }

  /** Whether message `i` was longer than its slot, and its end is lost. */
  truncated(i: number): boolean {
    return (this.#table.u32(i * HEADER + 48) & MSG_TRUNC) !== 0;
  }

  /** Who sent message `i`; the same object as long as one sender's datagrams keep coming. */
  from(i: number): SocketAddress {
    const name = this.#names + i * NAME;
    return this.#cache.find(this.#table, name, this.#locals[i]!);
  }

  #prepare(i: number, bufferAddress: number): void {
    const table = this.#table, at = i * HEADER;
    const pointed = this.#pointed + i * POINTED;
    table.setWord(at, table.address + this.#names + i * NAME);
    table.setU32(at + 8, NAME_LENGTH_V6);
    table.setWord(at + 16, table.address + pointed);
    table.setWord(at + 24, 1);
    table.setWord(at + 32, table.address + pointed + CONTROL);
    table.setWord(at + 40, CONTROL_LENGTH);
    table.setWord(pointed, bufferAddress + this.place(i));
    table.setWord(pointed + 8, this.#slotLength);
  }

  /** The kernel shortens both lengths to what it wrote. */
  #makeReady(): void {
    for (let i = 0; i < this.#used; i++) {
      this.#table.setU32(i * HEADER + 8, NAME_LENGTH_V6);
      this.#table.setU32(i * HEADER + 40, CONTROL_LENGTH);
    }
    this.#used = 0;
  }

  #accept(count: number): number {
    this.#used = count;
    for (let i = 0; i < count; i++) this.#readControl(i);
    return count;
  }

  #readControl(i: number): void {
    const table = this.#table;
    this.#segments[i] = 0;
    this.#services[i] = 0;
    this.#locals[i] = 0;
    let at = this.#pointed + i * POINTED + CONTROL;
    const end = at + table.u32(i * HEADER + 40);
    while (at + CONTROL_HEAD <= end) {
      const length = table.u32(at);
      if (length < CONTROL_HEAD) return;
      this.#readMessage(i, at, table.i32(at + 8), table.i32(at + 12));
      at += (length + 7) & ~7;
    }
  }

  #readMessage(i: number, at: number, level: number, type: number): void {
    const data = at + CONTROL_HEAD;
    if (level === IPPROTO_UDP && type === UDP_GRO) {
      this.#segments[i] = this.#table.i32(data);
    } else if (level === IPPROTO_IP && type === IP_PKTINFO) {
      this.#locals[i] = data + 4;
    } else if (
      level === IPPROTO_IP && type === IP_TOS ||
      level === IPPROTO_IPV6 && type === IPV6_TCLASS
    ) {
      this.#services[i] = this.#table.bytes[data]!;
    } else if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO) {
      this.#locals[i] = data;
    }
  }
}
