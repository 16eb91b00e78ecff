/**
 * The service byte (RFC 3168, RFC 6040) of outer packets, and what it tells the
 * inner ones.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import {
  isCongested,
  markCongested,
  outerService,
} from "../../src/device/service.ts";
import { plainChecksum, RIGHT } from "../../src/transport/checksum.ts";
import { smallMemory } from "./addresses.ts";

const AT = 16, DSCP = 0x2e;
const memory = smallMemory();

/** A header of this version with this ECN, DSCP 46; an IPv4 one with its checksum, whose rest is `rest`. */
function place(version: 4 | 6, ecn: number, rest = 0): Uint8Array {
  const { bytes, view } = memory;
  const service = DSCP << 2 | ecn, length = version === 4 ? 20 : 40;
  bytes.fill(0, AT, AT + length);
  if (version === 6) view.setUint16(AT, 0x6000 | service << 4);
  else {
    bytes.set([0x45, service], AT);
    view.setUint16(AT + 4, rest);
    const sum = plainChecksum(memory).sum(AT, length, 0);
    view.setUint16(AT + 10, ~sum & 0xffff);
  }
  return bytes.slice(AT, AT + length);
}

Deno.test("outerService() copies the ECN field of a packet and nothing else, and ECT(0) for CE", () => {
  for (const version of [4, 6] as const) {
    const services = [0, 1, 2, 3].map((ecn) => {
      place(version, ecn);
      return outerService(memory, AT);
    });
    deepStrictEqual(services, [0, 1, 2, 2]);
  }
});

Deno.test("isCongested() looks at the ECN field alone", () => {
  const congested = Array.from({ length: 256 }, (_, i) => i).filter(
    isCongested,
  );
  strictEqual(congested.length, 64);
  deepStrictEqual(congested.slice(0, 3), [3, 7, 11]);
});

Deno.test("markCongested() turns ECT into CE and leaves everything else", () => {
  for (const version of [4, 6] as const) {
    for (const [before, after] of [[0, 0], [1, 3], [2, 3], [3, 3]] as const) {
      const expected = place(version, after);
      place(version, before);
      markCongested(memory, AT);
      deepStrictEqual(
        memory.bytes.slice(AT, AT + expected.length),
        expected,
        `IPv${version}, ECN ${before}`,
      );
    }
  }
});

Deno.test("markCongested() keeps the header checksum right, whatever it was", () => {
  const checksum = plainChecksum(memory);
  for (let rest = 0; rest < 0x10000; rest++) {
    place(4, 1 + rest % 2, rest);
    markCongested(memory, AT);
    strictEqual(checksum.sum(AT, 20, 0), RIGHT, `identification ${rest}`);
  }
});
