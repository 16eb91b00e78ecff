/**
 * nf_tables by netlink: what it makes is what `nft` and `iptables` show, what
 * those make is what it reads, and a transaction is made as a whole or not.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { SystemError } from "../../ffi/libc.ts";
import {
  addChain,
  addRule,
  addTable,
  type Chain,
  chains,
  commentData,
  commentOf,
  counter,
  deleteChain,
  deleteRule,
  deleteTable,
  equals,
  type Family,
  flushChain,
  generation,
  HOOK,
  interfaceName,
  META,
  meta,
  renameChain,
  replaceRule,
  rules,
  tables,
  target,
  transact,
  verdict,
} from "../../ffi/nf_tables.ts";
import { namespaceTest, sh } from "./namespace.ts";

const FILE = import.meta.url;
const FORWARD = { type: "filter", hook: HOOK.forward, priority: 0 };

/** One rule of each kind; nft's own words. */
const NFT_RULES = [
  'iifname "wg0" ip daddr 192.0.2.0/24 tcp dport 22 counter accept',
  'oifname != "eth0" udp dport 1000-2000 drop',
  "ct state established,related accept",
  "ct mark set meta mark",
  "meta mark set ct mark",
  "meta mark & 0x0000ff00 == 0x00001200 return",
  "fib daddr type local jump other",
  "tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu",
  'limit rate 5/minute burst 7 packets log prefix "seen " level info',
  "meta l4proto icmp reject with icmp host-prohibited",
  "ip dscp set cs1",
  "ip saddr 192.0.2.1 goto other",
  'meta skuid 1000 counter packets 7 bytes 700 comment "of a user"',
];

/** One rule of each kind in hooks, and the protocol that it is about. */
const IPTABLES_RULES: [table: string, rule: string, protocol?: number][] = [
  ["filter", "-i wg0 -j ACCEPT"],
  ["filter", "-i wg+ ! -o eth0 -s 10.0.0.0/8 ! -d 192.0.2.1/32 -j DROP"],
  [
    "filter",
    "-p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT",
    6,
  ],
  ["filter", "-p udp -m multiport --dports 53,5353 -j RETURN", 17],
  ["filter", '-m comment --comment "two words" -j ACCEPT'],
  ["filter", '-m limit --limit 5/min -j LOG --log-prefix "x: "'],
  [
    "filter",
    "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
    6,
  ],
  [
    "filter",
    "-m addrtype --dst-type LOCAL -j REJECT --reject-with icmp-port-unreachable",
  ],
  [
    "mangle",
    "-m mark --mark 0x1/0xff -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
  ],
  ["mangle", "-p udp -j MARK --set-xmark 0xca6c/0xffffffff", 17],
  ["nat", "-o eth0 -j MASQUERADE"],
  ["nat", "-s 10.0.0.0/24 -j SNAT --to-source 192.0.2.1"],
];

/** A table's chains and rules, once more under another name. */
function copyTable(family: Family, from: string, to: string): void {
  transact([
    addTable(family, to),
    ...chains(family, from).map((chain) => addChain({ ...chain, table: to })),
    ...rules(family, from).map((rule) => addRule({ ...rule, table: to })),
  ]);
}

namespaceTest(
  "rules() reads what nft wrote, and transact() writes it so that nft shows the same",
  FILE,
  () => {
    for (const family of ["ip", "inet"] as const) {
      const body = NFT_RULES.map((rule) =>
        family === "inet"
          ? rule.replace(/^(?=ip )/, "meta nfproto ipv4 ")
          : rule
      );
      Deno.writeTextFileSync(
        "/dev/shm/caktus-nft.tmp",
        `table ${family} one { chain other { }
          chain base { type filter hook forward priority 5; policy drop;\n${
          body.join("\n")
        }\n}\n}\n`,
      );
      sh("nft -f /dev/shm/caktus-nft.tmp");
      copyTable(family, "one", "two");
      const shown = sh(`nft list table ${family} one`);
      strictEqual(
        sh(`nft list table ${family} two`).replace("two", "one"),
        shown,
      );
      const known = rules(family).flatMap(({ expressions }) => expressions);
      deepStrictEqual(
        known.filter((each) => each.name === "other" || each.unknown),
        [],
      );
      strictEqual(
        commentOf(rules(family, "one").at(-1)?.userData),
        "of a user",
      );
    }
  },
);

namespaceTest(
  "rules() reads what iptables wrote, and transact() writes it so that iptables shows the same",
  FILE,
  () => {
    const line = ([table, rule]: (typeof IPTABLES_RULES)[number]) =>
      `iptables -t ${table} -A FROM ${rule}`;
    sh([
      "set -e",
      ...["filter", "mangle", "nat"].map((table) =>
        `iptables -t ${table} -N FROM; iptables -t ${table} -N TO`
      ),
      ...IPTABLES_RULES.map(line),
    ].join("\n"));
    for (const table of ["filter", "mangle", "nat"]) {
      const given = IPTABLES_RULES.filter(([own]) => own === table);
      const found = rules("ip", table, "FROM");
      strictEqual(found.length, given.length);
      transact(found.map((rule, i) => {
        const protocol = given[i]?.[2];
        const compat = protocol === undefined ? {} : { compat: { protocol } };
        return addRule({ ...rule, ...compat, chain: "TO" });
      }));
      const lines = sh(`iptables -t ${table} -S`).split("\n");
      const of = (chain: string) =>
        lines.filter((each) => each.startsWith(`-A ${chain} `))
          .map((each) => each.replace(chain, ""));
      deepStrictEqual(of("TO"), of("FROM"));
      strictEqual(of("FROM").length, given.length);
    }
  },
);

namespaceTest(
  "transact() in the tables of iptables: it lists, checks and deletes what is made",
  FILE,
  () => {
    const info = new Uint8Array(24);
    info[0] = 1;
    transact([
      addTable("ip", "filter"),
      addChain({
        family: "ip",
        table: "filter",
        name: "FORWARD",
        base: FORWARD,
      }),
      addRule({
        family: "ip",
        table: "filter",
        chain: "FORWARD",
        expressions: [
          meta(META.iifname),
          equals(interfaceName("wg0")),
          counter(),
          verdict("accept"),
        ],
      }),
      addTable("ip", "nat"),
      addChain({
        family: "ip",
        table: "nat",
        name: "POSTROUTING",
        base: { type: "nat", hook: HOOK.postrouting, priority: 100 },
      }),
      addRule({
        family: "ip",
        table: "nat",
        chain: "POSTROUTING",
        expressions: [
          meta(META.oifname),
          equals(interfaceName("eth0")),
          counter(),
          target("MASQUERADE", 0, info),
        ],
      }),
    ]);
    sh("iptables -C FORWARD -i wg0 -j ACCEPT");
    sh("iptables -t nat -C POSTROUTING -o eth0 -j MASQUERADE");
    sh("iptables -D FORWARD -i wg0 -j ACCEPT");
    strictEqual(rules("ip", "filter").length, 0);
    sh("iptables -P FORWARD DROP");
    const [forward] = chains("ip", "filter").filter(({ name }) =>
      name === "FORWARD"
    );
    strictEqual(forward?.base?.policy, "drop");
  },
);

/** The interfaces that the rules of a chain are about, in their order. */
function order(chain: string): string[] {
  return rules("ip", "t", chain).map(({ expressions }) => {
    const [, name] = expressions;
    return name?.name === "cmp" && name.value
      ? new TextDecoder().decode(name.value.slice(0, -1))
      : "?";
  });
}

const PLACE = { family: "ip", table: "t", chain: "c" } as const;
const rule = (name: string) => ({
  ...PLACE,
  expressions: [
    meta(META.iifname),
    equals(interfaceName(name)),
    verdict("accept"),
  ],
});

namespaceTest(
  "addRule() puts a rule where it is told, and each goes by its handle",
  FILE,
  () => {
    transact([
      addTable("ip", "t"),
      addChain({ family: "ip", table: "t", name: "c" }),
      addRule(rule("b")),
      addRule(rule("a"), "insert"),
      addRule({ ...rule("e"), userData: commentData("last") }),
    ]);
    const [a, b, e] = rules("ip", "t", "c");
    strictEqual(commentOf(e?.userData), "last");
    transact([
      addRule(rule("c"), { after: b!.handle }),
      addRule(rule("d"), { before: e!.handle }),
      replaceRule(rule("z"), a!.handle),
    ]);
    deepStrictEqual(order("c"), ["z", "b", "c", "d", "e"]);
    transact([deleteRule(b!)]);
    deepStrictEqual(order("c"), ["z", "c", "d", "e"]);
    const [chain] = chains("ip", "t");
    strictEqual(chain?.use, 4);
    transact([renameChain(chain as Chain, "renamed")]);
    deepStrictEqual(order("renamed"), ["z", "c", "d", "e"]);
    transact([
      flushChain("ip", "t", "renamed"),
      deleteChain("ip", "t", "renamed"),
    ]);
    deepStrictEqual(chains("ip"), []);
    transact([deleteTable("ip", "t")]);
    deepStrictEqual(tables(), []);
    deepStrictEqual([rules("ip", "t"), chains("ip6")], [[], []]);
  },
);

namespaceTest(
  "transact() makes all or nothing, and names the command that the kernel refuses",
  FILE,
  () => {
    const refused = (commands: Parameters<typeof transact>[0]) => {
      const before = [generation(), sh("nft list ruleset")];
      let caught: unknown;
      throws(() => transact(commands), (error) => {
        caught = error;
        return error instanceof SystemError;
      });
      deepStrictEqual([generation(), sh("nft list ruleset")], before);
      const { call, code } = caught as SystemError;
      return `${call}: ${code}`;
    };
    transact([]); // nothing to do is no failure
    transact([addTable("ip", "t"), addTable("ip", "t")]);
    const good = addTable("ip6", "new");
    strictEqual(
      refused([good, addRule({ ...rule("a"), chain: "nowhere" }), good]),
      "NFT_MSG_NEWRULE ip t nowhere: ENOENT",
    );
    strictEqual(
      refused([good, addTable("ip", "t", true)]),
      "NFT_MSG_NEWTABLE ip t: EEXIST",
    );
    strictEqual(
      refused([deleteTable("ip", "none"), good]),
      "NFT_MSG_DELTABLE ip none: ENOENT",
    );
    const chain = { family: "ip", table: "t", name: "c" } as const;
    const base = { type: "no such type", hook: 0, priority: 0 };
    strictEqual(
      refused([good, addChain({ ...chain, base })]),
      "NFT_MSG_NEWCHAIN ip t c: ENOENT",
    );
    const odd = { name: "other", called: "nonsense", unknown: [] } as const;
    strictEqual(
      refused([
        addChain(chain),
        addRule({ ...PLACE, expressions: [odd] }),
      ]),
      "NFT_MSG_NEWRULE ip t c: ENOENT",
    );
    // The first that is refused is told, and a later batch is not confused by the answers to an earlier one.
    strictEqual(
      refused([deleteTable("ip", "one"), deleteTable("ip", "two")]),
      "NFT_MSG_DELTABLE ip one: ENOENT",
    );
    // More answers than wait for anybody.
    const many = Array.from(
      { length: 2_000 },
      (_, i) => deleteTable("ip", `t${i}`),
    );
    strictEqual(refused(many), "NFT_MSG_DELTABLE ip t0: ENOENT");
    transact([good]);
    deepStrictEqual(tables("ip6").map(({ name }) => name), ["new"]);
  },
);

namespaceTest(
  "transact() with a generation fails if the rules have changed since",
  FILE,
  () => {
    const then = generation();
    transact([addTable("ip", "a")], then);
    ok(generation() !== then);
    throws(
      () => transact([addTable("ip", "b")], then),
      (error) => error instanceof SystemError && error.errno === 85,
    );
    transact([addTable("ip", "c")], generation());
    deepStrictEqual(tables().map(({ name }) => name), ["a", "c"]);
  },
);

namespaceTest(
  "transact() and rules() carry thousands of rules at once",
  FILE,
  () => {
    const count = 2_000;
    const names = Array.from({ length: count }, (_, i) => `wg${i}`);
    transact([
      addTable("ip", "t"),
      addChain({ family: "ip", table: "t", name: "c" }),
      ...names.map((name) => addRule(rule(name))),
    ]);
    deepStrictEqual(order("c"), names);
  },
);
