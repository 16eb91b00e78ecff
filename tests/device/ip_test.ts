/**
 * What a tunnel reads of an IP packet (RFC 791 §3.1, RFC 8200 §3).
 *
 * @module
 */

import { strictEqual } from "node:assert";
import {
  destinationPlace,
  ipVersion,
  packetLength,
  sourcePlace,
} from "../../src/device/ip.ts";
import { smallMemory } from "./addresses.ts";

const AT = 16;

Deno.test("ipVersion() takes a packet for IP only if its whole header is there", () => {
  const cases: [firstByte: number, length: number, version: 0 | 4 | 6][] = [
    [0x45, 0, 0],
    [0x45, 1, 0],
    [0x45, 19, 0],
    [0x45, 20, 4],
    [0x4f, 20, 4],
    [0x45, 1500, 4],
    [0x60, 0, 0],
    [0x60, 39, 0],
    [0x60, 40, 6],
    [0x6f, 1500, 6],
    [0x00, 100, 0],
    [0x05, 100, 0],
    [0x50, 100, 0],
    [0x70, 100, 0],
    [0xff, 100, 0],
  ];
  const memory = smallMemory();
  for (const [first, length, version] of cases) {
    memory.bytes[AT] = first;
    strictEqual(ipVersion(memory, AT, length), version, `${first} ${length}`);
  }
});

Deno.test("packetLength() believes a header that claims no more than is there", () => {
  const cases: [
    version: 4 | 6,
    claim: number,
    length: number,
    own: number,
  ][] = [
    [4, 20, 20, 20],
    [4, 84, 84, 84],
    [4, 84, 96, 84],
    [4, 85, 84, 0],
    [4, 65535, 1420, 0],
    [4, 19, 84, 0],
    [4, 0, 84, 0],
    [6, 0, 40, 40],
    [6, 44, 84, 84],
    [6, 44, 96, 84],
    [6, 45, 84, 0],
    [6, 65535, 1420, 0],
  ];
  const memory = smallMemory();
  for (const [version, claim, length, own] of cases) {
    memory.bytes.fill(0xee);
    memory.view.setUint16(AT + (version === 4 ? 2 : 4), claim);
    const label = `v${version} ${claim} of ${length}`;
    strictEqual(packetLength(memory, version, AT, length), own, label);
  }
});

Deno.test("sourcePlace() and destinationPlace() are those of the RFCs", () => {
  strictEqual(sourcePlace(4, AT), AT + 12);
  strictEqual(destinationPlace(4, AT), AT + 16);
  strictEqual(sourcePlace(6, AT), AT + 8);
  strictEqual(destinationPlace(6, AT), AT + 24);
});
