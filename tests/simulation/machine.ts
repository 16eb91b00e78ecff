/**
 * A device laid open: the same functions that device.ts calls, over a state
 * whose keypairs a test can reach. Two of them speak without delay.
 *
 * @module
 */

import type { Endpoint, PeerChange } from "../../src/config/config.ts";
import { parsePrefix } from "../../src/config/prefix.ts";
import { AllowedIps } from "../../src/device/allowed_ips.ts";
import { applyChange } from "../../src/device/change.ts";
import { Drops } from "../../src/device/drops.ts";
import { HandshakeQueue } from "../../src/device/handshake_queue.ts";
import { handleWaiting } from "../../src/device/handshakes.ts";
import { Inbound } from "../../src/device/inbound.ts";
import { IndexTable } from "../../src/device/index_table.ts";
import { LoadMeter } from "../../src/device/load_meter.ts";
import { Outbound } from "../../src/device/outbound.ts";
import type { Peer } from "../../src/device/peer.ts";
import { RateLimiter } from "../../src/device/rate_limiter.ts";
import { handleDatagram, openBatch } from "../../src/device/receive.ts";
import { handlePacket } from "../../src/device/send.ts";
import type { State } from "../../src/device/state.ts";
import { nobleAead } from "../../src/noise/aead.ts";
import { nobleKeyAgreement } from "../../src/noise/key_agreement.ts";
import { clamp } from "../../src/noise/keys.ts";
import { UnreachableLimit } from "../../src/device/unreachable.ts";
import { DRIVER_SLOTS } from "../../src/transport/layout.ts";
import { isUnreachable } from "./packets.ts";
import { endpoint, fast, generator } from "./simulation.ts";

const SLOT = DRIVER_SLOTS.from + 16;

/** One device with its one peer. */
export class Machine {
  readonly state: State;
  readonly location: Endpoint;
  readonly delivered: Uint8Array[] = [];
  /** What the device said of itself: that somebody cannot be reached. */
  readonly told: Uint8Array[] = [];
  /** Every datagram that was sent. */
  readonly sent: Uint8Array[] = [];
  /** What was sent and not yet received. */
  readonly underWay: Uint8Array[] = [];

  constructor(location: string, seed: number) {
    this.location = endpoint(location);
    const generate = generator(seed);
    const random = (length: number) =>
      Uint8Array.from({ length }, () => Math.floor(generate() * 256));
    const { memory, cipher } = fast();
    const copy = (at: number, length: number) =>
      memory.bytes.slice(at, at + length);
    const output = {
      send: (at: number, length: number) => {
        this.sent.push(copy(at, length));
        this.underWay.push(copy(at, length));
      },
      deliver: (at: number, length: number) => this.#deliver(copy(at, length)),
      flush: () => {},
    };
    this.state = {
      memory,
      output,
      random,
      keyAgreement: nobleKeyAgreement,
      aead: nobleAead,
      lookUp: () => {},
      wallClock: () => ({ seconds: 1_700_000_000, nanoseconds: 0 }),
      outbound: new Outbound(memory, cipher, output),
      inbound: new Inbound(memory, cipher),
      peers: new Map(),
      allowedIps: new AllowedIps(),
      indices: new IndexTable(random),
      limiter: new RateLimiter(),
      handshakes: new HandshakeQueue(),
      load: new LoadMeter(1_000),
      unreachable: new UnreachableLimit(),
      alarm: { at: Infinity },
      drops: new Drops(),
      identity: undefined,
      isUp: true,
      mtu: 1420,
    };
    applyChange(this.state, { privateKey: clamp(random(32)), peers: [] }, 0);
  }

  /** The one peer. */
  get peer(): Peer {
    return this.state.peers.values().next().value!;
  }

  know(other: Machine, allowedIp: string): void {
    const { prefix } = parsePrefix(allowedIp);
    const change: PeerChange = {
      publicKey: other.state.identity!.staticPublic,
      endpoint: other.location,
      allowedIps: [{ prefix }],
    };
    applyChange(this.state, { peers: [change] }, 0);
  }

  send(packet: Uint8Array, now: number): void {
    this.state.memory.bytes.set(packet, SLOT);
    handlePacket(this.state, SLOT, packet.length, now);
    this.flush(now);
  }

  receive(datagram: Uint8Array, from: Endpoint, now: number): void {
    this.state.memory.bytes.set(datagram, SLOT);
    handleDatagram(this.state, SLOT, datagram.length, from, 0, now);
    openBatch(this.state, now);
    this.flush(now);
  }

  #deliver(packet: Uint8Array): void {
    (isUnreachable(packet) ? this.told : this.delivered).push(packet);
  }

  /** Seals what waits, after all handshakes that wait. */
  flush(now: number): void {
    while (this.state.handshakes.waits) handleWaiting(this.state, now);
    this.state.outbound.flush();
  }

  /** The types of the messages that were sent since the last call. */
  takeTypes(): number[] {
    return this.sent.splice(0).map((bytes) => bytes[0]!);
  }
}

/** Hands over what is under way until nothing is. */
export function exchange(a: Machine, b: Machine, now: number): void {
  while (a.underWay.length + b.underWay.length > 0) {
    for (const datagram of a.underWay.splice(0)) {
      b.receive(datagram, a.location, now);
    }
    for (const datagram of b.underWay.splice(0)) {
      a.receive(datagram, b.location, now);
    }
  }
}

/** Two machines that know each other, at the tunnel addresses of laptop and VPS. */
export function machines(): { laptop: Machine; vps: Machine } {
  const laptop = new Machine("100.64.0.2:40000", 1);
  const vps = new Machine("192.0.2.1:51820", 2);
  laptop.know(vps, "10.0.0.1/32");
  vps.know(laptop, "10.0.0.2/32");
  return { laptop, vps };
}
