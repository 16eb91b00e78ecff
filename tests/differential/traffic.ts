/**
 * Random traffic as the kernel hands it out at the TUN: flows of trains and of
 * single packets, now and then one that is like no other of its flow, and some
 * that no kernel would send.
 *
 * Both ends of a flow are hosts of one peer, so that each packet can go to the
 * peer and come from it.
 *
 * @module
 */
import { ACK, DONT_FRAGMENT, PSH } from "../offload/packets.ts";
import {
  build,
  buildPartial,
  checksumField,
  folded,
  get16,
  type Headers,
  headersLength,
  put16,
  TCP,
  transportStart,
  UDP,
} from "./packet.ts";
import { NO_VIRTIO } from "../offload/virtio.ts";
import { plainSplit, type Read } from "./plain_split.ts";
import type { Random } from "./random.ts";

/** Where all flows go. */
export const PORTS = [4_000, 4_001];
/** Two NOPs and a timestamp, which Linux sends with each segment. */
const TIMESTAMP = Uint8Array.of(1, 1, 8, 10, 0, 0, 4, 210, 0, 0, 22, 46);
const NONE = new Uint8Array(0);
const MAXIMUM_READ = 0xffff;

/** A flow: the headers of its next packet, and the payload of each. */
interface Flow {
  headers: Headers;
  size: number;
  /** Whether IPv4's identification stays as it is. */
  stands: boolean;
  /** Most packets of one of its trains. */
  train: number;
}

/** All flows of a few peers. */
export class Traffic {
  #random: Random;
  #mtu: number;
  #peers: number;
  #flows: Flow[];
  #last: Flow;

  constructor(random: Random, peers: number, mtu: number) {
    this.#random = random;
    this.#mtu = mtu;
    this.#peers = peers;
    const count = random.between(1, 24);
    this.#flows = Array.from({ length: count }, () => this.#newFlow());
    this.#last = this.#flows[0]!;
  }

  /** The next read of the TUN: one in 40 damaged. */
  next(): Read {
    const read = this.sound();
    return this.#random.once(40) ? damage(this.#random, read) : read;
  }

  /** A read that is as it should be: often of the flow before, so that long trains come about. */
  sound(): Read {
    const random = this.#random;
    if (random.once(2)) this.#last = random.pick(this.#flows);
    const flow = this.#last;
    const read = random.once(3) ? this.#single(flow) : this.#train(flow);
    return random.once(40) ? zeroSum(read) : read;
  }

  #newFlow(): Flow {
    const random = this.#random;
    const version = random.pick([4, 6] as const);
    const protocol = random.pick([TCP, UDP]);
    const number = random.between(1, this.#peers);
    const headers: Headers = {
      version,
      protocol,
      source: hostOf(version, number, random.below(3)),
      destination: hostOf(version, number, random.below(3)),
      sourcePort: random.below(3),
      destinationPort: random.pick(PORTS),
      service: random.pick([0, 0, 2, 0x10]),
      timeToLive: 64,
      flowLabel: random.below(2) * 0xabcde,
      identification: random.pick([0, 7, 65_530]),
      fragment: random.once(3) ? 0 : DONT_FRAGMENT,
      ipOptions: NONE,
      extensions: 0,
      sequence: random.pick([0, 1_000, 2 ** 31 - 900, 2 ** 32 - 900]),
      acknowledgment: 5_000,
      flags: ACK,
      reserved: 0,
      window: 502,
      urgent: 0,
      tcpOptions: random.pick([NONE, TIMESTAMP]),
    };
    const size = this.#size(this.#mtu - headersLength(headers));
    const stands = random.once(4);
    return { headers, size, stands, train: random.pick([2, 4, 12, 50]) };
  }

  /** Small payloads mostly, for they are quick; some that fill the MTU, and all between. */
  #size(largest: number): number {
    const random = this.#random;
    switch (random.below(8)) {
      case 0:
      case 1:
        return largest;
      case 2:
        return random.between(1, largest);
      case 3:
        return random.between(1, 16);
      default:
        return random.between(1, Math.min(400, largest));
    }
  }

  /** A packet alone, complete or with its checksum undone. */
  #single(flow: Flow): Read {
    const random = this.#random;
    const headers = this.#depart(flow);
    const length = random.once(8) ? random.below(flow.size + 40) : flow.size;
    const payload = random.bytes(length);
    advance(flow, length, 1);
    if (random.once(2)) {
      const start = transportStart(headers);
      const offset = checksumField(headers.protocol);
      const virtio = { ...NO_VIRTIO, flags: 1, start, offset };
      return { virtio, bytes: buildPartial(headers, payload) };
    }
    const bytes = build(headers, payload);
    // Over IPv4 a datagram may come without a checksum.
    if (headers.protocol === UDP && random.once(10)) {
      put16(bytes, transportStart(headers) + checksumField(UDP), 0);
    }
    return { virtio: NO_VIRTIO, bytes };
  }

  #train(flow: Flow): Read {
    const random = this.#random;
    const headers = this.#depart(flow);
    const { protocol, version } = headers;
    const { size } = flow;
    const before = headersLength(headers);
    const most = Math.min(
      flow.train * size,
      MAXIMUM_READ - before,
    );
    const whole = size * Math.floor(random.between(1, most) / size);
    const length = random.once(3) ? whole : random.between(1, most);
    advance(flow, length, Math.ceil(length / size));
    const type = protocol === UDP ? 5 : version === 4 ? 1 : 4;
    const virtio = {
      flags: 1,
      type: type | (type !== 5 && random.once(8) ? 0x80 : 0),
      headers: before,
      size,
      start: transportStart(headers),
      offset: checksumField(protocol),
    };
    return { virtio, bytes: buildPartial(headers, random.bytes(length)) };
  }

  /** The flow's headers; once in six times with something different. */
  #depart({ headers }: Flow): Headers {
    const random = this.#random;
    const push = headers.protocol === TCP && random.once(4) ? PSH : 0;
    const next = { ...headers, flags: headers.flags | push };
    if (!random.once(6)) return next;
    return { ...next, ...random.pick(DEPARTURES)(random, next) };
  }
}

/** Moves a flow on, behind `length` bytes in `count` packets. */
function advance(flow: Flow, length: number, count: number): void {
  const { headers, stands } = flow;
  headers.sequence = (headers.sequence + length) % 2 ** 32;
  if (!stands) {
    headers.identification = (headers.identification + count) % 0x10000;
  }
}

/** Host 10.9.`peer`.`last` or fd09:`peer`::`last`. */
export function hostOf(
  version: 4 | 6,
  peer: number,
  last: number,
): Uint8Array {
  if (version === 4) return Uint8Array.of(10, 9, peer, last);
  const address = new Uint8Array(16);
  address.set([0xfd, 9, 0, peer]);
  address[15] = last;
  return address;
}

/** Ways in which a packet departs from the others of its flow; what its kind does not have is not written. */
const DEPARTURES: ((random: Random, h: Headers) => Partial<Headers>)[] = [
  (random) => ({ timeToLive: 60 + random.below(4) }),
  (random) => ({ service: random.below(256) }),
  (random) => ({ service: random.below(4) }),
  (random) => ({ flowLabel: random.below(3) }),
  (_, h) => ({ identification: h.identification ^ 1 }),
  (random) => ({
    fragment: random.pick([0, DONT_FRAGMENT, 0x2000, 0x8000, 0x4005, 5]),
  }),
  (random) => ({
    ipOptions: new Uint8Array(4 * random.between(1, 10)).fill(1),
  }),
  (random) => ({ extensions: random.between(1, 3) }),
  (random) => ({ flags: random.below(256) }),
  (random) => ({ flags: ACK | 1 << random.below(8) }),
  (_, h) => ({ sequence: (h.sequence + 1) % 2 ** 32 }),
  (random) => ({ acknowledgment: random.word() }),
  (random) => ({ window: random.below(3) }),
  (random) => ({ reserved: random.below(16) }),
  (random) => ({ urgent: random.below(2) }),
  (random) => ({ tcpOptions: new Uint8Array(4 * random.below(11)).fill(1) }),
  (_, h) => ({ tcpOptions: h.tcpOptions.map((byte, i) => byte ^ +(i === 7)) }),
  (random, h) => ({ destination: hostOf(h.version, 200, random.below(3)) }),
];

/** The read, changed so that the checksum of its first packet comes to zero, which UDP writes otherwise. */
function zeroSum(read: Read): Read {
  const [packet] = plainSplit(read);
  const { start, offset } = read.virtio;
  if (packet === undefined || start === 0) return read;
  // The last whole word of the packet, which lies in the train where it lies in the packet.
  const word = (packet.length - 2) & -2, field = start + offset;
  if (word <= field) return read;
  const bytes = read.bytes.slice();
  put16(bytes, word, folded(get16(bytes, word) + get16(packet, field)));
  return { ...read, bytes };
}

/** A read with something in it that the kernel would not write. */
function damage(random: Random, { virtio, bytes }: Read): Read {
  switch (random.below(4)) {
    case 0:
      return { virtio, bytes: random.bytes(random.below(100)) };
    case 1:
      return { virtio, bytes: bytes.subarray(0, random.below(bytes.length)) };
    case 2: {
      const copy = bytes.slice();
      copy[random.below(Math.min(80, bytes.length))] = random.below(256);
      return { virtio, bytes: copy };
    }
    default: {
      const field = random.pick(["flags", "type", "start", "offset"] as const);
      const value = random.pick([0, 1, 3, 4, 5, 6, 16, 20, 40, 44, 48, 255]);
      return { virtio: { ...virtio, [field]: value }, bytes };
    }
  }
}
