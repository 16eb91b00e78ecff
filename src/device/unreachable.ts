/**
 * "Host unreachable" to whoever sends what no peer takes, so that it fails at
 * once and not after a timeout (RFC 792; RFC 4443 §3.1), as in-kernel WireGuard
 * says it.
 *
 * ```text
 * IPv4  20 header │ 3 type  1 code  2 sum  4 zeros │ the packet, in all ≤ 576    RFC 1812 §4.3.2.3
 * IPv6  40 header │ 1 type  3 code  2 sum  4 zeros │ the packet, in all ≤ 1280   RFC 4443 §2.4
 * ```
 *
 * The message comes from the address that cannot be reached: this machine's own
 * would be taken for forged by its kernel when it comes out of the tunnel.
 *
 * Nothing is said of an ICMP error, of what went to many, of a fragment behind
 * the first, or to a source that names no single host (RFC 1122 §3.2.2), and
 * nothing more than the rate below.
 *
 * @module
 */

import { plainChecksum } from "../transport/checksum.ts";
import type { PacketMemory } from "../transport/memory.ts";
import { destinationPlace, sourcePlace } from "./ip.ts";

/** Bytes of a whole message at most. */
export const LONGEST_MESSAGE = { 4: 576, 6: 1280 } as const;
const ICMP_HEADER = 8, HEADER = { 4: 20, 6: 40 } as const;
const ICMP = 1, ICMPV6 = 58;
const TIME_TO_LIVE = 64;
/** ICMP types that report an error (RFC 1122 §3.2.2). */
const ERRORS = new Set([3, 4, 5, 11, 12]);
/** ICMPv6 types below this are errors (RFC 4443 §2.1). */
const FIRST_QUERY = 128;

/** Messages at once, and a second. */
const BURST = 50, RATE = 100;

/** How many messages may still be sent: a bucket that fills with time. */
export class UnreachableLimit {
  #left = BURST;
  #at = -Infinity;

  /** Takes one, if there is one left at `now`, in milliseconds. */
  take(now: number): boolean {
    const more = Math.max(0, now - this.#at) * RATE / 1_000;
    this.#left = Math.min(BURST, this.#left + more);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Whether a sender may be told of the packet of `length` bytes at `at`. */
export function mayAnswer(
  memory: PacketMemory,
  version: 4 | 6,
  at: number,
  length: number,
): boolean {
  return version === 4
    ? mayAnswer4(memory, at, length)
    : mayAnswer6(memory, at, length);
}

function mayAnswer4({ bytes, view }: PacketMemory, at: number, length: number) {
  if ((view.getUint16(at + 6) & 0x1fff) !== 0) return false;
  const source = sourcePlace(4, at), destination = destinationPlace(4, at);
  if (!isOneHost4(bytes[source]!) || !isOneHost4(bytes[destination]!)) {
    return false;
  }
  if (bytes[at + 9] !== ICMP) return true;
  const type = (bytes[at]! & 15) * 4;
  return type < length && !ERRORS.has(bytes[at + type]!);
}

/** Neither 0.0.0.0/8, nor multicast, nor what is reserved or broadcast. */
function isOneHost4(first: number): boolean {
  return first !== 0 && first < 224;
}

function mayAnswer6({ bytes, view }: PacketMemory, at: number, length: number) {
  const source = sourcePlace(6, at), destination = destinationPlace(6, at);
  if (bytes[source] === 0xff || bytes[destination] === 0xff) return false;
  let unspecified = 0;
  for (let i = 0; i < 16; i += 4) unspecified |= view.getUint32(source + i);
  if (unspecified === 0) return false;
  if (bytes[at + 6] !== ICMPV6) return true;
  return HEADER[6] < length && bytes[at + HEADER[6]]! >= FIRST_QUERY;
}

/**
 * Writes the message about the packet of `length` bytes at `at` to `to`, where
 * {@linkcode LONGEST_MESSAGE} bytes are free; returns its length.
 */
export function writeUnreachable(
  memory: PacketMemory,
  version: 4 | 6,
  at: number,
  length: number,
  to: number,
): number {
  const { bytes, view } = memory;
  const header = HEADER[version];
  const room = LONGEST_MESSAGE[version] - header - ICMP_HEADER;
  const quoted = Math.min(length, room), whole = ICMP_HEADER + quoted;
  const icmp = to + header, size = version === 4 ? 4 : 16;
  bytes.fill(0, to, icmp + ICMP_HEADER);
  bytes.copyWithin(icmp + ICMP_HEADER, at, at + quoted);
  const from = destinationPlace(version, at), reply = sourcePlace(version, at);
  bytes.copyWithin(sourcePlace(version, to), from, from + size);
  bytes.copyWithin(destinationPlace(version, to), reply, reply + size);
  if (version === 4) {
    bytes.set([3, 1], icmp);
    view.setUint16(icmp + 2, checksum(memory, icmp, whole, 0));
    writeHeader4(memory, to, header + whole);
  } else {
    bytes.set([1, 3], icmp);
    writeHeader6(memory, to, whole);
    // The pseudo-header: both addresses, the length, the protocol (RFC 8200 §8.1).
    const addresses = plainChecksum(memory).sum(to + 8, 32, whole + ICMPV6);
    view.setUint16(icmp + 2, checksum(memory, icmp, whole, addresses));
  }
  return header + whole;
}

function writeHeader4(memory: PacketMemory, at: number, whole: number): void {
  const { bytes, view } = memory;
  bytes[at] = 0x45;
  bytes[at + 1] = 0xc0; // Internetwork control, as routers send it (RFC 1812 §4.3.2.5)
  view.setUint16(at + 2, whole);
  bytes[at + 8] = TIME_TO_LIVE;
  bytes[at + 9] = ICMP;
  view.setUint16(at + 10, checksum(memory, at, HEADER[4], 0));
}

function writeHeader6(
  { bytes, view }: PacketMemory,
  at: number,
  payload: number,
) {
  bytes[at] = 0x60;
  view.setUint16(at + 4, payload);
  bytes[at + 6] = ICMPV6;
  bytes[at + 7] = TIME_TO_LIVE;
}

function checksum(
  memory: PacketMemory,
  at: number,
  length: number,
  initial: number,
): number {
  return ~plainChecksum(memory).sum(at, length, initial) & 0xffff;
}
