/**
 * The batch of packets to be opened (whitepaper §5.4.6).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Inbound } from "../../src/device/inbound.ts";
import { Outbound } from "../../src/device/outbound.ts";
import type { Peer } from "../../src/device/peer.ts";
import { type Cipher, loadWasm, noble } from "../../src/transport/aead.ts";
import {
  DRIVER_SLOTS,
  MEMORY_LENGTH,
  newPacketMemory,
  OPENING,
} from "../../src/transport/layout.ts";
import { type PacketMemory, packetMemory } from "../../src/transport/memory.ts";
import { testLanes } from "../lanes.ts";
import { keypairNumber, peerNumber, Recorder } from "./sealed.ts";

const CAPACITY = 256, LENGTH = 48;
const lanes = await testLanes();
const slot = (i: number) => DRIVER_SLOTS.from + 256 * i + 16;

function ciphers(): { memory: PacketMemory; cipher: Cipher }[] {
  const memory = packetMemory(new ArrayBuffer(MEMORY_LENGTH));
  return [
    lanes?.chosen ?? loadWasm(newPacketMemory()),
    { memory, cipher: noble(memory) },
  ];
}

/** Seals `count` packets into the slots; the number of each is in its first byte. */
function seal(memory: PacketMemory, cipher: Cipher, count: number): Peer {
  const outbound = new Outbound(memory, cipher, new Recorder(memory));
  const peer = peerNumber(1), keypair = keypairNumber(5);
  for (let i = 0; i < count; i++) {
    memory.bytes.fill(0, slot(i), slot(i) + LENGTH);
    memory.bytes[slot(i)] = i;
    outbound.add(peer, keypair, slot(i), LENGTH, 1420);
  }
  outbound.flush();
  return peer;
}

for (const { memory, cipher } of ciphers()) {
  Deno.test(`open() tells the authentic packets of a full batch from the forged, in order, with ${cipher.name}`, () => {
    const peer = seal(memory, cipher, CAPACITY);
    const inbound = new Inbound(memory, cipher);
    const keypair = {
      ...keypairNumber(5),
      receiveKey: keypairNumber(5).sendKey,
    };
    for (let i = 0; i < CAPACITY; i++) {
      strictEqual(inbound.full, false);
      if (i % 7 === 3) memory.bytes[slot(i) + i % (LENGTH + 16)]! ^= 1;
      inbound.add(peer, keypair, slot(i), LENGTH + 16, peer.endpoint!, 0);
    }
    strictEqual(inbound.full, true);
    const seen: (number | "forged")[] = [];
    inbound.open({
      authentic: (of, by, at, length, from) => {
        strictEqual(of, peer);
        strictEqual(by, keypair);
        strictEqual(from, peer.endpoint);
        strictEqual(length, LENGTH);
        seen.push(memory.bytes[at]!);
      },
      forged: (of) => {
        strictEqual(of, peer);
        seen.push("forged");
      },
    });
    const all = Array.from({ length: CAPACITY }, (_, i) => i);
    deepStrictEqual(seen, all.map((i) => i % 7 === 3 ? "forged" : i));
    strictEqual(inbound.full, false);
    const keys = memory.bytes.subarray(OPENING.keys, OPENING.keys + 0x2000);
    ok(keys.every((byte) => byte === 0));
  });
}

Deno.test("open() of an empty batch tells nothing", () => {
  const memory = packetMemory(new ArrayBuffer(MEMORY_LENGTH));
  let calls = 0;
  new Inbound(memory, noble(memory)).open({
    authentic: () => calls++,
    forged: () => calls++,
  });
  strictEqual(calls, 0);
});
