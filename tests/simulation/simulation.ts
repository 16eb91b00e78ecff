/**
 * Devices on a made-up network under a virtual clock.
 *
 * ```text
 *  host a: Device ──send──▶ ┌─────────┐ ──▶ host b: Device
 *          ◀──────────────  │ Network │ ◀── …
 *                           └─────────┘
 *                loss, delay, reordering by `route`; NAT by `boxes`
 * ```
 *
 * Time moves only from one event to the next: a datagram that arrives, or a
 * device's deadline. So hours pass in milliseconds, and every run with one seed
 * is the same.
 *
 * @module
 */

import { clamp, type PublicKey } from "../../src/noise/keys.ts";
import { publicKeyOf } from "../../src/noise/crypto.ts";
import type {
  DeviceChange,
  Endpoint,
  PeerChange,
  PeerStatus,
} from "../../src/config/config.ts";
import { parsePrefix } from "../../src/config/prefix.ts";
import type { PeerName } from "../../src/config/uapi_names.ts";
import { Device } from "../../src/device/device.ts";
import { type Cipher, loadWasm, noble } from "../../src/transport/aead.ts";
import {
  DRIVER_SLOTS,
  MEMORY_LENGTH,
  newPacketMemory,
} from "../../src/transport/layout.ts";
import { type PacketMemory, packetMemory } from "../../src/transport/memory.ts";
import { testLanes } from "../lanes.ts";
import { isUnreachable } from "./packets.ts";

/** Where the simulation lays what a device is handed. */
const SLOT = DRIVER_SLOTS.from + 16;
/** From one packet of a batch to the next. */
const SLOT_LENGTH = 2048;
/** Unix time at virtual time 0. */
const EPOCH_SECONDS = 1_700_000_000;

/** A generator of numbers in [0, 1): mulberry32. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A datagram on its way. */
export interface Datagram {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly bytes: Uint8Array;
}

/** What the network does with a datagram: after how many milliseconds each copy of it arrives; none is loss. */
export type Route = (datagram: Datagram, now: number) => number[];

/** Something on the way that rewrites datagrams, as NAT does. */
export interface Middlebox {
  /** Whether a datagram passes through the box as it stands. */
  handles(datagram: Datagram): boolean;
  /** What comes out on the other side; `undefined` if nothing does. */
  pass(datagram: Datagram, now: number): Datagram | undefined;
}

/** An endpoint of IPv4 text. */
export function endpoint(text: string): Endpoint {
  const [host, port] = text.split(":");
  const address = Uint8Array.from(host!.split("."), Number);
  return { address, port: Number(port), scope: 0 };
}

/** An endpoint in a form that names it. */
export const textOf = ({ address, port }: Endpoint) =>
  `${address.join(".")}:${port}`;

/** An IPv4 packet of `length` bytes with `mark` in its last two. */
export function packet(
  source: string,
  destination: string,
  mark = 0,
  length = 84,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  view.setUint16(2, length);
  bytes.set(Uint8Array.from(source.split("."), Number), 12);
  bytes.set(Uint8Array.from(destination.split("."), Number), 16);
  view.setUint16(length - 2, mark);
  return bytes;
}

/** The mark of a packet. */
export function markOf(bytes: Uint8Array): number {
  return bytes.at(-2)! << 8 | bytes.at(-1)!;
}

/** One host: a device, where it is on the network, and what its TUN got. */
export class Host {
  readonly device: Device;
  readonly publicKey: PublicKey;
  /** What peers sent. */
  readonly delivered: Uint8Array[] = [];
  /** What the device said of itself: that somebody cannot be reached. */
  readonly told: Uint8Array[] = [];
  /** Every datagram that the device sent. */
  readonly sent: Uint8Array[] = [];
  /** The service byte of each of them, and of those that were refused. */
  readonly services: number[] = [];
  /** The names that the device asked for, and when. */
  readonly asked: { at: number; name: PeerName }[] = [];
  /** Where a name leads, and after how many milliseconds that is known; nowhere unless a test says otherwise. */
  resolver: (name: PeerName) => Resolution = () => ({ after: 10, places: [] });
  /** Added to the wall clock, in milliseconds. */
  wallOffset = 0;
  location: Endpoint;
  /** Computing takes no time here, so all that wait are dealt with unless a test says otherwise. */
  handshakesPerTurn = Infinity;
  /** Whether the kernel has no way for what is sent. */
  refuses = false;
  readonly #memory: PacketMemory;
  #network: Network;

  constructor(network: Network, location: string, options: HostOptions) {
    this.#network = network;
    this.location = endpoint(location);
    this.wallOffset = options.wallOffset ?? 0;
    const { memory, cipher } = options.noble ? plain() : fast();
    this.#memory = memory;
    const random = (length: number) =>
      Uint8Array.from({ length }, () => Math.floor(network.random() * 256));
    this.device = new Device({
      memory,
      cipher,
      random,
      mtu: 1420,
      wallClock: () => this.#wallClock(),
      lookUp: (name) => this.#lookUp(name),
      output: {
        send: (at, length, to, service) => {
          this.services.push(service);
          this.#send(at, length, to);
        },
        deliver: (at, length) =>
          this.#deliver(memory.bytes.slice(at, at + length)),
        flush: () => {},
      },
      ...(options.loadThreshold !== undefined &&
        { loadThreshold: options.loadThreshold }),
    });
    const privateKey = clamp(options.privateKey ?? random(32));
    this.publicKey = publicKeyOf(privateKey) as PublicKey;
    this.apply({ privateKey, peers: [] });
    this.device.up(network.now);
  }

  /** A packet from the host's own programs. */
  send(bytes: Uint8Array): void {
    this.#memory.bytes.set(bytes, SLOT);
    this.device.handlePacket(SLOT, bytes.length, this.#network.now);
    this.flush();
  }

  /** Packets that the TUN hands over in one batch. */
  sendAll(packets: Uint8Array[]): void {
    for (const [i, bytes] of packets.entries()) {
      const at = SLOT + i * SLOT_LENGTH;
      this.#memory.bytes.set(bytes, at);
      this.device.handlePacket(at, bytes.length, this.#network.now);
    }
    this.flush();
  }

  /** Datagrams that the network hands over in one batch. */
  receiveAll(datagrams: Pick<Datagram, "bytes" | "from">[]): void {
    for (const [i, { bytes, from }] of datagrams.entries()) {
      const at = SLOT + i * SLOT_LENGTH;
      this.#memory.bytes.set(bytes, at);
      this.device.handleDatagram(at, bytes.length, from, 0, this.#network.now);
    }
    this.flush();
  }

  /** A datagram from the network. */
  receive(bytes: Uint8Array, from: Endpoint): void {
    this.#memory.bytes.set(bytes, SLOT);
    this.device.handleDatagram(SLOT, bytes.length, from, 0, this.#network.now);
    this.flush();
  }

  apply(change: DeviceChange): void {
    this.device.apply(change, this.#network.now);
    this.flush();
  }

  /** Ends a turn: data first, then handshakes. */
  flush(): void {
    const { now } = this.#network;
    this.device.flush(now);
    for (let i = 0; i < this.handshakesPerTurn; i++) {
      if (!this.device.handshakesWait) break;
      this.device.handleHandshake(now);
    }
    this.device.flush(now);
  }

  /** Gives peers names. */
  setNames(...names: PeerName[]): void {
    this.device.setNames(names, this.#network.now);
    this.flush();
  }

  /** Adds or changes a peer. */
  peer(other: Host | PublicKey, allowedIps: string[], more: PeerMore = {}) {
    const publicKey = other instanceof Host ? other.publicKey : other;
    this.apply({
      peers: [{
        publicKey,
        allowedIps: allowedIps.map((text) => ({
          prefix: parsePrefix(text).prefix,
        })),
        ...more,
      }],
    });
  }

  /** What the device says of a peer. */
  status(other: Host | PublicKey): PeerStatus {
    const publicKey = other instanceof Host ? other.publicKey : other;
    const key = publicKey.toHex();
    const found = this.device.status().peers.find((peer) =>
      peer.publicKey.toHex() === key
    );
    if (found === undefined) throw new RangeError("no such peer");
    return found;
  }

  /** Drops by reason, of the device and all its peers. */
  drops(): Record<string, number> {
    const { drops, peers } = this.device.status();
    const all = [drops, ...peers.map((peer) => peer.drops)].flat();
    const sums: Record<string, number> = {};
    for (const { reason, count } of all) {
      sums[reason] = (sums[reason] ?? 0) + count;
    }
    return sums;
  }

  /** The types of the messages that were sent, in order. */
  sentTypes(): number[] {
    return this.sent.map((bytes) => bytes[0]!);
  }

  #lookUp(name: PeerName): void {
    this.asked.push({ at: this.#network.now, name });
    const { after, places } = this.resolver(name);
    this.#network.later(after, () => {
      this.device.found(name, places.map(endpoint), this.#network.now);
      this.flush();
    });
  }

  #deliver(packet: Uint8Array): void {
    (isUnreachable(packet) ? this.told : this.delivered).push(packet);
  }

  #send(at: number, length: number, to: Endpoint): void {
    const bytes = this.#memory.bytes.slice(at, at + length);
    if (this.refuses) {
      return this.device.countSendDrop(
        to,
        "no route to the peer's endpoint",
        1,
        length,
        this.#network.now,
      );
    }
    this.sent.push(bytes);
    this.#network.transmit({ from: this.location, to, bytes });
  }

  #wallClock() {
    const now = EPOCH_SECONDS * 1_000 + this.#network.now + this.wallOffset;
    return {
      seconds: Math.floor(now / 1_000),
      nanoseconds: Math.floor(now % 1_000 * 1e6),
    };
  }
}

/** What becomes of a question for a name. */
export interface Resolution {
  /** Milliseconds. */
  after: number;
  /** As {@linkcode endpoint} reads them. */
  places: string[];
}

/** How a host differs from others. */
export interface HostOptions {
  privateKey?: Uint8Array;
  noble?: boolean;
  loadThreshold?: number;
  /** Milliseconds by which the wall clock is ahead. */
  wallOffset?: number;
}

/** What else is said of a peer. */
export type PeerMore = Omit<Partial<PeerChange>, "publicKey" | "allowedIps">;

/** In several lanes all hosts have the same ones: none keeps anything in packet memory from one call to the next. */
const lanes = await testLanes();

/** The cipher and the packet memory of a new host. */
export function fast(): { memory: PacketMemory; cipher: Cipher } {
  return lanes?.chosen ?? loadWasm(newPacketMemory());
}

function plain(): { memory: PacketMemory; cipher: Cipher } {
  const memory = packetMemory(new ArrayBuffer(MEMORY_LENGTH));
  return { memory, cipher: noble(memory) };
}

interface Arrival {
  at: number;
  order: number;
  datagram: Datagram;
}

/** Something else that happens. */
interface Event {
  at: number;
  work: () => void;
}

/** The network between the hosts, and the clock of all. */
export class Network {
  now = 0;
  readonly random: () => number;
  /** 10 ms each way, nothing lost, unless a test says otherwise. */
  route: Route = () => [10];
  /** From the hosts outwards. */
  boxes: Middlebox[] = [];
  /** Hosts look at their deadlines each so many milliseconds besides; Infinity: only when due. */
  pollEvery = Infinity;
  readonly log: { at: number; datagram: Datagram }[] = [];
  #hosts: Host[] = [];
  #arrivals: Arrival[] = [];
  #order = 0;
  #events: Event[] = [];

  constructor(seed = 1) {
    this.random = generator(seed);
  }

  host(location: string, options: HostOptions = {}): Host {
    const host = new Host(this, location, options);
    this.#hosts.push(host);
    return host;
  }

  /** Takes a host off the network, as if its machine had stopped. */
  remove(host: Host): void {
    this.#hosts = this.#hosts.filter((other) => other !== host);
  }

  /** Does something after so many milliseconds. */
  later(milliseconds: number, work: () => void): void {
    this.#events.push({ at: this.now + milliseconds, work });
  }

  transmit(datagram: Datagram): void {
    this.log.push({ at: this.now, datagram });
    const passed = this.#throughBoxes(datagram);
    if (passed === undefined) return;
    for (const delay of this.route(passed, this.now)) {
      const at = this.now + delay;
      this.#arrivals.push({ at, order: this.#order++, datagram: passed });
    }
  }

  #throughBoxes(datagram: Datagram): Datagram | undefined {
    let passed: Datagram | undefined = datagram;
    for (;;) {
      const box = this.boxes.find((box) => box.handles(passed!));
      if (box === undefined) return passed;
      passed = box.pass(passed, this.now);
      if (passed === undefined) return undefined;
    }
  }

  /** Lets time pass, with everything that happens in it. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const next = Math.min(
        this.#nextArrival(),
        this.#nextDeadline(),
        ...this.#events.map(({ at }) => at),
      );
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.#happen();
      this.#arrive();
      this.#expire();
    }
    this.now = end;
  }

  #nextArrival(): number {
    return this.#arrivals.reduce((t, { at }) => Math.min(t, at), Infinity);
  }

  #nextDeadline(): number {
    const poll = Math.floor(this.now / this.pollEvery + 1) * this.pollEvery;
    return this.#hosts.reduce(
      (t, host) => Math.min(t, host.device.nextTimeout()),
      Number.isNaN(poll) ? Infinity : poll,
    );
  }

  #happen(): void {
    const due = this.#events.filter(({ at }) => at <= this.now);
    this.#events = this.#events.filter(({ at }) => at > this.now);
    for (const { work } of due) work();
  }

  #arrive(): void {
    const due = this.#arrivals.filter(({ at }) => at <= this.now);
    if (due.length === 0) return;
    this.#arrivals = this.#arrivals.filter(({ at }) => at > this.now);
    due.sort((a, b) => a.at - b.at || a.order - b.order);
    for (const { datagram } of due) {
      const to = textOf(datagram.to);
      const host = this.#hosts.find(({ location }) => textOf(location) === to);
      host?.receive(datagram.bytes, datagram.from);
    }
  }

  #expire(): void {
    for (const host of this.#hosts) {
      host.device.handleTimeout(this.now);
      host.flush();
    }
  }
}

/** A laptop that dials a VPS, as in the project's own story; the VPS knows no endpoint. */
export function laptopAndVps(
  network: Network,
  laptopMore: PeerMore = {},
  options: HostOptions = {},
): { laptop: Host; vps: Host } {
  const laptop = network.host("100.64.0.2:40000", options);
  const vps = network.host("192.0.2.1:51820", options);
  vps.peer(laptop, ["10.0.0.2/32"]);
  laptop.peer(vps, ["10.0.0.1/32"], {
    endpoint: vps.location,
    ...laptopMore,
  });
  return { laptop, vps };
}

/** Two hosts that know each other's endpoint; their tunnel addresses are those of laptop and VPS. */
export function acquainted(
  network: Network,
  more: PeerMore = {},
): { laptop: Host; vps: Host } {
  const laptop = network.host("100.64.0.2:40000");
  const vps = network.host("192.0.2.1:51820");
  vps.peer(laptop, ["10.0.0.2/32"], { endpoint: laptop.location, ...more });
  laptop.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location, ...more });
  return { laptop, vps };
}

/** A packet from the laptop's tunnel address to the VPS's. */
export const toVps = (mark = 0) => packet("10.0.0.2", "10.0.0.1", mark);
/** A packet from the VPS's tunnel address to the laptop's. */
export const toLaptop = (mark = 0) => packet("10.0.0.1", "10.0.0.2", mark);
