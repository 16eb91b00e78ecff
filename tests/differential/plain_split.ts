/**
 * Split, the plain way: what one read of the TUN stands for, as packets of
 * their own.
 *
 * @module
 */
import { CWR, DONT_FRAGMENT, FIN, PSH } from "../offload/packets.ts";
import {
  checksumField,
  folded,
  get16,
  get32,
  put16,
  put32,
  putHeaderChecksum,
  sumOf,
  TCP,
  UDP,
} from "./packet.ts";
import type { Virtio } from "../offload/virtio.ts";

/** A virtio-net header and the bytes behind it. */
export interface Read {
  virtio: Virtio;
  bytes: Uint8Array;
}

const NEEDS_CHECKSUM = 1, ECN = 0x80;
/** Types of trains: of TCP over IPv4 and IPv6, and of UDP over either. */
const TRAINS = new Map([[1, TCP], [4, TCP], [5, UDP]]);

/** The packets of a read; none where it makes no sense. */
export function plainSplit({ virtio, bytes }: Read): Uint8Array[] {
  if (bytes.length === 0) return [];
  const type = virtio.type & ~ECN;
  if (type !== 0) return isTrain(virtio, type, bytes) ? cut(virtio, bytes) : [];
  if ((virtio.flags & NEEDS_CHECKSUM) === 0) return [bytes];
  const field = virtio.start + virtio.offset;
  if (field + 2 > bytes.length) return [];
  const packet = bytes.slice();
  const sum = 0xffff - folded(sumOf(packet, virtio.start, packet.length));
  put16(packet, field, sum === 0 ? 0xffff : sum);
  return [packet];
}

/** Whether header and bytes go together. */
function isTrain(virtio: Virtio, type: number, bytes: Uint8Array): boolean {
  const protocol = TRAINS.get(type);
  const version = bytes[0]! >> 4;
  return protocol !== undefined && (virtio.flags & NEEDS_CHECKSUM) !== 0 &&
    virtio.size > 0 && virtio.offset === checksumField(protocol) &&
    (version === 4 ? type !== 4 : version === 6 && type !== 1) &&
    (version === 4 ? isIPv4 : isIPv6)(bytes, virtio.start, protocol) &&
    (protocol === TCP ? isTCP : isUDP)(bytes.subarray(virtio.start));
}

function isIPv4(bytes: Uint8Array, start: number, protocol: number): boolean {
  return bytes.length >= 20 && start >= 20 && start === (bytes[0]! & 15) * 4 &&
    get16(bytes, 2) === bytes.length &&
    (get16(bytes, 6) & ~DONT_FRAGMENT) === 0 && bytes[9] === protocol;
}

function isIPv6(bytes: Uint8Array, start: number, protocol: number): boolean {
  return bytes.length >= 40 && start >= 40 && start % 8 === 0 &&
    get16(bytes, 4) + 40 === bytes.length &&
    (start > 40 || bytes[6] === protocol);
}

function isTCP(transport: Uint8Array): boolean {
  const headers = transport.length < 20 ? 0 : tcpHeader(transport);
  return headers >= 20 && headers <= transport.length;
}

function isUDP(transport: Uint8Array): boolean {
  return transport.length >= 8 && get16(transport, 4) === transport.length;
}

function tcpHeader(transport: Uint8Array): number {
  return (transport[12]! >> 4) * 4;
}

function cut(virtio: Virtio, train: Uint8Array): Uint8Array[] {
  const { start, size } = virtio;
  const isTCP = (virtio.type & ~ECN) !== 5;
  const headers = start + (isTCP ? tcpHeader(train.subarray(start)) : 8);
  const packets: Uint8Array[] = [];
  for (
    let from = headers;
    from < train.length || packets.length === 0;
    from += size
  ) {
    const payload = train.subarray(from, from + size);
    const packet = new Uint8Array(headers + payload.length);
    packet.set(train.subarray(0, headers));
    packet.set(payload, headers);
    const last = from + size >= train.length;
    writeNetwork(packet, start, packets.length);
    if (isTCP) writeTCP(packet, start, size, packets.length, last);
    else put16(packet, start + 4, packet.length - start);
    writeChecksum(packet, start, train.length, isTCP ? TCP : UDP);
    packets.push(packet);
  }
  return packets;
}

function writeNetwork(packet: Uint8Array, start: number, index: number): void {
  if (packet[0]! >> 4 === 6) return put16(packet, 4, packet.length - 40);
  put16(packet, 2, packet.length);
  put16(packet, 4, get16(packet, 4) + index);
  putHeaderChecksum(packet, start);
}

function writeTCP(
  packet: Uint8Array,
  start: number,
  size: number,
  index: number,
  last: boolean,
): void {
  put32(packet, start + 4, get32(packet, start + 4) + index * size);
  if (index > 0) packet[start + 13]! &= ~CWR;
  if (!last) packet[start + 13]! &= ~(FIN | PSH);
}

/** The field holds the pseudo header's sum with the train's length, where the packet's belongs. */
function writeChecksum(
  packet: Uint8Array,
  start: number,
  trainLength: number,
  protocol: number,
): void {
  const field = start + checksumField(protocol);
  const length = packet.length - start, before = trainLength - start;
  put16(
    packet,
    field,
    folded(get16(packet, field) + 0xffff - before + length),
  );
  const sum = 0xffff - folded(sumOf(packet, start, packet.length));
  put16(packet, field, protocol === UDP && sum === 0 ? 0xffff : sum);
}
