/**
 * What a tunnel must know of an IP packet in packet memory: version, addresses
 * and length (RFC 791 §3.1, RFC 8200 §3).
 *
 * @module
 */

import type { PacketMemory } from "../transport/memory.ts";

/** Bytes of the shortest header of each version. */
const IPV4_HEADER = 20, IPV6_HEADER = 40;

/** 4 or 6; 0 if `length` bytes at `at` cannot be an IP packet. */
export function ipVersion(
  { bytes }: PacketMemory,
  at: number,
  length: number,
): 0 | 4 | 6 {
  const version = bytes[at]! >> 4;
  if (version === 4 && length >= IPV4_HEADER) return 4;
  if (version === 6 && length >= IPV6_HEADER) return 6;
  return 0;
}

/** Where the source address of a packet of this version at `at` lies. */
export function sourcePlace(version: 4 | 6, at: number): number {
  return at + (version === 4 ? 12 : 8);
}

/** Where the destination address of a packet of this version at `at` lies. */
export function destinationPlace(version: 4 | 6, at: number): number {
  return at + (version === 4 ? 16 : 24);
}

/**
 * The packet's own length by its header, at most `length`, the bytes that are
 * there with the padding; 0 if the header claims more or too little.
 */
export function packetLength(
  { view }: PacketMemory,
  version: 4 | 6,
  at: number,
  length: number,
): number {
  const own = version === 4
    ? view.getUint16(at + 2)
    : view.getUint16(at + 4) + IPV6_HEADER;
  const least = version === 4 ? IPV4_HEADER : IPV6_HEADER;
  return own > length || own < least ? 0 : own;
}
