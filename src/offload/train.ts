/**
 * Reads and checks a train: one header that stands for many TCP segments or UDP
 * datagrams (segmentation offload; what split.ts takes apart).
 *
 * The kernel that wrote it is trusted to mean well, not to be right: each
 * place is checked against the bytes that were read, and a length that differs
 * from them (a read cut short) is refused, since new checksums would make the
 * damage look sound.
 *
 * @module
 */
import type { PacketMemory } from "../transport/memory.ts";
import type { Checksum } from "../transport/checksum.ts";
import * as header from "./headers.ts";
import * as virtio from "./virtio_net.ts";

/** What the packets of a train have in common; made once a train. */
export interface Train {
  readonly ipv6: boolean;
  readonly tcp: boolean;
  /** Bytes before the transport header. */
  readonly transport: number;
  /** Bytes before the payload, a multiple of 4. */
  readonly headers: number;
  /** Payload bytes of each packet but the last; at least 1. */
  readonly size: number;
  /**
   * Partial sum of the pseudo header and the transport header, without length,
   * sequence number and flags.
   */
  readonly transportSum: number;
  /** Partial sum of the IPv4 header, without length, identification and checksum. */
  readonly ipSum: number;
  readonly identification: number;
  readonly sequence: number;
  readonly flags: number;
}

/** The train of `length` bytes at `at`, or why it is none. Nothing is written. */
export function readTrain(
  memory: PacketMemory,
  at: number,
  length: number,
  checksum: Checksum,
): Train | "unknown segmentation" | "bad segmentation" {
  const { view } = memory;
  const type = virtio.segmentation(memory, at);
  const tcp = type === virtio.SEGMENTS_TCP4 || type === virtio.SEGMENTS_TCP6;
  if (!tcp && type !== virtio.SEGMENTS_UDP) return "unknown segmentation";
  const transport = virtio.checksumStart(memory, at);
  if (!isVersionOf(view.getUint8(at) >> 4, type)) return "bad segmentation";
  const ipv6 = view.getUint8(at) >> 4 === 6;
  const bytes = length - transport;
  const headers = transport +
    transportHeader(view, at + transport, bytes, tcp);
  if (
    !(ipv6 ? isIPv6 : isIPv4)(
      view,
      at,
      length,
      transport,
      tcp ? header.TCP : header.UDP,
    ) ||
    headers === transport || !isTrainHeader(memory, at, tcp)
  ) return "bad segmentation";
  return {
    ipv6,
    tcp,
    transport,
    headers,
    size: virtio.segmentSize(memory, at),
    transportSum: tcp
      ? tcpSum(view, at + transport, headers - transport, bytes, checksum)
      : udpSum(at + transport, bytes, checksum),
    ipSum: ipv6 ? 0 : commonSum(view, at, transport, checksum),
    identification: ipv6 ? 0 : view.getUint16(at + header.IPV4_IDENTIFICATION),
    sequence: tcp ? view.getUint32(at + transport + header.TCP_SEQUENCE) : 0,
    flags: tcp ? view.getUint8(at + transport + header.TCP_FLAGS) : 0,
  };
}

function isVersionOf(version: number, type: number): boolean {
  if (type === virtio.SEGMENTS_TCP4) return version === 4;
  if (type === virtio.SEGMENTS_TCP6) return version === 6;
  return version === 4 || version === 6;
}

function isTrainHeader(
  memory: PacketMemory,
  at: number,
  tcp: boolean,
): boolean {
  const field = tcp ? header.TCP_CHECKSUM : header.UDP_CHECKSUM;
  return virtio.needsChecksum(memory, at) &&
    virtio.segmentSize(memory, at) > 0 &&
    virtio.checksumOffset(memory, at) === field;
}

function isIPv4(
  view: DataView,
  at: number,
  length: number,
  transport: number,
  protocol: number,
): boolean {
  return length >= header.IPV4_HEADER && transport >= header.IPV4_HEADER &&
    transport === (view.getUint8(at) & 15) * 4 &&
    view.getUint16(at + header.IPV4_LENGTH) === length &&
    (view.getUint16(at + header.IPV4_FRAGMENT) & ~header.IPV4_DONT_FRAGMENT) ===
      0 &&
    view.getUint8(at + header.IPV4_PROTOCOL) === protocol;
}

/** Extension headers are multiples of 8 bytes (RFC 8200 §4). */
function isIPv6(
  view: DataView,
  at: number,
  length: number,
  transport: number,
  protocol: number,
): boolean {
  return length >= header.IPV6_HEADER && transport >= header.IPV6_HEADER &&
    transport % 8 === 0 &&
    view.getUint16(at + header.IPV6_PAYLOAD_LENGTH) + header.IPV6_HEADER ===
      length &&
    (transport > header.IPV6_HEADER ||
      view.getUint8(at + header.IPV6_NEXT_HEADER) === protocol);
}

/** Bytes of the TCP or UDP header at `at`; 0 if the `length` bytes there are none. */
function transportHeader(
  view: DataView,
  at: number,
  length: number,
  tcp: boolean,
): number {
  if (!tcp) {
    const whole = length >= header.UDP_HEADER &&
      view.getUint16(at + header.UDP_LENGTH) === length;
    return whole ? header.UDP_HEADER : 0;
  }
  if (length < header.TCP_HEADER) return 0;
  const bytes = (view.getUint8(at + header.TCP_WORDS) >> 4) * 4;
  return bytes >= header.TCP_HEADER && bytes <= length ? bytes : 0;
}

function commonSum(
  view: DataView,
  at: number,
  bytes: number,
  checksum: Checksum,
): number {
  const initial = minus(view.getUint16(at + header.IPV4_LENGTH)) +
    minus(view.getUint16(at + header.IPV4_IDENTIFICATION)) +
    minus(view.getUint16(at + header.IPV4_CHECKSUM));
  return checksum.sum(at, bytes, initial);
}

/** The header of `bytes` bytes, in whose checksum field stands the pseudo header's partial sum with `length`. */
function tcpSum(
  view: DataView,
  at: number,
  bytes: number,
  length: number,
  checksum: Checksum,
): number {
  const initial = minus(length) +
    minus(view.getUint16(at + header.TCP_SEQUENCE)) +
    minus(view.getUint16(at + header.TCP_SEQUENCE + 2)) +
    minus(view.getUint8(at + header.TCP_FLAGS));
  return checksum.sum(at, bytes, initial);
}

/** The length is in the pseudo header and in UDP's own. */
function udpSum(at: number, length: number, checksum: Checksum): number {
  return checksum.sum(at, header.UDP_HEADER, 2 * minus(length));
}

/** Takes a word out of a one's complement sum when it is added to it. */
function minus(word: number): number {
  return 0xffff - word;
}
