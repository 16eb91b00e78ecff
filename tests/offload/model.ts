/**
 * Plain models of split and coalesce, against which the fast ones are tested:
 * packets are read into objects, judged by comparing objects, and built anew.
 *
 * Also the slots in which the fast ones work, with a pattern around each packet
 * that shows a write outside of it.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { type Checksum, plainChecksum } from "../../src/transport/checksum.ts";
import { Coalescer } from "../../src/offload/coalesce.ts";
import { split } from "../../src/offload/split.ts";
import { packetMemory } from "../../src/transport/memory.ts";
import {
  ACK,
  build,
  buildPartial,
  CWR,
  DONT_FRAGMENT,
  FIN,
  headersLength,
  type Packet,
  parse,
  PSH,
  transportStart,
} from "./packets.ts";
import { NO_VIRTIO, parseVirtio, type Virtio } from "./virtio.ts";

/** The header with which the kernel describes this train of segments of `size` bytes. */
export function trainHeader(packet: Packet, size: number): Virtio {
  const tcp = packet.protocol === "TCP";
  return {
    flags: 1,
    type: tcp ? packet.version === 4 ? 1 : 4 : 5,
    headers: headersLength(packet),
    size,
    start: transportStart(packet),
    offset: tcp ? 16 : 6,
  };
}

/** What a train of segments of `size` bytes stands for. */
export function modelSplit(train: Packet, size: number): Packet[] {
  const packets: Packet[] = [];
  const { payload } = train;
  for (let from = 0; from === 0 || from < payload.length; from += size) {
    const last = from + size >= payload.length;
    let { flags } = train;
    if (from > 0) flags &= ~CWR;
    if (!last) flags &= ~(FIN | PSH);
    packets.push({
      ...train,
      flags,
      payload: payload.slice(from, from + size),
      sequence: train.protocol === "TCP"
        ? (train.sequence + from) % 2 ** 32
        : 0,
      identification: train.version === 4
        ? (train.identification + packets.length) % 65_536
        : 0,
    });
  }
  return packets;
}

/** A packet on its way through the models: its bytes may be unsound. */
export interface Arrival {
  bytes: Uint8Array<ArrayBuffer>;
  /** What the bytes say; of a packet that cannot be read, only the hosts matter. */
  packet: Packet;
  /** Whether all checksums are right and present. */
  sound: boolean;
}

export function arrival(packet: Packet): Arrival {
  return { bytes: build(packet), packet, sound: true };
}

/** The arrivals, as the coalescer must group them, in the order of its writes. */
export function modelCoalesce(
  arrivals: Arrival[],
  udp: boolean,
  flows = 16,
): Arrival[][] {
  const written: Arrival[][] = [];
  let open: Arrival[][] = [];
  const end = (ends: (group: Arrival[]) => boolean) => {
    written.push(...open.filter(ends));
    open = open.filter((group) => !ends(group));
  };
  for (const next of arrivals) {
    const sameFlow = (group: Arrival[]) =>
      flowOf(group[0]!.packet) === flowOf(next.packet);
    if (!isReadable(next.packet)) {
      end((group) => hostsOf(group[0]!.packet) === hostsOf(next.packet));
      written.push([next]);
    } else if (!isCandidate(next, udp)) {
      end(sameFlow);
      written.push([next]);
    } else {
      const group = open.find(sameFlow);
      if (group !== undefined && mayJoin(group, next)) group.push(next);
      else {
        end(sameFlow);
        if (open.length === flows) written.push(open.shift()!);
        open.push([next]);
      }
      end((group) => sameFlow(group) && isLast(group));
    }
  }
  return [...written, ...open];
}

const hostsOf = (p: Packet) => `${p.version} ${p.source} ${p.destination}`;
const flowOf = (p: Packet) =>
  `${hostsOf(p)} ${p.protocol} ${p.sourcePort} ${p.destinationPort}`;

function isReadable(packet: Packet): boolean {
  return packet.ipOptions.length === 0 && packet.extensions === 0 &&
    (packet.fragment & ~DONT_FRAGMENT) === 0;
}

function isCandidate({ packet, bytes }: Arrival, udp: boolean): boolean {
  if (packet.payload.length === 0) return false;
  if (packet.protocol === "UDP") {
    const field = transportStart(packet) + 6;
    return udp && (bytes[field] !== 0 || bytes[field + 1] !== 0);
  }
  return (packet.flags & ~PSH) === ACK && packet.reserved === 0;
}

/** What all packets of a group say alike. */
function common(packet: Packet): Packet {
  const flags = packet.flags & ~PSH;
  return { ...packet, payload: [], sequence: 0, identification: 0, flags };
}

function mayJoin(group: Arrival[], next: Arrival): boolean {
  const first = group[0]!.packet;
  const { packet } = next;
  const size = first.payload.length;
  const total = headersLength(first) + size * group.length +
    packet.payload.length;
  const isNext = packet.protocol === "UDP" ||
    packet.sequence === (first.sequence + size * group.length) % 2 ** 32;
  return group[0]!.sound && next.sound && isNext &&
    packet.payload.length <= size && total <= 65_535 &&
    group.length < (packet.protocol === "TCP" ? 128 : 64) &&
    JSON.stringify(common(first)) === JSON.stringify(common(packet)) &&
    (packet.version === 6 || mayFollow(group, packet));
}

function mayFollow(group: Arrival[], packet: Packet): boolean {
  const ids = [...group.map((one) => one.packet), packet].map((one) =>
    one.identification
  );
  const counts = ids.every((id, i) => id === (ids[0]! + i) % 65_536);
  const stands = ids.every((id) => id === ids[0]) &&
    packet.fragment === DONT_FRAGMENT;
  return counts || stands;
}

function isLast(group: Arrival[]): boolean {
  const last = group.at(-1)!.packet;
  return (last.flags & PSH) !== 0 ||
    last.payload.length < group[0]!.packet.payload.length;
}

const SLOT = 2_304;
const FILL = 0xa5;
const READ = 0x10_000;
const SLOTS = 0x30_000;
const BYTES = 0x200_000;

/** Packet memory with the fast functions on it. */
export class Workbench {
  readonly memory = packetMemory(new ArrayBuffer(BYTES));
  readonly checksum: Checksum;

  constructor(checksum?: Checksum) {
    this.checksum = checksum ?? plainChecksum(this.memory);
  }

  /**
   * Splits a read of these bytes, at a place `shift` bytes off its word;
   * returns the packets, or the reason why there are none.
   */
  split(
    virtio: Uint8Array,
    bytes: Uint8Array,
    shift = 0,
  ): Uint8Array[] | string {
    const { memory } = this;
    memory.bytes.fill(FILL, 0, BYTES);
    const read = READ + 16 + shift;
    memory.bytes.set(virtio, read - 10);
    memory.bytes.set(bytes, read);
    const packets: [number, number][] = [];
    let next = SLOTS + 16 + shift;
    const place = (length: number) => {
      const at = next;
      next += Math.ceil(length / 16) * 16 + 32;
      ok(next < BYTES, "a test with too many packets");
      return at;
    };
    const packet = (at: number, length: number) => {
      packets.push([at, length]);
    };
    const drop = split(
      memory,
      read,
      bytes.length,
      { place, packet },
      this.checksum,
    );
    this.#checkUntouched([[read - 10, 10 + bytes.length], ...packets]);
    if (drop !== undefined) {
      strictEqual(packets.length, 0);
      return drop;
    }
    return packets.map(([at, length]) => memory.bytes.slice(at, at + length));
  }

  /** Coalesces the packets; returns each write: the virtio-net header and the packet. */
  coalesce(packets: Uint8Array[], udp = true, shift = 0): Write[] {
    const { memory } = this;
    memory.bytes.fill(FILL);
    const writes: Write[] = [];
    const coalescer = new Coalescer(
      memory,
      { udp, checksum: this.checksum },
      (pieces, count) => writes.push(this.#gather(pieces, count)),
    );
    const places = packets.map((bytes, i) => {
      const at = SLOTS + 16 + i * SLOT + shift;
      memory.bytes.set(bytes, at);
      return [at - 10, 10 + bytes.length] as [number, number];
    });
    packets.forEach((bytes, i) =>
      coalescer.add(places[i]![0] + 10, bytes.length)
    );
    coalescer.flush();
    this.#checkUntouched(places);
    return writes;
  }

  #gather(pieces: Uint32Array, count: number): Write {
    const parts: number[] = [];
    for (let i = 0; i < count; i++) {
      const at = pieces[2 * i]!;
      parts.push(...this.memory.bytes.subarray(at, at + pieces[2 * i + 1]!));
    }
    const bytes = new Uint8Array(parts);
    return {
      virtio: parseVirtio(bytes.subarray(0, 10)),
      bytes: bytes.subarray(10),
      first: pieces[0]!,
      count,
    };
  }

  /** Fails if a byte outside of the given (place, length) ranges was written. */
  #checkUntouched(ranges: [number, number][]): void {
    const bytes = this.memory.bytes;
    let from = 0;
    for (const [at, length] of ranges.toSorted(([a], [b]) => a - b)) {
      ok(
        isFilled(bytes.subarray(from, at)),
        `written between ${from} and ${at}`,
      );
      from = Math.max(from, at + length);
    }
    ok(isFilled(bytes.subarray(from, BYTES)), `written behind ${from}`);
  }
}

const PATTERN = new Uint8Array(BYTES).fill(FILL);

function isFilled(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, PATTERN.subarray(0, bytes.length)) === 0;
}

/** What went to the TUN in one write. */
export interface Write {
  virtio: Virtio;
  bytes: Uint8Array;
  /** Place of its first piece. */
  first: number;
  /** Pieces. */
  count: number;
}

/** The packets that a write stands for, taken apart by the plain model. */
export function undo(write: Write): Uint8Array[] {
  if (write.virtio.type === 0) {
    deepStrictEqual(write.virtio, NO_VIRTIO);
    return [write.bytes];
  }
  const train = parse(write.bytes);
  const { size } = write.virtio;
  deepStrictEqual(write.virtio, trainHeader(train, size));
  ok(train.payload.length > size, "a train of one");
  ok(write.bytes.length <= 65_535);
  deepStrictEqual(write.bytes, buildPartial(train), "lengths and partial sum");
  return modelSplit(train, size).map(build);
}
