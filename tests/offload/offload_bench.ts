/**
 * What a packet costs in offload: one 64 KiB train taken apart, and its packets
 * coalesced, with the plain checksum, with WebAssembly's, and with one that is
 * free (which shows the rest). Run by `deno bench -A tests/offload`; divide by
 * the number of packets in the name.
 *
 * @module
 */
import { type Checksum, plainChecksum } from "../../src/transport/checksum.ts";
import { Coalescer } from "../../src/offload/coalesce.ts";
import { split } from "../../src/offload/split.ts";
import { loadWasm } from "../../src/transport/aead.ts";
import { DRIVER_SLOTS, newPacketMemory } from "../../src/transport/layout.ts";
import { trainHeader } from "./model.ts";
import { virtioBytes } from "./virtio.ts";
import {
  buildPartial,
  type Packet,
  payload,
  tcp4,
  tcp6,
  TIMESTAMP,
  udp4,
} from "./packets.ts";

const wasm = loadWasm(
  newPacketMemory(),
);
const { memory } = wasm;

const SUMS: [name: string, sum: Checksum][] = [
  ["plain", plainChecksum(memory)],
  ["WASM", wasm.checksum],
  ["free", { sum: () => 0xffff, copy: () => 0xffff }],
];

/** Trains as a tunnel of MTU 1420 has them, 44 packets each. */
const TRAINS: [name: string, train: Packet, size: number][] = [
  ["TCP over IPv4", tcp4({ tcpOptions: TIMESTAMP }), 1_368],
  ["TCP over IPv6", tcp6({ tcpOptions: TIMESTAMP }), 1_348],
  ["UDP over IPv4", udp4(), 1_392],
];
const COUNT = 44;
const READ = DRIVER_SLOTS.from + 16;
const SLOTS = READ + 0x14_000;

class Slots {
  readonly places = new Uint32Array(2 * COUNT);
  #next = SLOTS;
  #count = 0;

  reset(): void {
    this.#next = SLOTS;
    this.#count = 0;
  }

  place(length: number): number {
    const at = this.#next;
    this.#next += ((length + 15) & ~15) + 32;
    return at;
  }

  packet(at: number, length: number): void {
    this.places[this.#count++] = at;
    this.places[this.#count++] = length;
  }
}

for (const [name, headers, size] of TRAINS) {
  const train = { ...headers, payload: payload(COUNT * size) };
  const bytes = buildPartial(train);
  const virtio = virtioBytes(trainHeader(train, size));
  const slots = new Slots();
  const take = (sum: Checksum) => {
    slots.reset();
    if (split(memory, READ, bytes.length, slots, sum)) throw new Error("drop");
  };
  const prepare = () => {
    memory.bytes.set(virtio, READ - 10);
    memory.bytes.set(bytes, READ);
  };
  for (const [kind, sum] of SUMS) {
    const group = `split ${name}`;
    Deno.bench({
      name: `${group}, ${COUNT} packets, ${kind} checksum`,
      group,
      fn(b) {
        prepare();
        b.start();
        take(sum);
        b.end();
      },
    });
  }
  for (const [kind, sum] of SUMS) {
    const group = `coalesce ${name}`;
    const coalescer = new Coalescer(
      memory,
      { udp: true, checksum: sum },
      () => {},
    );
    Deno.bench({
      name: `${group}, ${COUNT} packets, ${kind} checksum`,
      group,
      fn(b) {
        // Coalescing rewrites the first packet's headers: each run needs new ones.
        prepare();
        take(wasm.checksum);
        b.start();
        for (let i = 0; i < COUNT; i++) {
          coalescer.add(slots.places[2 * i]!, slots.places[2 * i + 1]!);
        }
        coalescer.flush();
        b.end();
      },
    });
  }
}
