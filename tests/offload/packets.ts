/**
 * IP packets for the tests of src/offload: built, read and checked the slow
 * way, from RFC 791, 8200, 9293 and 768, with nothing of src.
 *
 * @module
 */
import { strictEqual } from "node:assert";

export const FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10;
export const URG = 0x20, ECE = 0x40, CWR = 0x80;

/** Everything that a packet says, checksums apart. */
export interface Packet {
  version: 4 | 6;
  protocol: "TCP" | "UDP";
  /** The last byte of each address; the others are always the same. */
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  /** IPv4's type of service or IPv6's traffic class. */
  service: number;
  timeToLive: number;
  flowLabel: number;
  identification: number;
  /** The 16 bits of IPv4's flags and fragment offset. */
  fragment: number;
  /** IPv4 options: a multiple of 4 bytes. */
  ipOptions: number[];
  /** IPv6 extension headers: of 8 bytes each, "destination options" that say nothing. */
  extensions: number;
  sequence: number;
  acknowledgment: number;
  flags: number;
  /** The four bits between TCP's header length and flags. */
  reserved: number;
  window: number;
  urgent: number;
  tcpOptions: number[];
  payload: number[];
}

export const DONT_FRAGMENT = 0x4000;
/** What Linux sends with each segment: two NOPs and a timestamp. */
export const TIMESTAMP = [1, 1, 8, 10, 0, 0, 4, 210, 0, 0, 22, 46];

const TCP4: Packet = {
  version: 4,
  protocol: "TCP",
  source: 1,
  destination: 2,
  sourcePort: 40_000,
  destinationPort: 443,
  service: 0,
  timeToLive: 64,
  flowLabel: 0,
  identification: 7,
  fragment: DONT_FRAGMENT,
  ipOptions: [],
  extensions: 0,
  sequence: 1_000,
  acknowledgment: 5_000,
  flags: ACK,
  reserved: 0,
  window: 502,
  urgent: 0,
  tcpOptions: [],
  payload: [],
};

/** A TCP segment over IPv4, with what is asked to be different. */
export function tcp4(changes: Partial<Packet> = {}): Packet {
  return { ...TCP4, ...changes };
}

/** A TCP segment over IPv6. */
export function tcp6(changes: Partial<Packet> = {}): Packet {
  return {
    ...TCP4,
    version: 6,
    fragment: 0,
    identification: 0,
    flowLabel: 0xabcde,
    ...changes,
  };
}

const NO_TCP = {
  sequence: 0,
  acknowledgment: 0,
  flags: 0,
  window: 0,
};

/** A UDP datagram over IPv4. */
export function udp4(changes: Partial<Packet> = {}): Packet {
  return tcp4({ protocol: "UDP", ...NO_TCP, ...changes });
}

/** A UDP datagram over IPv6. */
export function udp6(changes: Partial<Packet> = {}): Packet {
  return tcp6({ protocol: "UDP", ...NO_TCP, ...changes });
}

/** `length` bytes that differ from place to place. */
export function payload(length: number, seed = 0): number[] {
  return Array.from({ length }, (_, i) => (i * 7 + seed * 31 + 1) & 0xff);
}

/** The packet's bytes, with right checksums. */
export function build(packet: Packet): Uint8Array<ArrayBuffer> {
  const transport = [...transportHeader(packet), ...packet.payload];
  const field = packet.protocol === "TCP" ? 16 : 6;
  const sum = slowChecksum([
    ...pseudoHeader(packet, transport.length),
    ...transport,
  ]);
  put16(
    transport,
    field,
    packet.protocol === "UDP" && sum === 0 ? 0xffff : sum,
  );
  return new Uint8Array([
    ...ipHeader(packet, transport.length),
    ...transport,
  ]);
}

/** The packet's bytes as the kernel hands it out: a partial sum in the checksum field. */
export function buildPartial(packet: Packet): Uint8Array<ArrayBuffer> {
  const bytes = build(packet);
  const start = transportStart(packet);
  const pseudo = pseudoHeader(packet, bytes.length - start);
  const field = start + (packet.protocol === "TCP" ? 16 : 6);
  put16(bytes, field, slowChecksum(pseudo) ^ 0xffff);
  return bytes;
}

/** Bytes before the transport header. */
export function transportStart(packet: Packet): number {
  return packet.version === 4
    ? 20 + packet.ipOptions.length
    : 40 + 8 * packet.extensions;
}

/** Bytes before the payload. */
export function headersLength(packet: Packet): number {
  return transportStart(packet) +
    (packet.protocol === "TCP" ? 20 + packet.tcpOptions.length : 8);
}

/** Reads what `build` wrote; the lengths in it must be right, checksums are not looked at. */
export function parse(bytes: Uint8Array): Packet {
  const version = bytes[0]! >> 4;
  return version === 4 ? parseIPv4(bytes) : parseIPv6(bytes);
}

/** Fails unless every length and every checksum in the packet is right. */
export function checkSound(bytes: Uint8Array): void {
  const packet = parse(bytes);
  const start = transportStart(packet);
  if (packet.version === 4) {
    strictEqual(slowChecksum(bytes.subarray(0, start)), 0, "IPv4 checksum");
  }
  const pseudo = pseudoHeader(packet, bytes.length - start);
  const sum = slowChecksum([...pseudo, ...bytes.subarray(start)]);
  strictEqual(sum, 0, "transport checksum");
}

/** RFC 1071, as it is told: the one's complement of the one's complement sum. */
export function slowChecksum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    sum += i % 2 === 0 ? bytes[i]! * 256 : bytes[i]!;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

function put16(bytes: { [index: number]: number }, at: number, value: number) {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

const get16 = (bytes: Uint8Array, at: number) =>
  bytes[at]! * 256 + bytes[at + 1]!;
const get32 = (bytes: Uint8Array, at: number) =>
  get16(bytes, at) * 65_536 + get16(bytes, at + 2);
const split16 = (value: number) => [value >> 8 & 0xff, value & 0xff];
const split32 = (value: number) => [
  ...split16(value >>> 16),
  ...split16(value & 0xffff),
];

function address(version: 4 | 6, last: number): number[] {
  return version === 4
    ? [10, 9, 0, last]
    : [0xfd, 0, 0x12, 0x34, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0xab, 0, 0, last];
}

function pseudoHeader(packet: Packet, length: number): number[] {
  return [
    ...address(packet.version, packet.source),
    ...address(packet.version, packet.destination),
    0,
    packet.protocol === "TCP" ? 6 : 17,
    ...split16(length),
  ];
}

function ipHeader(packet: Packet, length: number): number[] {
  const protocol = packet.protocol === "TCP" ? 6 : 17;
  const hosts = [
    ...address(packet.version, packet.source),
    ...address(packet.version, packet.destination),
  ];
  if (packet.version === 6) {
    const { service, flowLabel, timeToLive, extensions } = packet;
    const first = 6 * 2 ** 28 + service * 2 ** 20 + flowLabel;
    const next = Array.from({ length: extensions }, (_, i) => {
      return [i === extensions - 1 ? protocol : 60, 0, 1, 4, 0, 0, 0, 0];
    });
    const payload = split16(length + 8 * extensions);
    const type = extensions > 0 ? 60 : protocol;
    return [
      ...split32(first),
      ...payload,
      type,
      timeToLive,
      ...hosts,
      ...next.flat(),
    ];
  }
  const bytes = 20 + packet.ipOptions.length;
  const header = [0x40 + bytes / 4, packet.service, ...split16(bytes + length)];
  header.push(...split16(packet.identification), ...split16(packet.fragment));
  header.push(packet.timeToLive, protocol, 0, 0, ...hosts, ...packet.ipOptions);
  put16(header, 10, slowChecksum(header));
  return header;
}

function transportHeader(packet: Packet): number[] {
  const ports = [
    ...split16(packet.sourcePort),
    ...split16(packet.destinationPort),
  ];
  if (packet.protocol === "UDP") {
    return [...ports, ...split16(8 + packet.payload.length), 0, 0];
  }
  const words = 5 + packet.tcpOptions.length / 4;
  return [
    ...ports,
    ...split32(packet.sequence),
    ...split32(packet.acknowledgment),
    words * 16 + packet.reserved,
    packet.flags,
    ...split16(packet.window),
    0,
    0,
    ...split16(packet.urgent),
    ...packet.tcpOptions,
  ];
}

function parseIPv4(bytes: Uint8Array): Packet {
  const start = (bytes[0]! & 15) * 4;
  strictEqual(get16(bytes, 2), bytes.length, "IPv4 length");
  return parseTransport(
    {
      ...TCP4,
      version: 4,
      source: bytes[15]!,
      destination: bytes[19]!,
      service: bytes[1]!,
      timeToLive: bytes[8]!,
      identification: get16(bytes, 4),
      fragment: get16(bytes, 6),
      ipOptions: [...bytes.subarray(20, start)],
    },
    bytes[9]!,
    bytes.subarray(start),
  );
}

function parseIPv6(bytes: Uint8Array): Packet {
  strictEqual(get16(bytes, 4) + 40, bytes.length, "IPv6 payload length");
  let next = bytes[6]!;
  let start = 40;
  for (; next === 60; start += 8) next = bytes[start]!;
  const first = get32(bytes, 0);
  return parseTransport(
    {
      ...TCP4,
      version: 6,
      source: bytes[23]!,
      destination: bytes[39]!,
      service: (first >>> 20) & 0xff,
      flowLabel: first & 0xfffff,
      timeToLive: bytes[7]!,
      identification: 0,
      fragment: 0,
      extensions: (start - 40) / 8,
    },
    next,
    bytes.subarray(start),
  );
}

function parseTransport(ip: Packet, protocol: number, bytes: Uint8Array) {
  const ports = {
    sourcePort: get16(bytes, 0),
    destinationPort: get16(bytes, 2),
  };
  if (protocol === 17) {
    strictEqual(get16(bytes, 4), bytes.length, "UDP length");
    const payload = [...bytes.subarray(8)];
    return { ...ip, ...ports, ...NO_TCP, protocol: "UDP" as const, payload };
  }
  strictEqual(protocol, 6);
  const end = (bytes[12]! >> 4) * 4;
  return {
    ...ip,
    ...ports,
    protocol: "TCP" as const,
    sequence: get32(bytes, 4),
    acknowledgment: get32(bytes, 8),
    reserved: bytes[12]! & 15,
    flags: bytes[13]!,
    window: get16(bytes, 14),
    urgent: get16(bytes, 18),
    tcpOptions: [...bytes.subarray(20, end)],
    payload: [...bytes.subarray(end)],
  };
}
