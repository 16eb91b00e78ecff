/**
 * MTU of the tunnel, as wg-quick(8) computes it, but for black holes: a table.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { parseAddress } from "../../src/config/address.ts";
import {
  type EndpointPath,
  mtuWarnings,
  tunnelMtu,
} from "../../src/quick/mtu.ts";

type Path = [address: string, mtu: number | undefined, proven?: number];

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
  ["a jumbo device that nothing proves", [["192.0.2.1", 9000]], 9000, 1420],
  ["a jumbo way that is proven", [["192.0.2.1", 9000, 9000]], 9000, 8920],
  ["a jumbo device and a usual way", [["192.0.2.1", 9000, 1500]], 9000, 1420],
  ["a jumbo device and a server without endpoints", [], 9000, 1420],
  ["a black hole", [["192.0.2.1", 1500, 1400]], 1500, 1320],
  ["a router's report behind a proof", [["192.0.2.1", 1400, 1500]], 1500, 1320],
  [
    "one proven and one not",
    [["192.0.2.1", 9000, 9000], ["192.0.2.2", 9000]],
    9000,
    1420,
  ],
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

function pathsOf(paths: Path[]): EndpointPath[] {
  return paths.map(([text, mtu, proven]) => ({
    address: parseAddress(text)!,
    mtu,
    ...(proven !== undefined && { proven }),
  }));
}

for (const [name, paths, defaultMtu, expected] of CASES) {
  Deno.test(`tunnelMtu() for ${name}`, () => {
    const known = pathsOf(paths);
    strictEqual(tunnelMtu(known, defaultMtu), expected);
  });
}

Deno.test("mtuWarnings() tells of black holes, and of nothing else", () => {
  const said = mtuWarnings(pathsOf([
    ["192.0.2.1", 1500, 1400],
    ["192.0.2.2", 9000, 1500],
    ["192.0.2.3", 9000],
    ["192.0.2.4", undefined],
    ["192.0.2.5", 1500, 1500],
    ["192.0.2.6", 1400, 1500],
    ["127.0.0.1", 65536, 1400],
  ]));
  deepStrictEqual(said, [
    "packets of more than 1400 bytes do not come through to 192.0.2.1, and no router says so: the tunnel's MTU is chosen by that",
  ]);
});
