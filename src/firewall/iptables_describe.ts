/**
 * Matches and targets as `iptables -L` tells of them, in the last column.
 *
 * ```text
 * tcp dpt:80   ctstate NEW   mark match 0x1   / * a comment * /   to:192.0.2.1
 * ```
 *
 * Where there is no phrase of its own it is the option's words.
 *
 * @module
 */

import type { Family, Part, Rule } from "./iptables_rule.ts";
import { matchOptions, targetOptions } from "./iptables_text.ts";

type Phrase = (words: string[]) => string;

const PORTS: Readonly<Record<string, string>> = {
  "--sport": "spt",
  "--dport": "dpt",
};

const MATCHES: Readonly<Record<string, Phrase>> = {
  tcp: (words) => `tcp ${portPhrase(words)}`.trimEnd(),
  udp: (words) => `udp ${portPhrase(words)}`.trimEnd(),
  comment: ([, text = ""]) =>
    `/* ${text.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1")} */`,
  mark: (words) => `mark match ${notText(words).replace("!", "! ")}`,
  connmark: (words) => `connmark match ${notText(words).replace("!", "! ")}`,
  multiport: (words) => `multiport ${bare(words)}`,
  addrtype: (words) => `ADDRTYPE match ${bare(words)}`,
  limit: ([, rate, , burst]) => `limit: avg ${rate} burst ${burst ?? 5}`,
  icmp: (words) => `icmptype ${notText(words)}`,
  icmp6: (words) => `ipv6-icmptype ${notText(words)}`,
  tcpmss: (words) => `tcpmss match ${notText(words)}`,
};

const TARGETS: Readonly<Record<string, Phrase>> = {
  SNAT: ([, to, ...flags]) => ["to:" + to, bare(flags)].join(" ").trimEnd(),
  DNAT: ([, to, ...flags]) => ["to:" + to, bare(flags)].join(" ").trimEnd(),
  NETMAP: ([, to]) => `${to}`,
  REDIRECT: ([, ports]) => ports === undefined ? "" : `redir ports ${ports}`,
  MASQUERADE: (words) => bare(words).replace(/^to-ports/, "masq ports:"),
  MARK: ([, value = ""]) => `MARK ${setPhrase(value)}`,
  CONNMARK: ([option, value = ""]) =>
    option === "--set-xmark"
      ? `CONNMARK ${setPhrase(value)}`
      : `CONNMARK ${option?.slice(2).replace(/-mark$/, "")}`,
  TCPMSS: ([option, value]) =>
    option === "--set-mss" ? `TCPMSS set ${value}` : "TCPMSS clamp to PMTU",
  LOG: logPhrase,
};

/** One phrase for each match and for the target, those that say nothing left out. */
export function describe(rule: Rule, family: Family): string[] {
  const phrases = rule.matches.map((part) =>
    phrase(MATCHES, part, matchOptions(part, family))
  );
  if (rule.note !== undefined) phrases.push(`/* ${rule.note} */`);
  if (rule.target !== undefined) {
    const words = targetOptions(rule.target, family);
    phrases.push(phrase(TARGETS, rule.target, words));
  }
  if (rule.foreign !== undefined) {
    phrases.push(`[by another program: ${rule.foreign}]`);
  }
  return phrases.filter((text) => text !== "");
}

function phrase(
  table: Readonly<Record<string, Phrase>>,
  { name }: Part,
  words: string[],
): string {
  return (table[name] ?? bare)(words);
}

/** Options without their dashes. */
function bare(words: string[]): string {
  return words.map((word) => word.replace(/^--/, "")).join(" ");
}

/** `[!] --option value` as `[!]value`. */
function notText(words: string[]): string {
  return words[0] === "!" ? `!${words[2]}` : `${words[1]}`;
}

function portPhrase(words: string[]): string {
  const parts: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const not = words[at] === "!" ? "!" : "";
    if (not !== "") at++;
    const name = PORTS[words[at]!];
    if (name !== undefined) {
      const value = words[++at]!;
      const plural = value.includes(":") ? "s" : "";
      parts.push(`${name}${plural}:${not}${value}`);
    } else if (words[at] === "--tcp-flags") {
      parts.push(`flags:${not}${words[++at]}/${words[++at]}`);
    } else {
      parts.push(`${not}${words[at]!.replace(/^--tcp-/, "")}=${words[++at]}`);
    }
  }
  return parts.join(" ");
}

function setPhrase(value: string): string {
  const [mark, mask] = value.split("/");
  return mask === "0xffffffff" ? `set ${mark}` : `xset ${value}`;
}

function logPhrase(words: string[]): string {
  const at = (option: string) => words.indexOf(option);
  const level = at("--log-level") < 0 ? "4" : words[at("--log-level") + 1];
  const flags = { "--log-tcp-sequence": 1, "--log-tcp-options": 2 };
  const more = { "--log-ip-options": 4, "--log-uid": 8, "--log-macdecode": 32 };
  const bits = Object.entries({ ...flags, ...more })
    .reduce((sum, [option, bit]) => sum + (at(option) < 0 ? 0 : bit), 0);
  const prefix = words[at("--log-prefix") + 1] ?? "";
  const quoted = at("--log-prefix") < 0
    ? ""
    : ` prefix "${prefix.replace(/^"|"$/g, "")}"`;
  return `LOG flags ${bits} level ${level}${quoted}`;
}
