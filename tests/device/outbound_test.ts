/**
 * The batch of packets to be sealed and the device's own slots, at their
 * limits (whitepaper §5.4.6).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Outbound } from "../../src/device/outbound.ts";
import { loadWasm } from "../../src/transport/aead.ts";
import {
  DEVICE_SLOTS,
  DRIVER_SLOTS,
  newPacketMemory,
  SEALING,
} from "../../src/transport/layout.ts";
import { testLanes } from "../lanes.ts";
import {
  counterOf,
  keypairNumber,
  openSealed,
  peerNumber,
  Recorder,
} from "./sealed.ts";

const CAPACITY = 256, MTU = 1420;
const lanes = await testLanes();

function create() {
  const { memory, cipher } = lanes?.chosen ?? loadWasm(newPacketMemory());
  const output = new Recorder(memory);
  return { memory, output, outbound: new Outbound(memory, cipher, output) };
}

/** A packet of `length` bytes that no other number has. */
function numbered(number: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (number * 31 + i) & 255);
}

/** Packets in the driver's slots, 2 KiB apart. */
const slot = (i: number) => DRIVER_SLOTS.from + 2048 * i + 16;

Deno.test("add() takes more packets than a batch holds, and all come out in order", () => {
  const { memory, output, outbound } = create();
  const peer = peerNumber(1), keypair = keypairNumber(5);
  const packets = Array.from({ length: 600 }, (_, i) => numbered(i, 64));
  for (const [i, packet] of packets.entries()) {
    memory.bytes.set(packet, slot(i));
    strictEqual(outbound.add(peer, keypair, slot(i), 64, MTU), 16 + 64 + 16);
    strictEqual(output.sent.length, Math.floor(i / CAPACITY) * CAPACITY);
  }
  outbound.flush();
  const datagrams = output.sent.map(({ bytes }) => bytes);
  deepStrictEqual(datagrams.map(counterOf), packets.map((_, i) => i));
  deepStrictEqual(
    datagrams.map((bytes) => openSealed(bytes, keypair.sendKey)),
    packets,
  );
});

Deno.test("a batch of 256 packets whose keys alternate is sealed with the right keys", () => {
  const { memory, output, outbound } = create();
  const peers = [peerNumber(1), peerNumber(2)];
  const keypairs = [keypairNumber(10), keypairNumber(20)];
  for (let i = 0; i < CAPACITY; i++) {
    memory.bytes.set(numbered(i, 32), slot(i));
    outbound.add(peers[i % 2]!, keypairs[i % 2]!, slot(i), 32, MTU);
  }
  outbound.flush();
  for (const [i, { bytes, to }] of output.sent.entries()) {
    strictEqual(to, peers[i % 2]!.endpoint);
    deepStrictEqual(
      openSealed(bytes, keypairs[i % 2]!.sendKey),
      numbered(i, 32),
    );
  }
  strictEqual(output.sent.length, CAPACITY);
});

Deno.test("flush() leaves no key in packet memory", () => {
  const { memory, outbound } = create();
  const keypairs = [keypairNumber(10), keypairNumber(20)];
  for (let i = 0; i < CAPACITY; i++) {
    outbound.add(peerNumber(1), keypairs[i % 2]!, slot(i), 32, MTU);
  }
  outbound.flush();
  const keys = memory.bytes.subarray(SEALING.keys, SEALING.keys + 0x2000);
  ok(keys.every((byte) => byte === 0));
});

Deno.test("place() has room for more packets than the device has slots", () => {
  const { output, outbound } = create();
  const peer = peerNumber(1), keypair = keypairNumber(5);
  const room = DEVICE_SLOTS.to - DEVICE_SLOTS.from;
  const count = Math.ceil(2.5 * room / (MTU + 32));
  const packets = Array.from({ length: count }, (_, i) => numbered(i, MTU));
  for (const packet of packets) {
    const at = outbound.place(packet, MTU);
    ok(at >= DEVICE_SLOTS.from + 16 && at + MTU + 16 <= DEVICE_SLOTS.to);
    outbound.add(peer, keypair, at, packet.length, MTU);
  }
  outbound.flush();
  deepStrictEqual(
    output.sent.map(({ bytes }) => openSealed(bytes, keypair.sendKey)),
    packets,
  );
});

Deno.test("place() never gives a slot away whose packet is not sealed yet", () => {
  const { memory, output, outbound } = create();
  const peer = peerNumber(1), keypair = keypairNumber(5);
  const packets: Uint8Array[] = [];
  for (let i = 0; i < CAPACITY - 1; i++) {
    packets.push(numbered(i, 64));
    memory.bytes.set(packets.at(-1)!, slot(i));
    outbound.add(peer, keypair, slot(i), 64, MTU);
  }
  for (const length of [80, 80, 1400, 80, 1400]) {
    packets.push(numbered(packets.length, length));
    const at = outbound.place(packets.at(-1)!, MTU);
    outbound.add(peer, keypair, at, length, MTU);
  }
  outbound.flush();
  for (const [i, { bytes }] of output.sent.entries()) {
    const packet = openSealed(bytes, keypair.sendKey);
    deepStrictEqual(packet.subarray(0, packets[i]!.length), packets[i]);
  }
  strictEqual(output.sent.length, packets.length);
});

Deno.test("sendMessage() goes out before what waits to be sealed, and as many as may come", () => {
  const { output, outbound } = create();
  const peer = peerNumber(1), keypair = keypairNumber(5);
  const at = outbound.place(numbered(1, 64), MTU);
  outbound.add(peer, keypair, at, 64, MTU);
  const messages = Array.from({ length: 3_000 }, (_, i) => numbered(i, 148));
  for (const message of messages) {
    outbound.sendMessage(message, peer.endpoint!);
  }
  outbound.flush();
  const sent = output.sent.map(({ bytes }) => bytes);
  deepStrictEqual(sent.filter(({ length }) => length === 148), messages);
  const [data] = sent.filter(({ length }) => length === 96);
  deepStrictEqual(openSealed(data!, keypair.sendKey), numbered(1, 64));
});

Deno.test("padding is zero and ends at the MTU (§5.4.6)", () => {
  const { memory, output, outbound } = create();
  const keypair = keypairNumber(5);
  const cases = [[1, 16], [16, 16], [17, 32], [1409, 1420], [1420, 1420]];
  for (const [length, padded] of cases) {
    memory.bytes.fill(0xff, slot(0), slot(1));
    outbound.add(peerNumber(1), keypair, slot(0), length!, MTU);
    outbound.flush();
    const packet = openSealed(output.sent.at(-1)!.bytes, keypair.sendKey);
    strictEqual(packet.length, padded);
    ok(packet.subarray(0, length).every((byte) => byte === 0xff));
    ok(packet.subarray(length).every((byte) => byte === 0));
  }
});

Deno.test("a packet whose peer lost its endpoint before the flush is counted", () => {
  const { output, outbound } = create();
  const peer = peerNumber(1);
  outbound.add(peer, keypairNumber(5), slot(0), 64, MTU);
  peer.endpoint = undefined;
  outbound.flush();
  strictEqual(output.sent.length, 0);
  deepStrictEqual(peer.drops.list(), [{
    reason: "the peer has no endpoint yet",
    count: 1,
  }]);
});
