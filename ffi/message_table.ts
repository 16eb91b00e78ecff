/**
 * The messages of one sendmmsg(2) call, as the kernel reads them.
 *
 * ```text
 * headers, end to end as the call wants them: struct mmsghdr, 64 bytes
 *   0 name * · 8 its length u32 · 16 parts * · 24 their count
 *   32 control * · 40 its length · 48 flags u32 · 56 bytes sent u32
 * then what they point to, 136 bytes a message
 *   0 struct iovec: 0 start * · 8 length
 *  16 name, 28 bytes
 *  48 control, 88 bytes: UDP_SEGMENT, 24 bytes { 0 length 18 · 8 level UDP · 12 type · 16 u16 }
 *     then TOS or TCLASS, 24 bytes { 0 length 20 · 8 level · 12 type · 16 i32 }
 *     then PKTINFO, v4 32 bytes { 16 index i32 · 20 local 4 · 24 zeros 4 }
 *                or v6 40 bytes { 16 local 16 · 32 index i32 }
 * ```
 *
 * A train begins its control with the segment's size, a datagram with a service
 * byte at that, and anything else at the source, so that a source is left out by
 * a shorter or an empty control.
 *
 * @module
 */

import { pointerTo, Struct } from "./memory.ts";
import {
  isLinkLocal,
  nameLength,
  type SocketAddress,
  writeName,
} from "./socket_address.ts";

const HEADER = 64;
const POINTED = 136;
/** Places in what a header points to. */
const NAME = 16;
const SEGMENT = 48;
const SERVICE = SEGMENT + 24;
const SOURCE = SERVICE + 24;

const IPPROTO_IP = 0;
const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;
const IP_TOS = 1;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;
const IPV6_TCLASS = 67;
const UDP_SEGMENT = 103;

/** A table of messages, filled from its start. Nothing is allocated after it is made. */
export class MessageTable {
  #struct: Struct;
  #bufferAddress: number;
  #capacity: number;
  #count = 0;
  /** Whose name and source an entry holds: the same peer's mostly stays in its place. */
  #to: SocketAddress[] = [];
  #places: Float64Array;
  #lengths: Int32Array;
  #pointers: Deno.PointerObject[];
  #segments: Int32Array;
  #services: Uint8Array;
  /** Whether every message went out as it was added; cleared by whoever loses one. */
  unchanged = true;

  /** @param bufferAddress absolute address to which places are added */
  constructor(bufferAddress: number, capacity: number) {
    this.#bufferAddress = bufferAddress;
    this.#capacity = capacity;
    this.#struct = new Struct(capacity * (HEADER + POINTED));
    this.#places = new Float64Array(capacity);
    this.#lengths = new Int32Array(capacity);
    this.#segments = new Int32Array(capacity);
    this.#services = new Uint8Array(capacity);
    for (let i = 0; i < capacity; i++) this.#prepare(i);
    this.#pointers = Array.from(
      { length: capacity },
      (_, i) => pointerTo(this.#struct.address + i * HEADER),
    );
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.#capacity;
  }

  /** Adds a message that the caller knows to fit; `segment` 0 is one datagram. */
  add(
    place: number,
    length: number,
    segment: number,
    to: SocketAddress,
    service: number,
  ): void {
    const i = this.#count++, at = this.#pointed(i), struct = this.#struct;
    this.#places[i] = place;
    this.#lengths[i] = length;
    this.#segments[i] = segment;
    struct.setWord(at, this.#bufferAddress + place);
    struct.setU32(at + 8, length);
    if (this.#to[i] !== to) this.#address(i, to);
    if (segment > 0) struct.view.setUint16(at + SEGMENT + 16, segment, true);
    if (this.#services[i] !== service) {
      this.#services[i] = service;
      struct.setU32(at + SERVICE + 16, service);
    }
    this.#setControl(i, sourceLength(to));
  }

  clear(): void {
    this.#count = 0;
    this.unchanged = true;
  }

  /** Message `i` and those behind it, for the call. */
  pointerTo(i: number): Deno.PointerObject {
    return this.#pointers[i]!;
  }

  place(i: number): number {
    return this.#places[i]!;
  }

  length(i: number): number {
    return this.#lengths[i]!;
  }

  /** Bytes of each datagram of a train; 0 for a message of one datagram. */
  segment(i: number): number {
    return this.#segments[i]!;
  }

  /** The service byte of message `i`. */
  service(i: number): number {
    return this.#services[i]!;
  }

  to(i: number): SocketAddress {
    return this.#to[i]!;
  }

  isV4(i: number): boolean {
    return this.to(i).address.length === 4;
  }

  /** Whether message `i` names the local address that it leaves from. */
  hasSource(i: number): boolean {
    return this.#struct.u32(i * HEADER + 40) > SOURCE - this.#controlStart(i);
  }

  /** Sends message `i`, and those to the same destination behind it, to `other` instead: the same place from another source. */
  redirect(i: number, other: SocketAddress): void {
    this.unchanged = false;
    const to = this.to(i);
    for (; i < this.#count; i++) {
      if (this.to(i) !== to) continue;
      this.#address(i, other);
      this.#setControl(i, sourceLength(other));
    }
  }

  /** Place of what the header of message `i` points to. */
  #pointed(i: number): number {
    return this.#capacity * HEADER + i * POINTED;
  }

  #prepare(i: number): void {
    const struct = this.#struct, { address } = struct;
    const at = i * HEADER, pointed = this.#pointed(i);
    struct.setWord(at, address + pointed + NAME);
    struct.setWord(at + 16, address + pointed);
    struct.setWord(at + 24, 1);
    struct.setU32(pointed + SEGMENT, 18);
    struct.setU32(pointed + SEGMENT + 8, IPPROTO_UDP);
    struct.setU32(pointed + SEGMENT + 12, UDP_SEGMENT);
    struct.setU32(pointed + SERVICE, 20);
  }

  #setControl(i: number, source: number): void {
    const at = i * HEADER, start = this.#controlStart(i);
    const length = SOURCE - start + source;
    const address = this.#struct.address + this.#pointed(i) + start;
    this.#struct.setWord(at + 32, length > 0 ? address : 0);
    this.#struct.setU32(at + 40, length);
  }

  /** Where the control of message `i` begins in what its header points to. */
  #controlStart(i: number): number {
    if (this.#segments[i]! > 0) return SEGMENT;
    return this.#services[i]! > 0 ? SERVICE : SOURCE;
  }

  #address(i: number, to: SocketAddress): void {
    const at = this.#pointed(i);
    this.#to[i] = to;
    writeName(this.#struct, at + NAME, to);
    this.#struct.setU32(i * HEADER + 8, nameLength(to));
    const v4 = to.address.length === 4;
    this.#struct.setU32(at + SERVICE + 8, v4 ? IPPROTO_IP : IPPROTO_IPV6);
    this.#struct.setU32(at + SERVICE + 12, v4 ? IP_TOS : IPV6_TCLASS);
    if (to.source !== undefined) this.#writeSource(at + SOURCE, to.source, to);
  }

  #writeSource(at: number, source: Uint8Array, to: SocketAddress): void {
    const struct = this.#struct, v4 = source.length === 4;
    struct.setU32(at, v4 ? 28 : 36);
    struct.setU32(at + 8, v4 ? IPPROTO_IP : IPPROTO_IPV6);
    struct.setU32(at + 12, v4 ? IP_PKTINFO : IPV6_PKTINFO);
    struct.bytes.fill(0, at + 16, at + 40);
    struct.bytes.set(source, at + (v4 ? 20 : 16));
    // Only a link-local address needs its interface; any other may leave by another route.
    if (isLinkLocal(source)) struct.setU32(at + 32, to.scope);
  }
}

/** Bytes of the control message that names the source of `to`. */
function sourceLength(to: SocketAddress): number {
  if (to.source === undefined) return 0;
  return to.source.length === 4 ? 32 : 40;
}
