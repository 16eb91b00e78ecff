/**
 * Questions to name servers and their answers, byte by byte.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { generator } from "../simulation/simulation.ts";
import {
  A,
  AAAA,
  addressesIn,
  formatQuestion,
} from "../../src/driver/dns_message.ts";

/** The question for vpn.test, as RFC 1035 §4.1 lays it out. */
const QUESTION = Uint8Array.from([
  ...[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  ...[3, 0x76, 0x70, 0x6e, 4, 0x74, 0x65, 0x73, 0x74, 0],
  ...[0, 1, 0, 1],
]);

/** A record under a pointer to the name that was asked. */
const record = (type: number, ...data: number[]) => [
  ...[0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length],
  ...data,
];

/** An answer to {@linkcode QUESTION}. */
function answer(records: number[][], flags = 0x8180): Uint8Array {
  const bytes = Uint8Array.from([...QUESTION, ...records.flat()]);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, flags);
  view.setUint16(6, records.length);
  return bytes;
}

Deno.test("formatQuestion() asks for one kind of address", () => {
  deepStrictEqual(formatQuestion(0x1234, "vpn.test", A), QUESTION);
  deepStrictEqual(formatQuestion(0x1234, "vpn.test.", A), QUESTION);
  strictEqual(formatQuestion(1, "vpn.test", AAAA).at(-3), 28);
});

Deno.test("addressesIn() finds addresses behind other names, and passes over other records", () => {
  const alias = [1, 0x78, 0xc0, 12];
  const six = Array.from({ length: 16 }, (_, i) => i);
  const found = addressesIn(
    answer([record(5, ...alias), record(1, 192, 0, 2, 1), record(28, ...six)]),
    QUESTION,
  );
  deepStrictEqual(found, [Uint8Array.of(192, 0, 2, 1), Uint8Array.from(six)]);
  deepStrictEqual(addressesIn(answer([]), QUESTION), []);
});

Deno.test("addressesIn() takes a name in other letters, and no other name, id or failure", () => {
  const good = answer([record(1, 192, 0, 2, 1)]);
  const changed = (at: number, value: number) => {
    const bytes = good.slice();
    bytes[at] = value;
    return addressesIn(bytes, QUESTION)?.length;
  };
  strictEqual(changed(13, 0x56), 1);
  deepStrictEqual(
    [
      ...[changed(0, 0x13), changed(13, 0x77), changed(21, 2)],
      ...[changed(2, 1), changed(2, 0x83), changed(3, 0x82)],
    ],
    Array(6).fill(undefined),
  );
});

Deno.test("addressesIn() takes no answer that ends too early, at whatever place", () => {
  const good = answer([record(5, 1, 0x78, 0), record(1, 192, 0, 2, 1)]);
  for (let length = 0; length < good.length; length++) {
    strictEqual(addressesIn(good.subarray(0, length), QUESTION), undefined);
  }
  const looping = answer([[0xc0, 0xc0]]);
  strictEqual(addressesIn(looping, QUESTION), undefined);
});

Deno.test("addressesIn() throws at no bytes that a server sends", () => {
  const random = generator(7);
  const records = [record(5, 1, 0x78, 0xc0, 12), record(1, 192, 0, 2, 1)];
  for (let i = 0; i < 20_000; i++) {
    const bytes = answer(records);
    for (let changes = 1 + i % 4; changes > 0; changes--) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    const length = Math.floor(random() * (bytes.length + 1));
    const found = addressesIn(bytes.subarray(0, length), QUESTION) ?? [];
    ok(found.every(({ length }) => length === 4 || length === 16));
  }
});
