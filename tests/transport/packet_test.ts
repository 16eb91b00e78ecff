/** Padding, header and counters of transport data (whitepaper §5.4.6, §6.1). @module */

import { deepStrictEqual, strictEqual } from "node:assert";
import {
  advanceCounter,
  createKeypair,
  exhaust,
  isExhausted,
  isWorn,
  wipe,
} from "../../src/transport/keypair.ts";
import { packetMemory } from "../../src/transport/memory.ts";
import {
  counterHighOf,
  counterLowOf,
  paddedLength,
  receiverOf,
  writeHeader,
} from "../../src/transport/packet.ts";

Deno.test("paddedLength() pads to 16, never past the MTU", () => {
  const table: [length: number, mtu: number, padded: number][] = [
    [0, 1420, 0],
    [1, 1420, 16],
    [16, 1420, 16],
    [84, 1420, 96],
    [1408, 1420, 1408],
    [1409, 1420, 1420],
    [1420, 1420, 1420],
    [1421, 1420, 1436],
    [2840, 1420, 2840],
    [1299, 1300, 1300],
    [100, 0, 112],
  ];
  for (const [length, mtu, padded] of table) {
    strictEqual(paddedLength(length, mtu), padded, `${length} of ${mtu}`);
  }
});

Deno.test("writeHeader() writes type, receiver and counter in little-endian", () => {
  const memory = packetMemory(new ArrayBuffer(64));
  writeHeader(memory, 17, 0x01020304, 0x0a0b0c0d, 0x11121314);
  deepStrictEqual(
    memory.bytes.toHex().slice(2, 34),
    "04000000" + "04030201" + "0d0c0b0a" + "14131211",
  );
  strictEqual(receiverOf(memory, 17), 0x01020304);
  strictEqual(counterLowOf(memory, 17), 0x0a0b0c0d);
  strictEqual(counterHighOf(memory, 17), 0x11121314);
});

const keypair = () =>
  createKeypair({
    sendKey: new Uint8Array(32).fill(1),
    receiveKey: new Uint8Array(32).fill(2),
    localIndex: 1,
    remoteIndex: 2,
    isInitiator: true,
    createdAt: 0,
  });

Deno.test("advanceCounter() carries into the high half", () => {
  const k = keypair();
  k.sendLow = 0xffffffff;
  advanceCounter(k);
  deepStrictEqual([k.sendLow, k.sendHigh], [0, 1]);
});

Deno.test("isWorn() is true from 2^60 messages on, isExhausted() from 2^64 − 2^13 − 1", () => {
  const k = keypair();
  k.sendHigh = 2 ** 28 - 1;
  k.sendLow = 0xffffffff;
  deepStrictEqual([isWorn(k), isExhausted(k)], [false, false]);
  advanceCounter(k);
  deepStrictEqual([isWorn(k), isExhausted(k)], [true, false]);
  exhaust(k);
  deepStrictEqual(
    BigInt(k.sendHigh) << 32n | BigInt(k.sendLow),
    2n ** 64n - 2n ** 13n - 1n,
  );
  strictEqual(isExhausted(k), true);
});

Deno.test("wipe() leaves no key and sends nothing more", () => {
  const k = keypair();
  wipe(k);
  deepStrictEqual([...k.sendKey, ...k.receiveKey], Array(64).fill(0));
  strictEqual(isExhausted(k), true);
});
