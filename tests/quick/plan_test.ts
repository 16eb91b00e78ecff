/**
 * Plans: what a configuration and a machine make of each other.
 *
 * @module
 */

import { deepStrictEqual, match, strictEqual, throws } from "node:assert";
import { parseAddress } from "../../src/config/address.ts";
import { commandOf } from "../../src/quick/echo.ts";
import { type Facts, planOpening, planRest } from "../../src/quick/plan.ts";
import { conf, ROUTING } from "./samples.ts";

const FACTS: Facts = {
  paths: [],
  defaultMtu: 1500,
  ipv6: true,
  owners: new Map(),
  routing: ROUTING,
};

function echoes(ofInterface: string, ofPeer: string, facts = FACTS): string[] {
  const config = conf(ofInterface, ofPeer);
  return [
    ...planOpening(config, "wg0"),
    ...planRest(config, "wg0", facts).changes,
  ].map((change) => commandOf(change, "wg0", "/etc/wireguard/wg0.conf"));
}

const SAME = ["caktus daemon wg0"];
const CONFIGURED = "wg addconf wg0 <(wg-quick strip /etc/wireguard/wg0.conf)";
const UP = "ip link set mtu 1420 up dev wg0";

Deno.test("planOpening() and planRest() keep wg-quick's order", () => {
  deepStrictEqual(
    echoes(
      "Address = 10.0.0.2/24, fd00::2/64\nPreUp = echo %i\nPostUp = echo b %i%i\nPostUp = echo c",
      "AllowedIPs = 10.0.0.1/32, 10.9.0.0/16, fd00:9::/48, 192.168.0.0/24",
    ),
    [
      ...SAME,
      "echo wg0",
      CONFIGURED,
      "ip -4 address add 10.0.0.2/24 dev wg0",
      "ip -6 address add fd00::2/64 dev wg0",
      UP,
      "ip -6 route add fd00:9::/48 dev wg0",
      "ip -4 route add 192.168.0.0/24 dev wg0",
      "ip -4 route add 10.9.0.0/16 dev wg0",
      "echo b wg0wg0",
      "echo c",
    ],
  );
});

const ROUTES: [string, string, string, string[]][] = [
  ["covered by the address's network", "10.0.0.2/24", "10.0.0.1/32", []],
  ["the network itself", "10.0.0.2/24", "10.0.0.0/24", []],
  ["wider than the network", "10.0.0.2/24", "10.0.0.0/23", ["-4 10.0.0.0/23"]],
  ["a lone v4 address brings no route", "10.0.0.2/32", "10.0.0.2/32", [
    "-4 10.0.0.2/32",
  ]],
  ["a lone v6 address brings one", "fd00::2/128", "fd00::2/128", []],
  ["twice the same", "10.0.0.2/32", "10.1.0.0/16, 10.1.0.0/16", [
    "-4 10.1.0.0/16",
  ]],
  ["the longest first", "10.0.0.2/32", "10.0.0.0/8, 10.1.0.0/16, 10.1.2.0/24", [
    "-4 10.1.2.0/24",
    "-4 10.1.0.0/16",
    "-4 10.0.0.0/8",
  ]],
];

for (const [name, address, allowed, expected] of ROUTES) {
  Deno.test(`planRest() routes ${name}`, () => {
    const routes = echoes(`Address = ${address}`, `AllowedIPs = ${allowed}`)
      .filter((command) => command.includes(" route "))
      .map((command) =>
        command.replace(/^ip (-.) route add (.*) dev wg0$/, "$1 $2")
      );
    deepStrictEqual(routes, expected);
  });
}

Deno.test("planRest() takes the same address once", () => {
  const addresses = echoes("Address = 10.0.0.2/24\nAddress = 10.0.0.2/24", "")
    .filter((command) => command.includes(" address "));
  strictEqual(addresses.length, 1);
});

Deno.test("planRest() without IPv6 keeps the v4 half and warns once", () => {
  const config = conf(
    "Address = 10.0.0.2/24, fd00::2/64, fd01::2/64",
    "AllowedIPs = 10.9.0.0/16, fd00:9::/48",
  );
  const { changes, warnings } = planRest(config, "wg0", {
    ...FACTS,
    ipv6: false,
  });
  strictEqual(warnings.length, 1);
  match(warnings[0]!, /IPv6 is switched off.*wg0 comes up with IPv4 only/);
  deepStrictEqual(changes.map(({ kind }) => kind), [
    "configuration",
    "address",
    "link",
    "route",
  ]);
});

Deno.test("planRest() refuses an address that another interface has", () => {
  const owners = new Map([["10.0.0.2", "eth0"]]);
  const config = conf("Address = 10.0.0.2/24");
  throws(() => planRest(config, "wg0", { ...FACTS, owners }), {
    message: "address 10.0.0.2 is in use: eth0 has it",
  });
});

Deno.test("planRest() takes the MTU of the file as it is", () => {
  const config = conf("Address = 10.0.0.2/24\nMTU = 1200");
  const { changes } = planRest(config, "wg0", FACTS);
  deepStrictEqual(changes.at(-1), { kind: "link", mtu: 1200 });
});

Deno.test("planRest() keeps 1280 for IPv6 where the way leaves less, and warns", () => {
  const paths = [{ address: parseAddress("192.0.2.1")!, mtu: 1300 }];
  const { changes, warnings } = planRest(
    conf("Address = fd00::2/64"),
    "wg0",
    { ...FACTS, paths },
  );
  deepStrictEqual(changes.at(-1), { kind: "link", mtu: 1280 });
  strictEqual(warnings.length, 1);
});

Deno.test("commandOf() quotes a file that a shell would split", () => {
  strictEqual(
    commandOf({ kind: "configuration" }, "wg0", "/home/a b/it's/wg0.conf"),
    `wg addconf wg0 <(wg-quick strip '/home/a b/it'\\''s/wg0.conf')`,
  );
});
