/** The Internet checksum (RFC 1071) against the RFC's example, known edges and a slow one. */
import { deepStrictEqual, strictEqual } from "node:assert";
import { fold, plainChecksum, RIGHT } from "../../src/transport/checksum.ts";
import { packetMemory } from "../../src/transport/memory.ts";
import { loadWasm } from "../../src/transport/aead.ts";
import { MEMORY_LENGTH, newPacketMemory } from "../../src/transport/layout.ts";
import { slowChecksum } from "../offload/packets.ts";

const memory = packetMemory(new ArrayBuffer(0x40_000));
const { sum } = plainChecksum(memory);

const TABLE: [name: string, bytes: number[], sum: number][] = [
  ["nothing", [], 0],
  ["one byte, followed by a zero", [0x12], 0x1200],
  ["one word", [0x12, 0x34], 0x1234],
  ["three bytes", [0x12, 0x34, 0x56], 0x6834],
  [
    "RFC 1071 §3",
    [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7],
    0xddf2,
  ],
  ["a carry", [0xff, 0xff, 0x00, 0x01], 0x0001],
  ["a carry that makes a carry", [0xff, 0xff, 0xff, 0xff, 0x00, 0x01], 0x0001],
  ["all ones", new Array(40).fill(0xff), 0xffff],
  ["all zeros", new Array(40).fill(0), 0],
];

for (const [name, bytes, expected] of TABLE) {
  Deno.test(`plainChecksum() adds up ${name}, wherever it lies`, () => {
    for (let at = 64; at < 72; at++) {
      memory.bytes.fill(0xa5, 0, 256);
      memory.bytes.set(bytes, at);
      strictEqual(sum(at, bytes.length, 0), expected, `at ${at}`);
    }
  });
}

Deno.test("plainChecksum() adds the initial sum and folds it in", () => {
  memory.bytes.set([0x12, 0x34], 64);
  strictEqual(sum(64, 2, 1), 0x1235);
  strictEqual(sum(64, 2, 0xffff), 0x1234);
  strictEqual(sum(64, 0, 0x1_fffe), 0xffff);
  strictEqual(sum(64, 0, 0xff_ffff), 0xff);
});

Deno.test("plainChecksum() does not overflow over 128 KiB of ones", () => {
  memory.bytes.fill(0xff);
  strictEqual(sum(0, 0x20_000, 0), 0xffff);
  strictEqual(sum(1, 0x20_000, 0), 0xffff);
});

Deno.test("fold() carries around the end", () => {
  const table = [[0, 0], [0xffff, 0xffff], [0x1_0000, 1], [0x1_ffff, 1], [
    0xffff_ffff,
    0xffff,
  ]] as const;
  for (const [from, to] of table) strictEqual(fold(from), to);
});

Deno.test("plainChecksum() and the WASM one give what the slow one gives, for every length and place", () => {
  const wasm = loadWasm(
    newPacketMemory(),
  );
  const plain = plainChecksum(wasm.memory);
  const base = MEMORY_LENGTH - 0x1_0000;
  const bytes = wasm.memory.bytes.subarray(base);
  crypto.getRandomValues(bytes);
  const lengths = Array.from({ length: 260 }, (_, length) => length);
  for (const length of [...lengths, 1_420, 1_453, 65_516, 65_531]) {
    for (let shift = 0; shift < 4; shift++) {
      const slow = slowChecksum(bytes.subarray(shift, shift + length)) ^ 0xffff;
      strictEqual(plain.sum(base + shift, length, 0), slow);
      strictEqual(wasm.checksum.sum(base + shift, length, 0), slow);
    }
  }
});

Deno.test("plainChecksum() and the WASM one copy every length from and to every place, and no byte more", () => {
  const wasm = loadWasm(newPacketMemory());
  const { bytes } = wasm.memory;
  const from = MEMORY_LENGTH - 0x400, to = from - 0x400;
  crypto.getRandomValues(bytes.subarray(from));
  for (const { copy } of [plainChecksum(wasm.memory), wasm.checksum]) {
    for (let length = 0; length < 200; length++) {
      const at = from + length % 7, target = to + length % 5;
      const source = bytes.slice(at, at + length);
      const expected = new Uint8Array(256).fill(0xa5);
      expected.set(source, target - to);
      bytes.fill(0xa5, to, to + 256);
      strictEqual(copy(at, target, length), slowChecksum(source) ^ 0xffff);
      deepStrictEqual(bytes.slice(to, to + 256), expected);
    }
  }
});

Deno.test("plainChecksum() and the WASM one copy to a place before that overlaps", () => {
  const wasm = loadWasm(newPacketMemory());
  const { bytes } = wasm.memory;
  const from = MEMORY_LENGTH - 0x1000;
  for (const { copy } of [plainChecksum(wasm.memory), wasm.checksum]) {
    for (const distance of [1, 2, 15, 16, 63, 64, 100]) {
      crypto.getRandomValues(bytes.subarray(from));
      const source = bytes.slice(from, from + 1_420);
      const sum = copy(from, from - distance, 1_420);
      strictEqual(sum, slowChecksum(source) ^ 0xffff);
      deepStrictEqual(
        bytes.slice(from - distance, from - distance + 1_420),
        source,
      );
    }
  }
});

Deno.test("the WASM checksum does not overflow over 64 KiB of ones, alone or with a copy", () => {
  const { checksum, memory } = loadWasm(newPacketMemory());
  const from = MEMORY_LENGTH - 0x2_0000;
  memory.bytes.fill(0xff, from);
  strictEqual(checksum.sum(from, 0x1_0000, 0), 0xffff);
  strictEqual(checksum.sum(from + 1, 0x1_0000, 0), 0xffff);
  strictEqual(checksum.copy(from, from - 0x2_0000, 0x1_0000), 0xffff);
});

Deno.test("a range with its own checksum in it sums to RIGHT", () => {
  crypto.getRandomValues(memory.bytes.subarray(64, 64 + 1420));
  memory.view.setUint16(80, 0);
  memory.view.setUint16(80, ~sum(64, 1420, 0));
  strictEqual(sum(64, 1420, 0), RIGHT);
});
