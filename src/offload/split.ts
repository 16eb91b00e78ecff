/**
 * Splits what the TUN hands out into packets as they go on the wire.
 *
 * One read gives a virtio-net header and up to 64 KiB: a packet whose checksum
 * may be missing, or a *train*, one header for many TCP segments or UDP
 * datagrams (segmentation offload), which is taken apart here as the kernel
 * would have done:
 *
 * ```text
 * train    │ IP │ TCP │ payload ………………………………………………………………………… │
 * packets  │ IP │ TCP │ size bytes │  │ IP │ TCP │ size bytes │  │ IP │ TCP │ the rest │
 *   IP     length; identification + 1 each; header checksum
 *   TCP    sequence + size each; CWR only on the first, FIN and PSH only on
 *          the last; checksum
 *   UDP    length; checksum
 * ```
 *
 * The identification counts up whether or not DF is set, as the kernel's does.
 * Where the transport header starts is taken from the header's `start`, so
 * that IPv6 extension headers need no reading; its `headers` is a hint only and
 * is not read at all.
 *
 * A checksum is completed from the partial sum that the kernel left in its
 * field, and from the payload's, which is added up while it is copied; never
 * from the addresses: behind a source route or a routing header,
 * the destination under the checksum is not the one in the IP header.
 *
 * @module
 */
import type { PacketMemory } from "../transport/memory.ts";
import { type Checksum, fold } from "../transport/checksum.ts";
import * as header from "./headers.ts";
import { readTrain, type Train } from "./train.ts";
import * as virtio from "./virtio_net.ts";

/** Why a read was dropped. The kernel sends none of these. */
export type SplitDrop =
  | "empty read"
  | "checksum outside the packet"
  | "unknown segmentation"
  | "bad segmentation";

/** Where the packets of one read go. */
export interface SplitSink {
  /**
   * The place for a packet of `length` bytes, with a slot's room around it.
   * It may first hand on the packets that it was given; it must leave alone
   * the read that is being split.
   */
  place(length: number): number;
  /** A packet is complete at `at`, the last place given or the read's own. */
  packet(at: number, length: number): void;
}

/**
 * Splits the read whose packet of `length` bytes lies at `at`, with the
 * virtio-net header right before it. A packet that is no train stays where it
 * is, so a read that starts 10 bytes before a slot's packet needs no copy.
 * Returns why nothing was handed on, or undefined.
 */
export function split(
  memory: PacketMemory,
  at: number,
  length: number,
  sink: SplitSink,
  checksum: Checksum,
): SplitDrop | undefined {
  if (length <= 0) return "empty read";
  if (virtio.segmentation(memory, at) !== virtio.SEGMENTS_NONE) {
    return splitTrain(memory, at, length, sink, checksum);
  }
  if (virtio.needsChecksum(memory, at)) {
    const start = virtio.checksumStart(memory, at);
    const field = start + virtio.checksumOffset(memory, at);
    if (field + 2 > length) return "checksum outside the packet";
    // As the kernel does, 0 is written as 0xffff: for UDP it would mean "none".
    const sum = checksum.sum(at + start, length - start, 0);
    memory.view.setUint16(at + field, (sum ^ 0xffff) || 0xffff);
  }
  sink.packet(at, length);
  return undefined;
}

function splitTrain(
  memory: PacketMemory,
  at: number,
  length: number,
  sink: SplitSink,
  checksum: Checksum,
): SplitDrop | undefined {
  const train = readTrain(memory, at, length, checksum);
  if (typeof train === "string") return train;
  const { headers, size } = train;
  let from = headers;
  let index = 0;
  do {
    const end = Math.min(from + size, length);
    const packet = headers + end - from;
    const to = sink.place(packet);
    copyHeaders(memory, at, to, headers);
    const sum = checksum.copy(at + from, to + headers, end - from);
    if (train.ipv6) writeIPv6(memory.view, to, packet);
    else writeIPv4(memory.view, to, packet, train, index);
    if (train.tcp) {
      writeTCP(memory.view, to, packet, train, index, end === length, sum);
    } else writeUDP(memory.view, to, packet, train, sum);
    sink.packet(to, packet);
    from = end;
    index++;
  } while (from < length);
  return undefined;
}

/** Word by word where both lie on words: headers are too short for a call to pay. */
function copyHeaders(
  memory: PacketMemory,
  from: number,
  to: number,
  length: number,
): void {
  const { bytes, words } = memory;
  if (((from | to) & 3) !== 0) {
    bytes.copyWithin(to, from, from + length);
    return;
  }
  const source = from >> 2;
  const target = to >> 2;
  for (let index = 0; index < length >> 2; index++) {
    words[target + index] = words[source + index]!;
  }
}

function writeIPv4(
  view: DataView,
  at: number,
  length: number,
  train: Train,
  index: number,
): void {
  const identification = (train.identification + index) & 0xffff;
  view.setUint16(at + header.IPV4_LENGTH, length);
  view.setUint16(at + header.IPV4_IDENTIFICATION, identification);
  view.setUint16(
    at + header.IPV4_CHECKSUM,
    ~fold(train.ipSum + length + identification),
  );
}

function writeIPv6(view: DataView, at: number, length: number): void {
  view.setUint16(at + header.IPV6_PAYLOAD_LENGTH, length - header.IPV6_HEADER);
}

/** `payload` is the sum of the payload. */
function writeTCP(
  view: DataView,
  at: number,
  length: number,
  train: Train,
  index: number,
  last: boolean,
  payload: number,
): void {
  const place = at + train.transport;
  const bytes = length - train.transport;
  const sequence = (train.sequence + index * train.size) >>> 0;
  let { flags } = train;
  if (index > 0) flags &= ~header.CWR;
  if (!last) flags &= ~(header.FIN | header.PSH);
  view.setUint32(place + header.TCP_SEQUENCE, sequence);
  view.setUint8(place + header.TCP_FLAGS, flags);
  const written = (sequence >>> 16) + (sequence & 0xffff) + flags;
  const sum = fold(train.transportSum + bytes + written + payload);
  view.setUint16(place + header.TCP_CHECKSUM, ~sum);
}

/** 0 is written as 0xffff, for it would mean "none". */
function writeUDP(
  view: DataView,
  at: number,
  length: number,
  train: Train,
  payload: number,
): void {
  const place = at + train.transport;
  const bytes = length - train.transport;
  view.setUint16(place + header.UDP_LENGTH, bytes);
  const sum = fold(train.transportSum + 2 * bytes + payload);
  view.setUint16(place + header.UDP_CHECKSUM, (sum ^ 0xffff) || 0xffff);
}
