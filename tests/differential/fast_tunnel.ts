/**
 * The tunnel's fast path, without the kernel: the same parts on the same packet
 * memory as src/driver/tunnel.ts joins, in its order.
 *
 * ```text
 *   read ─▶ TunReader: split ─▶ handlePacket ─┐         ┌ send ─▶ trains ─▶ sent
 *                                             ├─ flush ─┤
 *   receive ─▶ segments ────▶ handleDatagram ─┘         └ deliver ─▶ coalesce ─▶ writes
 * ```
 *
 * @module
 */
import { ok } from "node:assert";
import { Buffer } from "node:buffer";
import { MAXIMUM_SEGMENTS, MAXIMUM_TRAIN } from "../../ffi/sender.ts";
import { VIRTIO_HEADER_LENGTH } from "../../ffi/tun.ts";
import type { Endpoint } from "../../src/config/config.ts";
import { Device } from "../../src/device/device.ts";
import { Sink } from "../../src/driver/sink.ts";
import { MAXIMUM_READ, RECEIVE } from "../../src/driver/slots.ts";
import { TunReader } from "../../src/driver/tun_reader.ts";
import type { Checksum } from "../../src/transport/checksum.ts";
import type { Cipher } from "../../src/transport/aead.ts";
import { DEVICE_SLOTS } from "../../src/transport/layout.ts";
import type { PacketMemory } from "../../src/transport/memory.ts";
import { virtioBytes } from "../offload/virtio.ts";
import type { Read } from "./plain_split.ts";

const NOW = 1_000;

/** A message from the network: one datagram, or a run of them of `segment` bytes each. */
export interface Message {
  from: Endpoint;
  datagrams: Uint8Array[];
  segment: number;
}

/** What came out between two flushes. */
export interface Batch {
  delivered: Uint8Array[];
  /** Each with its virtio-net header. */
  writes: Uint8Array[];
}

/** A cipher and what works beside it in its memory. */
export interface Engine {
  memory: PacketMemory;
  cipher: Cipher;
  checksum: Checksum;
}

/** What a {@linkcode FastTunnel} is made of. */
export interface FastOptions {
  engine: Engine;
  mtu: number;
  /** Whether the TUN takes trains of UDP. */
  udp: boolean;
  random: (length: number) => Uint8Array;
}

/** One device with its two ends. */
export class FastTunnel {
  readonly device: Device;
  #options: FastOptions;
  #reader: TunReader;
  /** What the TUN still has to hand out. */
  #reads: Read[] = [];
  #sent: { bytes: Uint8Array; to: Endpoint }[] = [];
  #delivered: Uint8Array[] = [];
  #writes: Uint8Array[] = [];
  #batches: Batch[] = [];

  constructor(options: FastOptions) {
    this.#options = options;
    const { engine, mtu, random } = options;
    const { memory, cipher } = engine;
    const output = this.#createOutput();
    const wallClock = () => ({ seconds: 1_700_000_000, nanoseconds: 0 });
    this.device = new Device({
      memory,
      cipher,
      output,
      random,
      wallClock,
      mtu,
    });
    this.device.up(NOW);
    this.#reader = new TunReader({
      ...{ memory, address: 0, checksum: engine.checksum },
      ...{ tun: { read: (at) => this.#readTun(at) }, device: this.device },
    });
    this.#reader.setMtu(mtu);
  }

  /** Takes a batch of these reads of the TUN; returns how many. Of an even number the first goes alone. */
  read(reads: readonly Read[]): number {
    this.#reads = [...reads];
    return this.#reader.read(NOW, reads.length % 2 === 0);
  }

  /** Takes up to `RECEIVE.count` messages; returns where each datagram lies. */
  receive(messages: readonly Message[]): number[] {
    const { bytes } = this.#options.engine.memory;
    const places: number[] = [];
    messages.forEach(({ datagrams }, i) => {
      bytes.set(Buffer.concat(datagrams), RECEIVE.from + i * RECEIVE.length);
    });
    messages.forEach(({ from, datagrams, segment }, i) => {
      let at = RECEIVE.from + i * RECEIVE.length;
      for (const { length } of datagrams) {
        places.push(at);
        this.device.handleDatagram(at, length, from, 0, NOW);
        at += segment;
      }
    });
    this.flush();
    return places;
  }

  /** Ends a batch, and then deals with the handshakes that came with it. */
  flush(): void {
    this.device.flush(NOW);
    while (this.device.handshakesWait) {
      this.device.handleHandshake(NOW);
      this.device.flush(NOW);
    }
  }

  /** The datagrams that were sent since the last call. */
  takeSent(): { bytes: Uint8Array; to: Endpoint }[] {
    return this.#sent.splice(0);
  }

  /** What was delivered and written since the last call. */
  takeBatches(): Batch[] {
    return this.#batches.splice(0);
  }

  /** Whether packet memory holds these bytes at `at`. */
  holds(at: number, bytes: Uint8Array): boolean {
    const { memory } = this.#options.engine;
    const there = memory.bytes.subarray(at, at + bytes.length);
    return Buffer.compare(there, bytes) === 0;
  }

  /** What the kernel does at a read: the header and the packet to `at`. Returns their length, 0 when none waits. */
  #readTun(at: number): number {
    const next = this.#reads.shift();
    if (next === undefined) return 0;
    const { virtio, bytes } = next, { memory } = this.#options.engine;
    ok(bytes.length <= MAXIMUM_READ);
    memory.bytes.set(virtioBytes(virtio), at);
    memory.bytes.set(bytes, at + VIRTIO_HEADER_LENGTH);
    return VIRTIO_HEADER_LENGTH + bytes.length;
  }

  /** The driver's sink, and notes of what it is given. */
  #createOutput() {
    const { engine: { memory, checksum }, udp } = this.#options;
    const sink = new Sink({
      memory,
      address: 0,
      checksum,
      tun: {
        udpOffload: udp,
        write: (parts, count) => this.#write(parts, count),
      },
      sender: {
        add: (at, length, segment, to) => this.#send(at, length, segment, to),
        flush: () => {},
      },
      onRefused: () => {},
    });
    return {
      send: (at: number, length: number, to: Endpoint, service: number) =>
        sink.send(at, length, to, service),
      deliver: (at: number, length: number) => {
        // The device's own word that nobody takes a packet: tests/device has its tests.
        if (at < DEVICE_SLOTS.to) return;
        this.#delivered.push(memory.bytes.slice(at, at + length));
        sink.deliver(at, length);
      },
      flush: () => {
        sink.flush();
        const delivered = this.#delivered.splice(0);
        this.#batches.push({ delivered, writes: this.#writes.splice(0) });
      },
    };
  }

  /** What the kernel makes of a message with UDP_SEGMENT. */
  #send(start: number, length: number, segment: number, to: Endpoint): void {
    const size = segment || length;
    ok(length <= MAXIMUM_TRAIN && length <= size * MAXIMUM_SEGMENTS);
    for (let at = start; at < start + length; at += size) {
      const end = Math.min(at + size, start + length);
      const bytes = this.#options.engine.memory.bytes.slice(at, end);
      this.#sent.push({ bytes, to });
    }
  }

  /** What the kernel reads of `count` parts, struct iovec { void *start; size_t length }. */
  #write(parts: Deno.PointerObject, count: number): number {
    const view = new Deno.UnsafePointerView(parts);
    const pieces = Array.from({ length: count }, (_, i) => {
      const at = Number(view.getBigUint64(16 * i));
      const length = Number(view.getBigUint64(16 * i + 8));
      return this.#options.engine.memory.bytes.subarray(at, at + length);
    });
    this.#writes.push(Buffer.concat(pieces));
    return 0;
  }
}
