/**
 * DNS of a configuration file: servers, search domains, and what is neither.
 *
 * @module
 */

import { deepStrictEqual, throws } from "node:assert";
import { ConfigError } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/wg_conf.ts";

function dnsOf(lines: string) {
  const text = `[Interface]\nPostUp = wg set %i private-key /k\n${lines}\n`;
  return parseConfig(text, "wg0.conf").interface.dns;
}

const ACCEPTED: [string, string[], string[]][] = [
  ["DNS = 10.0.0.1", ["10.0.0.1"], []],
  ["DNS = 10.0.0.1, 10.0.0.2 10.0.0.3", [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
  ], []],
  ["dns=10.0.0.1,fd00::1,corp.example", ["10.0.0.1", "fd00::1"], [
    "corp.example",
  ]],
  ["DNS = 10.0.0.1\nDNS = corp.example\nDNS = fd00::1", [
    "10.0.0.1",
    "fd00::1",
  ], ["corp.example"]],
  ["DNS = 10.0.0.1, 10.0.0.1\nDNS = 10.0.0.1 a a", ["10.0.0.1"], ["a"]],
  ["DNS = 10.0.0.1 # the router's", ["10.0.0.1"], []],
  ["DNS = , 10.0.0.1,\t,", ["10.0.0.1"], []],
  ["DNS = FE80::1%eth0", ["FE80::1%eth0"], []],
  ["DNS = ::ffff:10.0.0.1", ["::ffff:10.0.0.1"], []],
  ["DNS = 10.0.0.1, lan, a_b.example., ~corp.example, ~.", ["10.0.0.1"], [
    "lan",
    "a_b.example.",
    "~corp.example",
    "~.",
  ]],
  ["DNS = corp.example", [], ["corp.example"]],
];

for (const [lines, servers, search] of ACCEPTED) {
  Deno.test(`parseConfig() reads ${JSON.stringify(lines)}`, () => {
    deepStrictEqual(dnsOf(lines), { servers, search });
  });
}

for (const lines of ["", "DNS =", "DNS = ,", "DNS = # none"]) {
  Deno.test(`parseConfig() finds no DNS in ${JSON.stringify(lines)}`, () => {
    deepStrictEqual(dnsOf(lines), undefined);
  });
}

const REFUSED: [string, string][] = [
  ["1.1.1.1:53", "1.1.1.1:53: a name server has no port here; write 1.1.1.1"],
  [
    "[fd00::1]:53",
    "[fd00::1]:53: a name server has no port here; write fd00::1",
  ],
  ["1.1.1", "1.1.1: is no IP address, as 10.0.0.1 or fd00::1"],
  ["10.0.0.256", "10.0.0.256: is no IP address, as 10.0.0.1 or fd00::1"],
  ["fd00:::1", "fd00:::1: is no IP address, as 10.0.0.1 or fd00::1"],
  ["https://dns/q", "is no IP address, as 10.0.0.1 or fd00::1"],
  [
    "a..b",
    "a..b: is neither the IP address of a name server nor a search domain",
  ],
  [
    "10.0.0.1/24",
    "10.0.0.1/24: is neither the IP address of a name server nor a search domain",
  ],
  ['"10.0.0.1"', "remove the quotes around the value"],
  ["10.0.0.1; 10.0.0.2", "a comment starts with #, not ;"],
];

for (const [value, problem] of REFUSED) {
  Deno.test(`parseConfig() refuses DNS = ${value}`, () => {
    throws(
      () => dnsOf(`DNS = ${value}`),
      (error: unknown) =>
        error instanceof ConfigError && error.line === 3 &&
        error.key === "DNS" && error.problem.endsWith(problem),
    );
  });
}
