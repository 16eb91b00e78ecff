/**
 * The world outside of an interface: a TUN device of this network namespace
 * whose other end is the test, packet by packet.
 *
 * ```text
 *   test ── send ──▶ TUN "out0" ──▶ the kernel's packet filter ──▶ TUN "wg0" ── receive ──▶ test
 * ```
 *
 * Packets that arrive one after the other are filtered and answered in that
 * order: so one that is answered tells that those before it were not.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import { addAddress, addresses } from "../../ffi/address.ts";
import { setLink } from "../../ffi/link.ts";
import { Struct } from "../../ffi/memory.ts";
import { addRoute } from "../../ffi/route.ts";
import { Tun, VIRTIO_HEADER_LENGTH } from "../../ffi/tun.ts";
import { build, type Packet } from "../offload/packets.ts";

const LENGTH = 65_536 + VIRTIO_HEADER_LENGTH;

/** The address of tests/offload/packets.ts that ends in `last`. */
export function host(version: 4 | 6, last: number): Uint8Array {
  const bytes = build({ ...PROBE, version, fragment: 0, source: last });
  return version === 4 ? bytes.subarray(12, 16) : bytes.subarray(8, 24);
}

const PROBE: Packet = {
  version: 4,
  protocol: "TCP",
  source: 0,
  destination: 0,
  sourcePort: 0,
  destinationPort: 0,
  service: 0,
  timeToLive: 64,
  flowLabel: 0,
  identification: 0,
  fragment: 0,
  ipOptions: [],
  extensions: 0,
  sequence: 0,
  acknowledgment: 0,
  flags: 0,
  reserved: 0,
  window: 0,
  urgent: 0,
  tcpOptions: [],
  payload: [],
};

/** One interface of the machine, and all that lies behind it. */
export class Outside implements Disposable {
  readonly #packet = new Struct(LENGTH);
  readonly #part = new Struct(16);

  private constructor(readonly tun: Tun) {}

  /**
   * @param own last byte of the addresses that the machine has there
   * @param behind last byte of the addresses that are reached through it
   */
  static open(name: string, mtu: number, own: number, behind: number): Outside {
    const tun = Tun.open(name);
    setLink(tun.index, { addressGenerationNone: true });
    setLink(tun.index, { mtu, up: true });
    for (const version of [4, 6] as const) {
      const length = version === 4 ? 32 : 128;
      addAddress(tun.index, host(version, own), length);
      const destination = host(version, behind);
      addRoute({ index: tun.index, destination, length });
    }
    untilUsable(tun.index);
    return new Outside(tun);
  }

  /** A packet arrives at the machine. */
  send(packet: Packet): void {
    const bytes = build(packet);
    this.#packet.bytes.fill(0, 0, VIRTIO_HEADER_LENGTH);
    this.#packet.bytes.set(bytes, VIRTIO_HEADER_LENGTH);
    this.#part.setWord(0, this.#packet.address);
    this.#part.setWord(8, VIRTIO_HEADER_LENGTH + bytes.length);
    strictEqual(this.tun.write(this.#part.pointer, 1), 0);
  }

  /**
   * TCP and UDP packets that the machine has sent out here: as many as are
   * expected, and those that came with them. They leave in the order in which
   * what they answer to arrived.
   *
   * @throws Error where fewer come within 2 s
   */
  async received(expected: number): Promise<Uint8Array[]> {
    const end = performance.now() + 2_000;
    const packets: Uint8Array[] = [];
    for (;;) {
      packets.push(...this.#waiting());
      if (packets.length >= expected) return packets;
      if (performance.now() > end) {
        throw new Error(`${packets.length} packets instead of ${expected}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #waiting(): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (;;) {
      const length = this.tun.read(this.#packet.address, LENGTH);
      if (length === 0) return packets.filter(isTransport);
      packets.push(this.#packet.bytes.slice(VIRTIO_HEADER_LENGTH, length));
    }
  }

  [Symbol.dispose](): void {
    this.tun.close();
  }
}

/** The kernel gives out an IPv6 address a moment after it took it. */
function untilUsable(index: number): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (addresses(6, index).some(({ state }) => state === "unusable")) {
    Atomics.wait(cell, 0, 0, 2);
  }
}

function isTransport(packet: Uint8Array): boolean {
  const protocol = packet[packet[0]! >> 4 === 4 ? 9 : 6]!;
  return protocol === 6 || protocol === 17;
}
