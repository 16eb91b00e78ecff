/**
 * MTU of the tunnel, as wg-quick(8) computes it: a table.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import { parseAddress } from "../../src/config/address.ts";
import { tunnelMtu } from "../../src/quick/mtu.ts";

type Path = [address: string, mtu: number | undefined];

const CASES: [string, Path[], number | undefined, number][] = [
  ["nothing known", [], undefined, 1420],
  ["no endpoint: the default route's", [], 1492, 1412],
  ["one endpoint", [["192.0.2.1", 1500]], 9000, 1420],
  ["an endpoint without a route", [["192.0.2.1", undefined]], 1400, 1320],
  [
    "the smallest of several",
    [["192.0.2.1", 1500], ["fd00::1", 1300]],
    9000,
    1220,
  ],
  ["a jumbo frame's way", [["192.0.2.1", 9000]], undefined, 8920],
  ["a relay on loopback", [["127.0.0.1", 65536]], 1500, 1420],
  ["a relay on ::1", [["::1", 65536]], undefined, 1420],
  [
    "a relay on mapped loopback",
    [["::ffff:127.0.0.1", 65536]],
    undefined,
    1420,
  ],
  [
    "a relay, and a smaller way",
    [["127.0.0.1", 65536], ["192.0.2.1", 1400]],
    undefined,
    1320,
  ],
];

for (const [name, paths, defaultMtu, expected] of CASES) {
  Deno.test(`tunnelMtu() for ${name}`, () => {
    const known = paths.map(([text, mtu]) => ({
      address: parseAddress(text)!,
      mtu,
    }));
    strictEqual(tunnelMtu(known, defaultMtu), expected);
  });
}
