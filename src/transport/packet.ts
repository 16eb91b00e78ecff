/**
 * Transport data, message type 4 (whitepaper §5.4.6).
 *
 * ```text
 * 0 type u32 = 4 · 4 receiver u32 · 8 counter u64 · 16 packet, padded · tag 16
 * ```
 *
 * All numbers are little-endian. The functions work in place on a slot of
 * packet memory; `at` is always the packet's place, 16 bytes behind the header.
 *
 * @module
 */

import { TRANSPORT_DATA } from "../noise/messages.ts";
import { HEADER_LENGTH, type PacketMemory } from "./memory.ts";

/** Bytes that a packet is padded to a multiple of. */
const PADDING_MULTIPLE = 16;

/**
 * The length to which a packet is padded: a multiple of 16, but never past the
 * interface's MTU. A packet longer than the MTU is a train of packets to come;
 * its last one counts.
 */
export function paddedLength(length: number, mtu: number): number {
  if (mtu === 0) return roundUp(length);
  const last = length > mtu ? length % mtu : length;
  return length - last + Math.min(mtu, roundUp(last));
}

function roundUp(length: number): number {
  return (length + PADDING_MULTIPLE - 1) & -PADDING_MULTIPLE;
}

/** Writes the header before the packet at `at`. */
export function writeHeader(
  { view }: PacketMemory,
  at: number,
  receiver: number,
  counterLow: number,
  counterHigh: number,
): void {
  const header = at - HEADER_LENGTH;
  view.setUint32(header, TRANSPORT_DATA, true);
  view.setUint32(header + 4, receiver, true);
  view.setUint32(header + 8, counterLow, true);
  view.setUint32(header + 12, counterHigh, true);
}

/** The receiver's index in the header before `at`. */
export function receiverOf({ view }: PacketMemory, at: number): number {
  return view.getUint32(at - HEADER_LENGTH + 4, true);
}

/** The low half of the counter in the header before `at`. */
export function counterLowOf({ view }: PacketMemory, at: number): number {
  return view.getUint32(at - HEADER_LENGTH + 8, true);
}

/** The high half of the counter in the header before `at`. */
export function counterHighOf({ view }: PacketMemory, at: number): number {
  return view.getUint32(at - HEADER_LENGTH + 12, true);
}
