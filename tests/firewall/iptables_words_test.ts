/**
 * Command lines of iptables as they are read: what options look like, and what is
 * refused by name.
 *
 * @module
 */

import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { decodeRule } from "../../src/firewall/iptables_decode.ts";
import { encodeRule } from "../../src/firewall/iptables_encode.ts";
import type { Family, Lookups } from "../../src/firewall/iptables_rule.ts";
import { ruleWords } from "../../src/firewall/iptables_text.ts";
import { readWords } from "../../src/firewall/iptables_words.ts";
import { LINES, wordsOf } from "./iptables_lines.ts";

const LOOKUPS: Lookups = {
  service: (name) => ({ caktus: 51820 })[name],
  protocol: (name) => ({ hopopt: 0, skip: 57 })[name],
  user: (name) => ({ root: 0, alice: 1000 })[name],
  group: (name) => ({ users: 100 })[name],
  host: (name) =>
    name === "two.example"
      ? [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)]
      : [],
};

function read(line: string) {
  const words = wordsOf(line);
  return readWords(words.slice(1), words[0] === "ip6tables" ? 6 : 4, LOOKUPS);
}

/** The rules of a line as -S has them. */
function texts(line: string): string[] {
  const { rules, family } = read(line);
  return rules.map((rule) => ruleWords(rule, family).join(" "));
}

const FORMS: [line: string, ...rules: string[]][] = [
  ["iptables -A FORWARD -iwg0 -jACCEPT", "-i wg0 -j ACCEPT"],
  ["iptables -A FORWARD --in-interface=wg0 --jump=DROP", "-i wg0 -j DROP"],
  [
    "iptables -A FORWARD --in-int wg0 --proto tcp --dport=80",
    "-i wg0 -p tcp -m tcp --dport 80",
  ],
  [
    "iptables -A FORWARD --src 10.1.2.3/8 --dst 10.1.2.3",
    "-s 10.0.0.0/8 -d 10.1.2.3/32",
  ],
  [
    "iptables -A FORWARD -s 10/8 -d 192.168/255.255.0.0",
    "-s 10.0.0.0/8 -d 192.168.0.0/16",
  ],
  ["iptables -A FORWARD -s 0.0.0.0/0 -i +", ""],
  [
    "iptables -A FORWARD -s two.example -p udp",
    "-s 192.0.2.1/32 -p udp",
    "-s 192.0.2.2/32 -p udp",
  ],
  [
    "iptables -A FORWARD -s 10.0.0.1,10.0.0.2 -d 10.0.0.3",
    "-s 10.0.0.1/32 -d 10.0.0.3/32",
    "-s 10.0.0.2/32 -d 10.0.0.3/32",
  ],
  ["iptables -A FORWARD -i ! wg0", "! -i wg0"],
  ["iptables -A FORWARD -p TCP --destination-p 80", "-p tcp -m tcp --dport 80"],
  ["iptables -A FORWARD -p udp --dport caktus", "-p udp -m udp --dport 51820"],
  [
    "iptables -A FORWARD -p udp ! --sport :1023",
    "-p udp -m udp --sport 1024:65535",
  ],
  ["iptables -A FORWARD -p skip", "-p 57"],
  ["iptables -A FORWARD -p all", ""],
  [
    "iptables -A OUTPUT -m owner --uid-owner alice --gid-owner users",
    "-m owner --uid-owner 1000 --gid-owner 100",
  ],
  ["iptables -A FORWARD -m mark --mark 010/0x1F", "-m mark --mark 0x8/0x1f"],
  [
    "iptables -A FORWARD -p icmp --icmp-type echo-req",
    "-p icmp -m icmp --icmp-type 8",
  ],
  [
    "iptables -A FORWARD -m comment --comment it's",
    `-m comment --comment "it\\'s"`,
  ],
  [
    "iptables -A FORWARD -j REJECT --reject-with host-prohib",
    "-j REJECT --reject-with icmp-host-prohibited",
  ],
  ["iptables -A FORWARD -m limit --limit 120/minute", "-m limit --limit 2/sec"],
  ["ip6tables -A FORWARD -s fd00::1/64 -p icmpv6", "-s fd00::/64 -p ipv6-icmp"],
];

for (const [line, ...rules] of FORMS) {
  Deno.test(`readWords() reads ${line}`, () => {
    deepStrictEqual(texts(line), rules);
  });
}

Deno.test("readWords() reads commands and how they list", () => {
  deepStrictEqual(read("iptables -t nat -nvL POSTROUTING 2 --line-numbers"), {
    family: 4,
    table: "nat",
    command: { kind: "list", chain: "POSTROUTING", number: 2 },
    rules: [],
    style: { numeric: true, verbose: true, exact: false, lineNumbers: true },
    zeroAfter: false,
  });
  deepStrictEqual(read("iptables -L -Z").zeroAfter, true);
  deepStrictEqual(read("iptables -tmangle -F").command, { kind: "flush" });
  deepStrictEqual(read("iptables -w 5 -D INPUT 3").command, {
    kind: "delete number",
    chain: "INPUT",
    number: 3,
  });
  deepStrictEqual(read("iptables -w -P INPUT DROP").command, {
    kind: "policy",
    chain: "INPUT",
    policy: "DROP",
  });
});

const REFUSALS: [line: string, message: string][] = [
  ["iptables --foo", "option --foo is not understood"],
  ["iptables -A FORWARD -y", "option -y is not understood"],
  ["iptables -A FORWARD -p tcp --foo 1", "option --foo is not understood"],
  ["iptables -A FORWARD --dport 80", "option --dport is not understood"],
  [
    "iptables -A FORWARD --to-source 10.0.0.1 -j SNAT",
    "option --to-source is not understood",
  ],
  [
    "iptables -A FORWARD -m u32 --u32 1",
    "match -m u32 is not understood",
  ],
  ["iptables -A FORWARD -m hl --hl-eq 1", "match -m hl is not understood"],
  ["iptables -A FORWARD -j NFLOG", "target -j NFLOG is not understood"],
  ["iptables -A FORWARD -j", 'option "-j" needs a word behind it'],
  ["iptables -A FORWARD -A INPUT", "cannot use -A with another command"],
  ["iptables -A FORWARD ! -j ACCEPT", "unexpected ! before -j"],
  ["iptables -A FORWARD -i wg0 !", "nothing appropriate following !"],
  ["iptables -A FORWARD wg0", "bad argument `wg0'"],
  ["iptables -F -i wg0", 'a rule does not go with "flush"'],
  [
    "iptables -A FORWARD -p tcp --dport nope",
    "invalid port/service `nope' specified",
  ],
  ["iptables -A FORWARD -s 10.0.0.1/33", "invalid mask `33' specified"],
  [
    "iptables -A FORWARD ! -s 10.0.0.1,10.0.0.2",
    "! is not allowed with several addresses",
  ],
  ["iptables -I FORWARD 0 -j ACCEPT", "invalid rule number `0'"],
  [
    "iptables -N aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "chain name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' too long (must be under 29 chars)",
  ],
  ["iptables -6 -L", "the -6 option is not supported by this program"],
  ["ip6tables -A FORWARD -s 10.0.0.1", 'bad IPv6 address "10.0.0.1"'],
];

for (const [line, message] of REFUSALS) {
  Deno.test(`readWords() refuses ${line}`, () => {
    throws(() => read(line), { name: "IptablesError", message });
  });
}

Deno.test("decodeRule() gives back what encodeRule() wrote", () => {
  let compared = 0;
  for (const line of LINES) {
    const [rules, family] = rulesOf(line);
    for (const rule of rules) {
      const kernel = {
        family: "ip",
        table: "t",
        chain: "c",
        handle: 1n,
        expressions: encodeRule(rule, family),
      } as const;
      const back = decodeRule(kernel, family);
      strictEqual(back.foreign, undefined, line);
      deepStrictEqual(ruleWords(back, family), ruleWords(rule, family), line);
      compared++;
    }
  }
  strictEqual(compared > 170, true);
});

function rulesOf(line: string): [ReturnType<typeof read>["rules"], Family] {
  try {
    const { rules, family } = read(line);
    return [rules, family];
  } catch {
    return [[], 4]; // One of those that are not understood.
  }
}
