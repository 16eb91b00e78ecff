/**
 * What a sender is told of a packet that nobody takes (RFC 792, RFC 4443 §3.1).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import {
  LONGEST_MESSAGE,
  mayAnswer,
  UnreachableLimit,
  writeUnreachable,
} from "../../src/device/unreachable.ts";
import { plainChecksum, RIGHT } from "../../src/transport/checksum.ts";
import { packetMemory } from "../../src/transport/memory.ts";

const AT = 16, TO = 0x1000;
const memory = packetMemory(new ArrayBuffer(0x10000));
const { bytes, view } = memory;
const checksum = plainChecksum(memory);

const SOURCE = { 4: [10, 0, 0, 2], 6: [0xfd, ...new Array(14).fill(0), 2] };
const DESTINATION = {
  4: [10, 0, 0, 9],
  6: [0xfd, ...new Array(14).fill(0), 9],
};

/** A packet of `length` bytes at AT whose content counts up. */
function place(version: 4 | 6, length: number, protocol: number): void {
  for (let i = 0; i < length; i++) bytes[AT + i] = i;
  if (version === 4) {
    bytes.set(
      [0x45, 0, length >> 8, length & 255, 1, 2, 0, 0, 64, protocol],
      AT,
    );
    bytes.set([...SOURCE[4], ...DESTINATION[4]], AT + 12);
  } else {
    const payload = length - 40;
    bytes.set([0x60, 0, 0, 0, payload >> 8, payload & 255, protocol, 64], AT);
    bytes.set([...SOURCE[6], ...DESTINATION[6]], AT + 8);
  }
}

Deno.test("writeUnreachable() quotes the packet, from its destination to its source, with right checksums", () => {
  for (const length of [28, 29, 500, 548, 549, 1420]) {
    place(4, length, 17);
    const whole = writeUnreachable(memory, 4, AT, length, TO);
    strictEqual(whole, Math.min(20 + 8 + length, LONGEST_MESSAGE[4]));
    strictEqual(view.getUint16(TO + 2), whole);
    deepStrictEqual([...bytes.slice(TO + 12, TO + 20)], [
      ...DESTINATION[4],
      ...SOURCE[4],
    ]);
    deepStrictEqual([bytes[TO + 9], bytes[TO + 20], bytes[TO + 21]], [1, 3, 1]);
    strictEqual(checksum.sum(TO, 20, 0), RIGHT);
    strictEqual(checksum.sum(TO + 20, whole - 20, 0), RIGHT);
    deepStrictEqual(
      bytes.slice(TO + 28, TO + whole),
      bytes.slice(AT, AT + whole - 28),
    );
  }
});

Deno.test("writeUnreachable() does the same for IPv6, with its pseudo-header", () => {
  for (const length of [48, 49, 1232, 1233, 1420]) {
    place(6, length, 17);
    const whole = writeUnreachable(memory, 6, AT, length, TO);
    strictEqual(whole, Math.min(40 + 8 + length, LONGEST_MESSAGE[6]));
    strictEqual(view.getUint16(TO + 4), whole - 40);
    deepStrictEqual([...bytes.slice(TO + 8, TO + 40)], [
      ...DESTINATION[6],
      ...SOURCE[6],
    ]);
    deepStrictEqual([bytes[TO + 6], bytes[TO + 40], bytes[TO + 41]], [
      58,
      1,
      3,
    ]);
    const pseudo = checksum.sum(TO + 8, 32, whole - 40 + 58);
    strictEqual(checksum.sum(TO + 40, whole - 40, pseudo), RIGHT);
    deepStrictEqual(
      bytes.slice(TO + 48, TO + whole),
      bytes.slice(AT, AT + whole - 48),
    );
  }
});

Deno.test("mayAnswer() is silent about errors, fragments, and what went to many or came from nobody", () => {
  const answers = (version: 4 | 6, change: () => void, protocol = 17) => {
    place(version, 100, protocol);
    change();
    return mayAnswer(memory, version, AT, 100);
  };
  const set = (at: number, ...values: number[]) => () =>
    bytes.set(values, AT + at);
  const cases: [name: string, boolean, boolean][] = [
    ["UDP", true, answers(4, () => {})],
    ["the first fragment", true, answers(4, set(6, 0x20, 0))],
    ["a later fragment", false, answers(4, set(6, 0x20, 5))],
    ["to a group", false, answers(4, set(16, 239, 1, 1, 1))],
    ["to everybody", false, answers(4, set(16, 255, 255, 255, 255))],
    ["from nobody", false, answers(4, set(12, 0, 0, 0, 0))],
    ["from a group", false, answers(4, set(12, 224, 0, 0, 1))],
    ["an echo request", true, answers(4, set(20, 8), 1)],
    ["an echo reply", true, answers(4, set(20, 0), 1)],
    ["unreachable", false, answers(4, set(20, 3), 1)],
    ["time exceeded", false, answers(4, set(20, 11), 1)],
    ["UDP over IPv6", true, answers(6, () => {})],
    ["to a v6 group", false, answers(6, set(24, 0xff, 2))],
    ["from the v6 nobody", false, answers(6, set(8, ...new Array(16).fill(0)))],
    ["a v6 echo request", true, answers(6, set(40, 128), 58)],
    ["a v6 error", false, answers(6, set(40, 1), 58)],
  ];
  for (const [name, expected, found] of cases) {
    strictEqual(found, expected, name);
  }
});

Deno.test("UnreachableLimit lets 50 through at once and then 100 a second", () => {
  const limit = new UnreachableLimit();
  const taken = (now: number, tries: number) =>
    Array.from({ length: tries }, () => limit.take(now)).filter(Boolean).length;
  strictEqual(taken(0, 1_000), 50);
  strictEqual(taken(5, 10), 0);
  strictEqual(taken(100, 1_000), 10);
  let sum = 0;
  for (let now = 101; now <= 1_100; now++) sum += taken(now, 10);
  ok(sum >= 99 && sum <= 101, String(sum));
  strictEqual(taken(1_000_000, 1_000), 50);
});
