/**
 * iptables built in, beside iptables-nft 1.8.9 in one namespace: what the one writes
 * is what the other would have written, and each lists, checks and deletes the
 * other's rules.
 *
 * ```text
 * lines ─▶ iptables-nft ─▶ save A       lines ─▶ caktus ─▶ save B       A = B
 *          caktus -C, -D ─▶ empty                iptables-nft -C, -D ─▶ empty
 * ```
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { machineLookups } from "../../src/cli/machine_names.ts";
import { apply } from "../../src/firewall/iptables_apply.ts";
import { IptablesError } from "../../src/firewall/iptables_rule.ts";
import { saveTables } from "../../src/firewall/iptables_save.ts";
import { readWords } from "../../src/firewall/iptables_words.ts";
import { namespaceTest, sh, tryShell } from "../ffi/namespace.ts";
import { SOURCE } from "../program.ts";
import { LINES, wordsOf } from "./iptables_lines.ts";

/** What Caktus does not understand of the two hundred. */
const REFUSED = ["time"];

const isRefused = (line: string) =>
  REFUSED.some((name) => line.includes(` -m ${name} `));

/** Lines that add rules, and what they need, without those that change them afterwards. */
const ADDING = LINES.filter((line) =>
  !isRefused(line) && !/ -[RDEP] /.test(line)
);
const RULES = ADDING.filter((line) => !/ -N /.test(line));

/** The same rule for another command. */
function turned(line: string, command: "-C" | "-D"): string {
  return line.replace(/ (-A|-I|--append) (\S+)( \d+)?/, ` ${command} $2`);
}

interface Outcome {
  status: number;
  text: string;
}

/** Runs a line by Caktus, in this process. */
function ours(line: string): Outcome {
  const [program, ...words] = wordsOf(line);
  const family = program === "ip6tables" ? 6 : 4;
  try {
    const invocation = readWords(words, family, machineLookups(new Map()));
    return { status: 0, text: apply(invocation) };
  } catch (error) {
    if (!(error instanceof IptablesError)) throw error;
    return { status: error.status, text: error.message };
  }
}

/** Runs lines by iptables-nft, all in one shell; the status of each. */
function stock(lines: readonly string[]): number[] {
  const script = lines.map((line) => `${line} >/dev/null 2>&1; echo $?`);
  return sh(script.join("\n")).trim().split("\n").map(Number);
}

/** What iptables-nft saves, without comments. */
function saved(): string {
  return sh("iptables-save; ip6tables-save").replace(/^#.*\n/gm, "");
}

function wrong(lines: readonly string[], statuses: readonly number[]) {
  return lines.filter((_, i) => statuses[i] !== 0);
}

namespaceTest(
  "two hundred lines give what iptables-nft gives",
  import.meta.url,
  () => {
    strictEqual(LINES.length, 200);
    const understood = LINES.filter((line) => !isRefused(line));
    deepStrictEqual(wrong(understood, stock(understood)), []);
    const theirs = saved();
    strictEqual(
      [...saveTables(4, undefined, false), ...saveTables(6, undefined, false)]
        .join(""),
      theirs,
    );
    for (const program of ["iptables", "ip6tables"]) {
      for (const table of ["filter", "nat", "mangle", "raw"]) {
        for (const words of ["-S", "-S -v"]) {
          const line = `${program} -t ${table} ${words}`;
          strictEqual(ours(line).text, sh(line), line);
        }
      }
    }

    // What is not understood is something to iptables-nft.
    const others = LINES.filter(isRefused);
    deepStrictEqual(wrong(others, stock(others)), []);
    sh("nft flush ruleset");
    const refusals = LINES.filter((line) => {
      const { status, text } = ours(line);
      if (status !== 0) {
        ok(
          isRefused(line) && /^match -m \w+ is not understood$/.test(text),
          `${line}: ${text}`,
        );
      }
      return status !== 0;
    });
    ok(refusals.length <= 10);
    strictEqual(refusals.length, REFUSED.length);
    strictEqual(saved(), theirs);
  },
);

namespaceTest(
  "rules of iptables-nft are checked and deleted by caktus",
  import.meta.url,
  () => {
    for (const line of ADDING) strictEqual(ours(line).status, 0, line);
    const [four, six] = [sh("iptables-save"), sh("ip6tables-save")];
    sh("nft flush ruleset");
    sh(
      `iptables-restore <<'END'\n${four}END\nip6tables-restore <<'END'\n${six}END`,
    );
    const failed = RULES.filter((line) =>
      ours(turned(line, "-C")).status !== 0
    );
    deepStrictEqual(failed, []);
    const kept = RULES.filter((line) => ours(turned(line, "-D")).status !== 0);
    deepStrictEqual(kept, []);
    strictEqual(/^-A/m.test(saved()), false);
    strictEqual(ours(turned(RULES[0]!, "-D")).status, 1);
  },
);

namespaceTest(
  "rules of caktus are checked and deleted by iptables-nft",
  import.meta.url,
  () => {
    for (const line of ADDING) strictEqual(ours(line).status, 0, line);
    const some = RULES.filter((_, i) => i % 8 === 0);
    const checks = some.map((line) => turned(line, "-C"));
    deepStrictEqual(wrong(checks, stock(checks)), []);
    const deletions = RULES.map((line) => turned(line, "-D"));
    deepStrictEqual(wrong(deletions, stock(deletions)), []);
    strictEqual(/^-A/m.test(saved()), false);
  },
);

namespaceTest(
  "what caktus made of a table goes when it is empty again",
  import.meta.url,
  () => {
    const ruleset = () => sh("nft list ruleset");
    const run = (...lines: string[]) => {
      for (const line of lines) strictEqual(ours(line).status, 0, line);
    };
    run("iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE");
    ok(ruleset().includes("table ip nat"));
    run("iptables -t nat -D POSTROUTING -o eth0 -j MASQUERADE");
    strictEqual(ruleset(), "");

    run(
      "iptables -A FORWARD -j ACCEPT",
      "iptables -A INPUT -j DROP",
      "iptables -F",
    );
    strictEqual(ruleset(), "");
    run("iptables -P FORWARD DROP", "iptables -P FORWARD ACCEPT");
    strictEqual(ruleset(), "");
    run(
      "iptables -N MINE",
      "iptables -A FORWARD -j MINE",
      "iptables -D FORWARD 1",
    );
    ok(!ruleset().includes("FORWARD"));
    run("iptables -X MINE");
    strictEqual(ruleset(), "");

    // A rule of somebody else's keeps the chain; a chain of somebody else's stays.
    run("iptables -A FORWARD -i wg0 -j ACCEPT");
    sh("iptables -A FORWARD -i eth9 -j ACCEPT");
    run("iptables -D FORWARD -i wg0 -j ACCEPT");
    ok(ruleset().includes("eth9"));
    sh(
      "nft flush ruleset; iptables -A INPUT -j ACCEPT; iptables -D INPUT -j ACCEPT",
    );
    const before = ruleset();
    run(
      "iptables -A INPUT -i wg0 -j ACCEPT",
      "iptables -A FORWARD -i wg0 -j ACCEPT",
    );
    run(
      "iptables -D INPUT -i wg0 -j ACCEPT",
      "iptables -D FORWARD -i wg0 -j ACCEPT",
    );
    strictEqual(ruleset(), before);
    for (
      const line of ["iptables -L", "iptables -S", "iptables -F", "iptables -X"]
    ) ours(line);
    strictEqual(ruleset(), "table ip filter {\n}\n");
  },
);

namespaceTest(
  "chains and rules of nft in a table of iptables are left alone",
  import.meta.url,
  () => {
    sh(`nft -f - <<'END'
table ip filter {
  chain guard { type filter hook input priority 0; tcp dport 22 accept; }
  chain OUTPUT { type filter hook output priority 7; }
  chain FORWARD { type filter hook forward priority 0; ct state invalid drop; }
}
END`);
    const before = sh("nft list ruleset");
    const add = "iptables -A FORWARD -i wg0 -j ACCEPT";
    strictEqual(ours(add).status, 0);
    ok(sh("nft list ruleset").includes('iifname "wg0" counter'));
    const { text } = ours("iptables -S");
    ok(text.startsWith("# Table `filter' contains incompatible base-chains"));
    ok(text.includes("-A FORWARD -j DROP [by another program: ct]\n"), text);
    strictEqual(ours(turned(add, "-C")).status, 0);
    strictEqual(ours("iptables -C FORWARD -j DROP").status, 1);
    strictEqual(ours("iptables -A OUTPUT -j ACCEPT").status, 1);
    strictEqual(ours(turned(add, "-D")).status, 0);
    strictEqual(sh("nft list ruleset"), before);
    // Where iptables -F empties every chain of the table, this one keeps to those of iptables.
    strictEqual(ours("iptables -F").status, 0);
    ok(sh("nft list ruleset").includes("tcp dport 22 accept"));
  },
);

namespaceTest(
  "rules that are added and deleted at the same time are all added and deleted",
  import.meta.url,
  () => {
    const caktus = SOURCE.join(" ");
    const atOnce = (command: "-A" | "-D") =>
      sh(
        [1, 2, 3].flatMap((i) =>
          [`${caktus} iptables`, "iptables"].map((program, j) =>
            `${program} ${command} FORWARD -s 10.${j}.0.${i} -j DROP &`
          )
        ).join("\n") + "\nwait",
      );
    atOnce("-A");
    strictEqual(saved().match(/^-A/gm)?.length, 6);
    atOnce("-D");
    strictEqual(/^-A/m.test(saved()), false);
  },
);

/** Commands that fail, or succeed with nothing to do, on `iptables -N USED; iptables -A INPUT -j USED`. */
const STATUSES = `
iptables -D FORWARD -i wg0 -j ACCEPT
iptables -C FORWARD -i wg0 -j ACCEPT
iptables -C INPUT -j USED
iptables -D FORWARD 1
iptables -I FORWARD 2 -j ACCEPT
iptables -R FORWARD 1 -j ACCEPT
iptables -N USED
iptables -N INPUT
iptables -N ACCEPT
iptables -N LOG
iptables -N TEE
iptables -X USED
iptables -X NOPE
iptables -F NOPE
iptables -L NOPE
iptables -S NOPE
iptables -A NOPE -j ACCEPT
iptables -A FORWARD -j NOPE
iptables -P USED DROP
iptables -P NOPE DROP
iptables -P FORWARD drop
iptables -E NOPE OTHER
iptables -A INPUT -o eth0 -j ACCEPT
iptables -A OUTPUT -i eth0 -j ACCEPT
iptables -t nope -L
iptables --nope
iptables -A FORWARD --nope
iptables -A FORWARD -m nope
iptables -A FORWARD -p nope
iptables -A FORWARD -s 10.0.0.300
iptables -A FORWARD -p tcp --dport nope
iptables -A FORWARD -p tcp --dport 90:80
iptables -A FORWARD --dport 80
iptables -A FORWARD -m multiport --dports 80
iptables -A FORWARD -m conntrack --ctstate NOPE
iptables -A FORWARD -i abcdefghijklmnopq
iptables -A FORWARD ! ! -i wg0
iptables -A FORWARD -i wg0 -i wg1
iptables -A FORWARD wg0
iptables -A FORWARD -j REJECT --reject-with tcp-reset
iptables -t nat -A POSTROUTING -j SNAT
iptables -t nat -A POSTROUTING -j MASQUERADE --to-ports 1000
iptables -A FORWARD -j MASQUERADE
iptables -t nat -A PREROUTING -j MASQUERADE
iptables -t mangle -A PREROUTING -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu
iptables -A USED -j USED
iptables -A FORWARD -j INPUT
iptables
ip6tables -A FORWARD -s 10.0.0.1
ip6tables -A FORWARD -f
`.trim().split("\n");

namespaceTest(
  "what iptables-nft refuses, caktus refuses with nothing changed",
  import.meta.url,
  () => {
    sh(
      "iptables -N USED; iptables -A INPUT -j USED; iptables -t nat -N X; iptables -t nat -X X; iptables -t mangle -N X; iptables -t mangle -X X; ip6tables -N X; ip6tables -X X",
    );
    const before = sh("nft list ruleset");
    const fails = (status: number) => status !== 0;
    const theirs = stock(STATUSES).map(fails);
    sh(
      "nft flush ruleset; iptables -N USED; iptables -A INPUT -j USED; iptables -t nat -N X; iptables -t nat -X X; iptables -t mangle -N X; iptables -t mangle -X X; ip6tables -N X; ip6tables -X X",
    );
    for (const [i, line] of STATUSES.entries()) {
      const { status, text } = ours(line);
      strictEqual(fails(status), theirs[i], `${line}: ${status} ${text}`);
      strictEqual(sh("nft list ruleset"), before, line);
    }
  },
);

namespaceTest(
  "caktus lists a table for the eye as iptables-nft does",
  import.meta.url,
  () => {
    const lines = [
      "iptables -A FORWARD -i wg0 -o eth+ -j ACCEPT",
      "iptables -A FORWARD ! -s 10.0.0.1 -d 10.1.0.0/16 -p tcp --dport 80 -m conntrack --ctstate NEW -j DROP",
      'iptables -A FORWARD -p udp --sport 1000:2000 ! --dport 53 -m comment --comment "two words" -j REJECT',
      "iptables -A FORWARD -m mark ! --mark 0x1/0xff -m limit --limit 5/min -j RETURN",
      "iptables -A FORWARD ! -p icmp -m addrtype --dst-type LOCAL -j ACCEPT",
      "iptables -A FORWARD -p tcp -m multiport --dports 80,443 -j ACCEPT",
      "iptables -N MINE",
      "iptables -A INPUT -g MINE",
      "iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8080",
      "iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE",
      "iptables -t nat -A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.1",
      "ip6tables -A FORWARD -s fd00::/64 -i wg0 -j ACCEPT",
    ];
    for (const line of lines) strictEqual(ours(line).status, 0, line);
    for (
      const words of [
        "iptables -nL",
        "iptables -L FORWARD -n --line-numbers",
        "iptables -vnL",
        "iptables -nvxL FORWARD",
        "iptables -t nat -nL",
        "iptables -t nat -L PREROUTING 1 -n",
        "ip6tables -nvL",
      ]
    ) {
      strictEqual(ours(words).text, tryShell(words).stdout, words);
    }
  },
);
