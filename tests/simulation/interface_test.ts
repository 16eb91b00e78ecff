/**
 * The interface as a whole: up and down, its MTU, the address that a peer is
 * answered from, what it shows.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { Endpoint } from "../../src/config/config.ts";
import { Device } from "../../src/device/device.ts";
import { noble } from "../../src/transport/aead.ts";
import { MEMORY_LENGTH } from "../../src/transport/layout.ts";
import { packetMemory } from "../../src/transport/memory.ts";
import {
  type Host,
  laptopAndVps,
  markOf,
  Network,
  packet,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1;
const DOWN = "the interface is down";

/** The laptop's endpoint as the VPS's socket tells it: with the address that was asked. */
function withSource({ location }: Host): Endpoint {
  return { ...location, source: Uint8Array.of(192, 0, 2, 1) };
}

/** A session in which the VPS knows from which address to answer. */
function inSession(): { network: Network; laptop: Host; vps: Host } {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(5_000);
  laptop.send(toVps(2));
  vps.receive(laptop.sent.at(-1)!, withSource(laptop));
  network.run(20);
  deepStrictEqual(vps.status(laptop).endpoint, withSource(laptop));
  return { network, laptop, vps };
}

Deno.test("a peer is answered from the address that it asked", () => {
  const { network, laptop, vps } = inSession();
  network.log.length = 0;
  vps.send(toLaptop(3));
  deepStrictEqual(network.log[0]!.datagram.to, withSource(laptop));
});

Deno.test("clearSources() leaves the choice of the source to the kernel", () => {
  const { laptop, vps } = inSession();
  vps.device.clearSources();
  deepStrictEqual(vps.status(laptop).endpoint, laptop.location);
});

Deno.test("silence clears the source: a handshake after 15 s, or one that is not answered, may take another way", () => {
  const { network, laptop, vps } = inSession();
  network.remove(laptop);
  vps.send(toLaptop(3));
  network.run(14_900);
  deepStrictEqual(vps.status(laptop).endpoint, withSource(laptop));
  network.run(500);
  deepStrictEqual(vps.status(laptop).endpoint, laptop.location);
  ok(vps.sentTypes().includes(INITIATION));

  vps.peer(laptop, [], { endpoint: withSource(laptop) });
  network.run(5_400);
  deepStrictEqual(vps.status(laptop).endpoint, laptop.location);
});

Deno.test("an interface that is down sends nothing, takes nothing, and counts both", () => {
  const { network, laptop, vps } = inSession();
  const before = vps.delivered.length, sent = vps.sent.length;
  vps.device.down();
  vps.send(toLaptop(3));
  laptop.send(toVps(4));
  network.run(1_000);
  strictEqual(vps.delivered.length, before);
  strictEqual(vps.sent.length, sent);
  strictEqual(vps.drops()[DOWN], 2);
});

Deno.test("down() ends the sessions and what waits; up() begins anew with the next packet", () => {
  const { network, laptop, vps } = inSession();
  network.route = () => [];
  vps.device.down();
  laptop.device.down();
  laptop.device.up(network.now);
  laptop.send(toVps(5));
  laptop.device.down();
  laptop.device.up(network.now);
  vps.device.up(network.now);
  network.route = () => [10];
  network.run(60_000);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  laptop.send(toVps(6));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2, 6]);
});

Deno.test("up() of an interface that is up changes nothing", () => {
  const { network, laptop, vps } = inSession();
  laptop.device.up(network.now);
  laptop.send(toVps(7));
  network.run(100);
  strictEqual(markOf(vps.delivered.at(-1)!), 7);
});

Deno.test("setMtu() moves the end of padding", () => {
  const { laptop } = inSession();
  const sizeOf = (length: number) => {
    laptop.send(packet("10.0.0.2", "10.0.0.1", 1, length));
    return laptop.sent.at(-1)!.length - 32;
  };
  strictEqual(sizeOf(1_399), 1_408);
  laptop.device.setMtu(1_400);
  strictEqual(sizeOf(1_399), 1_400);
});

Deno.test("countDrop() counts what never reached the device", () => {
  const { vps } = inSession();
  vps.device.countDrop("longer than the receive buffer", 3);
  strictEqual(vps.drops()["longer than the receive buffer"], 3);
});

Deno.test("status() of a device that nobody has set up is empty", () => {
  const memory = packetMemory(new ArrayBuffer(MEMORY_LENGTH));
  const device = new Device({
    memory,
    cipher: noble(memory),
    output: { send: () => {}, deliver: () => {}, flush: () => {} },
    random: (length) => new Uint8Array(length),
    wallClock: () => ({ seconds: 0, nanoseconds: 0 }),
    mtu: 1420,
  });
  deepStrictEqual(device.status(), {
    listenPort: 0,
    fwmark: 0,
    peers: [],
    drops: [],
  });
});

Deno.test("status() shows when the last handshake was, by the wall clock, on both sides", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  strictEqual(laptop.status(vps).lastHandshake, undefined);
  network.run(7_000);
  laptop.send(toVps());
  network.run(1_000);
  deepStrictEqual(laptop.status(vps).lastHandshake, {
    seconds: 1_700_000_007,
    nanoseconds: 20_000_000,
  });
  deepStrictEqual(vps.status(laptop).lastHandshake, {
    seconds: 1_700_000_007,
    nanoseconds: 30_000_000,
  });
});
