/**
 * The virtio-net header: what a TUN device with IFF_VNET_HDR puts before each
 * packet it hands out, and expects before each it is given (virtio 1.2
 * §5.1.6; here always the legacy 10 bytes, little-endian).
 *
 * ```text
 * at − 10  1      1         2           2         2           2            at
 *   │ flags │ type │ headers   │ size    │ start     │ offset     │ packet …
 *                    a hint      payload   the sum     its place
 *                                a piece   starts here behind start
 * ```
 *
 * It ends where the packet starts, so in a slot it lies inside the 16 bytes
 * that are kept free for the WireGuard header: reading from and writing to the
 * TUN need no copy. Every `at` is therefore the place of the packet.
 *
 * @module
 */
import type { PacketMemory } from "../transport/memory.ts";

/** Bytes of the header; it lies at `at − VIRTIO_NET_LENGTH`. */
export const VIRTIO_NET_LENGTH = 10;

/** The checksum field holds a partial sum: whoever sends the packet completes it. */
export const NEEDS_CHECKSUM = 1;

/** The packet is a packet. */
export const SEGMENTS_NONE = 0;
/** The packet stands for a train of TCP segments over IPv4. */
export const SEGMENTS_TCP4 = 1;
/** The packet stands for a train of TCP segments over IPv6. */
export const SEGMENTS_TCP6 = 4;
/** The packet stands for a train of UDP datagrams, over either. */
export const SEGMENTS_UDP = 5;
/** May be added to the TCP types: the first segment has CWR set. */
export const SEGMENTS_ECN = 0x80;

/** Whether the packet at `at` comes with a partial checksum. */
export function needsChecksum(memory: PacketMemory, at: number): boolean {
  return (memory.view.getUint8(at - 10) & NEEDS_CHECKSUM) !== 0;
}

/** One of the `SEGMENTS_…` types, without `SEGMENTS_ECN`; or a number unknown here. */
export function segmentation(memory: PacketMemory, at: number): number {
  return memory.view.getUint8(at - 9) & ~SEGMENTS_ECN;
}

/** Payload bytes of each segment but the last. */
export function segmentSize(memory: PacketMemory, at: number): number {
  return memory.view.getUint16(at - 6, true);
}

/** Where the bytes under the checksum start, counted from the packet's start. */
export function checksumStart(memory: PacketMemory, at: number): number {
  return memory.view.getUint16(at - 4, true);
}

/** Where the checksum field lies, counted from `checksumStart`. */
export function checksumOffset(memory: PacketMemory, at: number): number {
  return memory.view.getUint16(at - 2, true);
}

/** Says: a packet that is complete as it lies there. Clears what lay there before. */
export function writePlain(memory: PacketMemory, at: number): void {
  const { view } = memory;
  view.setUint32(at - 10, 0);
  view.setUint32(at - 6, 0);
  view.setUint16(at - 2, 0);
}

/** Says: a train of segments, whose checksum field (at `start + offset`) holds a partial sum. */
export function writeSegments(
  memory: PacketMemory,
  at: number,
  type: number,
  headers: number,
  size: number,
  start: number,
  offset: number,
): void {
  const { view } = memory;
  view.setUint8(at - 10, NEEDS_CHECKSUM);
  view.setUint8(at - 9, type);
  view.setUint16(at - 8, headers, true);
  view.setUint16(at - 6, size, true);
  view.setUint16(at - 4, start, true);
  view.setUint16(at - 2, offset, true);
}
