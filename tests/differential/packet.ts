/**
 * IP packets as the plain path sees them: bytes that it reads field by field
 * (RFC 791, 8200, 9293, 768), and a checksum that it adds up word by word
 * (RFC 1071). Nothing here comes from src.
 *
 * @module
 */

/** IP protocol numbers. */
export const TCP = 6, UDP = 17;

export const get16 = (bytes: Uint8Array, at: number) =>
  bytes[at]! << 8 | bytes[at + 1]!;
export const get32 = (bytes: Uint8Array, at: number) =>
  (get16(bytes, at) << 16 | get16(bytes, at + 2)) >>> 0;

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value);
}

/** The sum of big-endian words `from` to `to`, an odd last byte followed by zero, not yet folded. */
export function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at + 1 < to; at += 2) {
    sum += bytes[at]! << 8 | bytes[at + 1]!;
  }
  return (to - from) % 2 === 1 ? sum + (bytes[to - 1]! << 8) : sum;
}

/** The one's complement sum, 16 bits; 0 only if everything is zero. */
export function folded(sum: number): number {
  return sum === 0 ? 0 : (sum - 1) % 0xffff + 1;
}

/** The sum of the pseudo header before `length` bytes of TCP or UDP. */
export function pseudoSum(
  packet: Uint8Array,
  protocol: number,
  length: number,
): number {
  const [from, to] = packet[0]! >> 4 === 4 ? [12, 20] : [8, 40];
  return sumOf(packet, from, to) + protocol + length;
}

/** Where TCP and UDP have their checksum. */
export function checksumField(protocol: number): number {
  return protocol === TCP ? 16 : 6;
}

/** Writes the checksum of IPv4's header of `length` bytes. */
export function putHeaderChecksum(packet: Uint8Array, length: number): void {
  put16(packet, 10, 0);
  put16(packet, 10, 0xffff - folded(sumOf(packet, 0, length)));
}

/** A packet in parts; what is not said is zero. */
export interface Headers {
  version: 4 | 6;
  protocol: number;
  /** 4 or 16 bytes each. */
  source: Uint8Array;
  destination: Uint8Array;
  sourcePort: number;
  destinationPort: number;
  /** Type of service or traffic class. */
  service: number;
  timeToLive: number;
  flowLabel: number;
  identification: number;
  /** IPv4's flags and fragment offset. */
  fragment: number;
  ipOptions: Uint8Array;
  /** Extension headers of IPv6, 8 bytes each. */
  extensions: number;
  sequence: number;
  acknowledgment: number;
  flags: number;
  reserved: number;
  window: number;
  urgent: number;
  tcpOptions: Uint8Array;
}

/** Bytes before TCP or UDP. */
export function transportStart(headers: Headers): number {
  return headers.version === 4
    ? 20 + headers.ipOptions.length
    : 40 + 8 * headers.extensions;
}

/** Bytes before the payload. */
export function headersLength(headers: Headers): number {
  return transportStart(headers) +
    (headers.protocol === TCP ? 20 + headers.tcpOptions.length : 8);
}

/** The packet's bytes; in its checksum field the pseudo header's sum, as the kernel leaves it. */
export function buildPartial(
  headers: Headers,
  payload: Uint8Array,
): Uint8Array {
  const start = transportStart(headers);
  const bytes = new Uint8Array(headersLength(headers) + payload.length);
  if (headers.version === 4) writeIPv4(bytes, headers, start);
  else writeIPv6(bytes, headers);
  const { protocol } = headers;
  const transport = bytes.subarray(start);
  if (protocol === TCP) writeTCP(transport, headers);
  else writeUDP(transport, headers);
  const pseudo = pseudoSum(bytes, protocol, transport.length);
  put16(transport, checksumField(protocol), folded(pseudo));
  bytes.set(payload, bytes.length - payload.length);
  return bytes;
}

/** The packet's bytes with the right checksum. */
export function build(headers: Headers, payload: Uint8Array): Uint8Array {
  const bytes = buildPartial(headers, payload);
  const start = transportStart(headers);
  const sum = 0xffff - folded(sumOf(bytes, start, bytes.length));
  const none = headers.protocol === UDP && sum === 0;
  put16(
    bytes,
    start + checksumField(headers.protocol),
    none ? 0xffff : sum,
  );
  return bytes;
}

function writeIPv4(bytes: Uint8Array, headers: Headers, start: number): void {
  bytes[0] = 0x40 + start / 4;
  bytes[1] = headers.service;
  put16(bytes, 2, bytes.length);
  put16(bytes, 4, headers.identification);
  put16(bytes, 6, headers.fragment);
  bytes[8] = headers.timeToLive;
  bytes[9] = headers.protocol;
  bytes.set(headers.source, 12);
  bytes.set(headers.destination, 16);
  bytes.set(headers.ipOptions, 20);
  putHeaderChecksum(bytes, start);
}

function writeIPv6(bytes: Uint8Array, headers: Headers): void {
  const { service, flowLabel, extensions, protocol } = headers;
  put32(bytes, 0, 6 * 2 ** 28 + service * 2 ** 20 + flowLabel);
  put16(bytes, 4, bytes.length - 40);
  bytes[6] = extensions > 0 ? 60 : protocol;
  bytes[7] = headers.timeToLive;
  bytes.set(headers.source, 8);
  bytes.set(headers.destination, 24);
  for (let i = 0; i < extensions; i++) {
    bytes.set([i === extensions - 1 ? protocol : 60, 0, 1, 4], 40 + 8 * i);
  }
}

function writeTCP(transport: Uint8Array, headers: Headers): void {
  put16(transport, 0, headers.sourcePort);
  put16(transport, 2, headers.destinationPort);
  put32(transport, 4, headers.sequence);
  put32(transport, 8, headers.acknowledgment);
  const words = 5 + headers.tcpOptions.length / 4;
  transport[12] = words * 16 + headers.reserved;
  transport[13] = headers.flags;
  put16(transport, 14, headers.window);
  put16(transport, 18, headers.urgent);
  transport.set(headers.tcpOptions, 20);
}

function writeUDP(transport: Uint8Array, headers: Headers): void {
  put16(transport, 0, headers.sourcePort);
  put16(transport, 2, headers.destinationPort);
  put16(transport, 4, transport.length);
}
