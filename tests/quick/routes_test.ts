/**
 * Routes and rules of a tunnel, as the commands that would set them: a table.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { parseAddress } from "../../src/config/address.ts";
import { commandOf } from "../../src/quick/echo.ts";
import { planRest } from "../../src/quick/plan.ts";
import type { RoutingFacts } from "../../src/quick/diversion.ts";
import { conf, ROUTING } from "./samples.ts";

interface Case {
  name: string;
  interface?: string;
  allowed: string;
  endpoint?: string;
  facts?: Partial<RoutingFacts>;
  expected: string[];
}

const NFT = "nft -f /dev/fd/63";
const SYSCTL = "sysctl -q net.ipv4.conf.all.src_valid_mark=1";
const MARK = "wg set wg0 fwmark 51820";

const CASES: Case[] = [
  {
    name: "all of IPv4, in the order of wg-quick since 2022",
    allowed: "0.0.0.0/0",
    expected: [
      MARK,
      "ip -4 rule add not fwmark 51820 table 51820",
      "ip -4 rule add table main suppress_prefixlength 0",
      "ip -4 route add 0.0.0.0/0 dev wg0 table 51820",
      SYSCTL,
      NFT,
    ],
  },
  {
    name: "all of both, with one mark; the sysctl for IPv4 alone",
    allowed: "0.0.0.0/0, ::/0, 10.9.0.0/16",
    expected: [
      "ip -4 route add 10.9.0.0/16 dev wg0",
      MARK,
      "ip -6 rule add not fwmark 51820 table 51820",
      "ip -6 rule add table main suppress_prefixlength 0",
      "ip -6 route add ::/0 dev wg0 table 51820",
      NFT,
      "ip -4 rule add not fwmark 51820 table 51820",
      "ip -4 rule add table main suppress_prefixlength 0",
      "ip -4 route add 0.0.0.0/0 dev wg0 table 51820",
      SYSCTL,
      NFT,
    ],
  },
  {
    name: "a mark of the file is the table too",
    interface: "FwMark = 0x4d2",
    allowed: "::/0",
    expected: [
      "ip -6 rule add not fwmark 1234 table 1234",
      "ip -6 rule add table main suppress_prefixlength 0",
      "ip -6 route add ::/0 dev wg0 table 1234",
      NFT,
    ],
  },
  {
    name: "a mark that a hook set is the table too",
    allowed: "::/0",
    facts: { mark: 7 },
    expected: [
      "ip -6 rule add not fwmark 7 table 7",
      "ip -6 rule add table main suppress_prefixlength 0",
      "ip -6 route add ::/0 dev wg0 table 7",
      NFT,
    ],
  },
  {
    name: "FwMark = off is no mark",
    interface: "FwMark = off",
    allowed: "::/0",
    facts: { mark: 7, freeTable: 51822 },
    expected: [
      "wg set wg0 fwmark 51822",
      "ip -6 rule add not fwmark 51822 table 51822",
      "ip -6 rule add table main suppress_prefixlength 0",
      "ip -6 route add ::/0 dev wg0 table 51822",
      NFT,
    ],
  },
  {
    name: "the sysctl is left alone where it is set (2025)",
    allowed: "0.0.0.0/0",
    facts: { sourceValidMark: { now: "1", before: "1" } },
    expected: [
      MARK,
      "ip -4 rule add not fwmark 51820 table 51820",
      "ip -4 rule add table main suppress_prefixlength 0",
      "ip -4 route add 0.0.0.0/0 dev wg0 table 51820",
      NFT,
    ],
  },
  {
    name: "halves as the whole",
    allowed: "0.0.0.0/1, 128.0.0.0/1",
    expected: [
      MARK,
      "ip -4 rule add not fwmark 51820 table 51820",
      "ip -4 rule add table main suppress_prefixlength 0",
      "ip -4 route add 128.0.0.0/1 dev wg0 table 51820",
      "ip -4 route add 0.0.0.0/1 dev wg0 table 51820",
      SYSCTL,
      NFT,
    ],
  },
  {
    name:
      "an endpoint inside a prefix: only that prefix is diverted, and longer routes win",
    allowed: "192.0.2.0/24, 198.51.100.0/24",
    endpoint: "192.0.2.7",
    expected: [
      "ip -4 route add 198.51.100.0/24 dev wg0",
      MARK,
      "ip -4 rule add not fwmark 51820 table 51820",
      "ip -4 rule add table main suppress_prefixlength 23",
      "ip -4 route add 192.0.2.0/24 dev wg0 table 51820",
      SYSCTL,
      NFT,
    ],
  },
  {
    name:
      "an endpoint inside a prefix and inside everything: a pair of rules for each length",
    allowed: "0.0.0.0/0, 192.0.2.0/24",
    endpoint: "192.0.2.7",
    expected: [
      MARK,
      "ip -4 rule add not fwmark 51820 table 51820",
      "ip -4 rule add table main suppress_prefixlength 0",
      "ip -4 rule add not fwmark 51820 table 51820 suppress_prefixlength 23",
      "ip -4 rule add table main suppress_prefixlength 23",
      "ip -4 route add 192.0.2.0/24 dev wg0 table 51820",
      "ip -4 route add 0.0.0.0/0 dev wg0 table 51820",
      SYSCTL,
      NFT,
    ],
  },
  {
    name: "an endpoint inside the network of the interface's own address",
    interface: "Address = 10.0.0.2/8",
    allowed: "10.9.0.0/16",
    endpoint: "10.1.2.3",
    expected: [
      "ip -4 address add 10.0.0.2/8 dev wg0 noprefixroute",
      "ip -4 route add 10.9.0.0/16 dev wg0",
      MARK,
      "ip -4 rule add not fwmark 51820 table 51820",
      "ip -4 rule add table main suppress_prefixlength 7",
      "ip -4 route add 10.0.0.0/8 dev wg0 table 51820",
      SYSCTL,
      NFT,
    ],
  },
  {
    name: "another tunnel's datagrams go the machine's own way",
    allowed: "0.0.0.0/0",
    facts: {
      freeTable: 51821,
      nextPriority: { 4: 32763, 6: 32765 },
      otherMarks: { 4: [51820], 6: [] },
      sourceValidMark: { now: "1", before: "1" },
    },
    expected: [
      "wg set wg0 fwmark 51821",
      "ip -4 rule add not fwmark 51821 table 51821",
      "ip -4 rule add table main suppress_prefixlength 0",
      "ip -4 rule add fwmark 51820 table main",
      "ip -4 route add 0.0.0.0/0 dev wg0 table 51821",
      NFT,
    ],
  },
  {
    name: "Table = off: none",
    interface: "Table = off\nAddress = 10.0.0.2/32",
    allowed: "0.0.0.0/0, 10.0.0.0/8",
    expected: ["ip -4 address add 10.0.0.2/32 dev wg0"],
  },
  {
    name: "Table = N: all in that table, covered or not, and no rule",
    interface: "Table = 1234\nFwMark = 5\nAddress = 10.0.0.2/24",
    allowed: "0.0.0.0/0, 10.0.0.1/32, ::/0",
    endpoint: "10.0.0.1",
    expected: [
      "ip -4 address add 10.0.0.2/24 dev wg0",
      "ip -4 route add 10.0.0.1/32 dev wg0 table 1234",
      "ip -6 route add ::/0 dev wg0 table 1234",
      "ip -4 route add 0.0.0.0/0 dev wg0 table 1234",
    ],
  },
  {
    name: "Table = main by its name",
    interface: "Table = main",
    allowed: "10.1.0.0/16",
    expected: ["ip -4 route add 10.1.0.0/16 dev wg0 table main"],
  },
];

for (const { name, interface: own = "", allowed, endpoint, ...more } of CASES) {
  Deno.test(`planRoutes(): ${name}`, () => {
    const paths = endpoint
      ? [{ address: parseAddress(endpoint)!, mtu: 1500 }]
      : [];
    const { changes } = planRest(
      conf(own, `AllowedIPs = ${allowed}`),
      "wg0",
      {
        paths,
        defaultMtu: 1500,
        ipv6: true,
        owners: new Map(),
        routing: { ...ROUTING, ...more.facts },
      },
    );
    const commands = changes
      .filter(({ kind }) => kind !== "configuration" && kind !== "link")
      .map((change) => commandOf(change, "wg0", "/wg0.conf"));
    deepStrictEqual(commands, more.expected);
  });
}

Deno.test("planRoutes() gives each rule the priority that ip rule add would give it", () => {
  const { changes } = planRest(
    conf("", "AllowedIPs = 0.0.0.0/0, ::/0"),
    "wg0",
    {
      paths: [],
      defaultMtu: 1500,
      ipv6: true,
      owners: new Map(),
      routing: { ...ROUTING, nextPriority: { 4: 99, 6: 1 } },
    },
  );
  const priorities = changes.flatMap((change) =>
    change.kind === "rule" ? [[change.family, change.priority]] : []
  );
  deepStrictEqual(priorities, [[6, 1], [6, 0], [4, 99], [4, 98]]);
  strictEqual(changes.filter(({ kind }) => kind === "mark").length, 1);
});
