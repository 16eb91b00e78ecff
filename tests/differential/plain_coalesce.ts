/**
 * Coalesce, the plain way: which packets go to the TUN as one, and as what.
 *
 * What all packets of a train must say alike is found by blanking out what may
 * differ, and comparing the rest.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ACK, DONT_FRAGMENT, PSH } from "../offload/packets.ts";
import {
  checksumField,
  folded,
  get16,
  get32,
  pseudoSum,
  put16,
  put32,
  putHeaderChecksum,
  sumOf,
  TCP,
  UDP,
} from "./packet.ts";
import { NO_VIRTIO, virtioBytes } from "../offload/virtio.ts";

const FLOWS = 16, SEGMENTS = 128, DATAGRAMS = 64, LONGEST = 65_535;

/** A packet that is TCP or UDP right behind a plain IP header. */
interface Arrival {
  bytes: Uint8Array;
  /** IP version and both addresses. */
  hosts: string;
  /** The hosts, the protocol and both ports. */
  flow: string;
  /** The headers without what differs from packet to packet. */
  alike: string;
  protocol: number;
  /** Bytes before TCP or UDP, and before the payload. */
  start: number;
  headers: number;
  payload: number;
}

type Group = [Arrival, ...Arrival[]];

/** What is written to the TUN for these packets, in order; `udp`: whether it takes trains of UDP. */
export function plainCoalesce(
  packets: Uint8Array[],
  udp: boolean,
): Uint8Array[] {
  return plainGroups(packets, udp).map(plainWrite);
}

/** The packets, as they belong together, in the order in which they are written. */
export function plainGroups(
  packets: Uint8Array[],
  udp: boolean,
): Uint8Array[][] {
  const groups: Uint8Array[][] = [];
  let open: Group[] = [];
  const write = (group: Group) => groups.push(group.map(({ bytes }) => bytes));
  const end = (ends: (group: Group) => boolean) => {
    open.filter(ends).forEach(write);
    open = open.filter((group) => !ends(group));
  };
  for (const bytes of packets) {
    const next = read(bytes);
    if (next === undefined) {
      const hosts = hostsOf(bytes);
      end(([first]) => first.hosts === hosts);
      groups.push([bytes]);
      continue;
    }
    const ofFlow = ([first]: Group) => first.flow === next.flow;
    if (!isCandidate(next, udp)) {
      end(ofFlow);
      groups.push([bytes]);
      continue;
    }
    const group = open.find(ofFlow);
    if (group !== undefined && mayJoin(group, next)) group.push(next);
    else {
      end(ofFlow);
      if (open.length === FLOWS) write(open.shift()!);
      open.push([next]);
    }
    end((group) => ofFlow(group) && isComplete(group));
  }
  open.forEach(write);
  return groups;
}

/** What is written for packets that belong together: the first one's headers and everybody's payload. */
export function plainWrite(packets: Uint8Array[]): Uint8Array {
  const [bytes, ...others] = packets;
  return others.length === 0
    ? Buffer.concat([virtioBytes(NO_VIRTIO), bytes!])
    : assemble(packets.map((one) => read(one)!) as Group);
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

function hostsOf(bytes: Uint8Array): string {
  return bytes[0]! >> 4 === 4
    ? `4${text(bytes.subarray(12, 20))}`
    : `6${text(bytes.subarray(8, 40))}`;
}

/** The packet's parts; `undefined` if it is not plain TCP or UDP. */
function read(bytes: Uint8Array): Arrival | undefined {
  const isIPv4 = bytes[0]! >> 4 === 4;
  const start = isIPv4 ? 20 : 40;
  const isPlain = isIPv4
    ? bytes[0] === 0x45 && get16(bytes, 2) === bytes.length &&
      (get16(bytes, 6) & ~DONT_FRAGMENT) === 0
    : get16(bytes, 4) === bytes.length - 40;
  const protocol = bytes[isIPv4 ? 9 : 6]!;
  if (!isPlain || protocol !== TCP && protocol !== UDP) return undefined;
  const transport = protocol === TCP ? tcpHeader(bytes, start) : 8;
  const payload = bytes.length - start - transport;
  if (payload < 0 || protocol === TCP && transport < 20) return undefined;
  const headers = start + transport;
  const hosts = hostsOf(bytes);
  const flow = `${hosts}${protocol} ${get32(bytes, start)}`;
  const alike = text(blank(bytes.slice(0, headers), start, protocol));
  return { bytes, hosts, flow, alike, protocol, start, headers, payload };
}

function tcpHeader(bytes: Uint8Array, start: number): number {
  return bytes.length < start + 20 ? 0 : (bytes[start + 12]! >> 4) * 4;
}

function blank(
  headers: Uint8Array,
  start: number,
  protocol: number,
): Uint8Array {
  if (start === 20) {
    put32(headers, 2, 0); // length, identification
    put16(headers, 10, 0); // checksum
  } else put16(headers, 4, 0); // payload length
  put16(headers, start + checksumField(protocol), 0);
  if (protocol === UDP) put16(headers, start + 4, 0); // length
  else {
    put32(headers, start + 4, 0); // sequence number
    headers[start + 13]! &= ~PSH;
  }
  return headers;
}

function isCandidate(arrival: Arrival, udp: boolean): boolean {
  const { bytes, protocol, start, payload } = arrival;
  if (payload === 0) return false;
  if (protocol === TCP) {
    const reserved = bytes[start + 12]! & 15;
    return reserved === 0 && (bytes[start + 13]! & ~PSH) === ACK;
  }
  return udp && get16(bytes, start + 4) === bytes.length - start &&
    get16(bytes, start + 6) !== 0;
}

function mayJoin(group: Group, next: Arrival): boolean {
  const [first] = group;
  const before = first.payload * group.length;
  const tcp = first.protocol === TCP;
  return next.alike === first.alike && next.payload <= first.payload &&
    first.headers + before + next.payload <= LONGEST &&
    group.length < (tcp ? SEGMENTS : DATAGRAMS) &&
    (!tcp || sequence(next) === (sequence(first) + before) % 2 ** 32) &&
    (first.start === 40 || isNumbered(group, next)) &&
    isSound(first) && isSound(next);
}

const sequence = ({ bytes, start }: Arrival) => get32(bytes, start + 4);
const identification = ({ bytes }: Arrival) => get16(bytes, 4);

/** Whether IPv4's identification counts up from packet to packet, or, with DF, stands still. */
function isNumbered(group: Group, next: Arrival): boolean {
  const from = identification(group[0]);
  const all = [...group, next].map((one) => identification(one));
  const stands = get16(next.bytes, 6) === DONT_FRAGMENT &&
    all.every((id) => id === from);
  return stands || all.every((id, i) => id === (from + i) % 0x10000);
}

/** Whether every checksum is right. */
function isSound({ bytes, protocol, start }: Arrival): boolean {
  const length = bytes.length - start;
  const sum = pseudoSum(bytes, protocol, length) +
    sumOf(bytes, start, bytes.length);
  return folded(sum) === 0xffff &&
    (start === 40 || folded(sumOf(bytes, 0, 20)) === 0xffff);
}

function isComplete(group: Group): boolean {
  const last = group.at(-1)!;
  const pushes = last.protocol === TCP &&
    (last.bytes[last.start + 13]! & PSH) !== 0;
  return pushes || last.payload < group[0].payload;
}

function assemble(group: Group): Uint8Array {
  const [first] = group;
  const { protocol, start, headers } = first;
  const train = Buffer.concat([
    first.bytes,
    ...group.slice(1).map((one) => one.bytes.subarray(one.headers)),
  ]);
  const length = train.length - start;
  if (start === 20) {
    put16(train, 2, train.length);
    putHeaderChecksum(train, 20);
  } else put16(train, 4, length);
  const last = group.at(-1)!;
  if (protocol === UDP) put16(train, start + 4, length);
  else train[start + 13]! |= last.bytes[start + 13]! & PSH;
  const offset = checksumField(protocol);
  const pseudo = folded(pseudoSum(train, protocol, length));
  put16(train, start + offset, pseudo);
  const type = protocol === UDP ? 5 : start === 20 ? 1 : 4;
  const size = first.payload;
  const virtio = { flags: 1, type, headers, size, start, offset };
  return Buffer.concat([virtioBytes(virtio), train]);
}
