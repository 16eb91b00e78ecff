/**
 * The text of /etc/resolv.conf (resolv.conf(5)) while a tunnel has it.
 *
 * ```text
 * # Written by caktus for wg0; `caktus down wg0` brings back what was here
 * nameserver 10.0.0.1          DNS of wg0.conf
 * search corp.example lan      its search domains, then those that were here
 * options edns0                as they were here
 * ```
 *
 * Text of a resolv.conf is Latin-1 here, a character for each byte, so that none is lost.
 * Nothing here touches a file.
 *
 * @module
 */

import type { DnsConfig } from "../config/config.ts";

/** What stood, or stands, at the place of resolv.conf; nothing at all where there was none. */
export interface ResolvConf {
  /** Where it leads, if it is a symbolic link. */
  readonly link?: string;
  /** What is read there; absent where a link leads nowhere. */
  readonly text?: string;
  /** Permissions of a file that is no link. */
  readonly mode?: number;
}

const MARK = /^# Written by caktus for ([\w=+.-]{1,15});/;

/** Whose text this is: the interface's name; undefined where caktus did not write it. */
export function writerOf(text: string | undefined): string | undefined {
  return MARK.exec(text ?? "")?.[1];
}

/**
 * The text for an interface.
 *
 * @param original what is in force without any tunnel
 */
export function composeText(
  name: string,
  dns: DnsConfig,
  original: string,
): string {
  // The root, and what only systemd-resolved understands, are no domains to search.
  const search = new Set([...dns.search, ...searchOf(original)].filter(
    (domain) => domain !== "." && !domain.startsWith("~"),
  ));
  const options = wordsOf(original, "options")
    // Whether a server's word for DNSSEC is trusted was decided for another server.
    .filter((option) => option !== "trust-ad");
  return [
    `# Written by caktus for ${name}; \`caktus down ${name}\` brings back what was here`,
    ...dns.servers.map((server) => `nameserver ${server}`),
    ...(search.size > 0 ? [`search ${[...search].join(" ")}`] : []),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
    "",
  ].join("\n");
}

/** Whether two are the same: links that lead to one place, whatever is there at the moment, or files of the same bytes. */
export function sameResolvConf(a: ResolvConf, b: ResolvConf): boolean {
  if (a.link !== undefined || b.link !== undefined) return a.link === b.link;
  return a.text === b.text && a.mode === b.mode;
}

/** The last line of `search` or `domain` counts. */
function searchOf(text: string): string[] {
  const lines = [...text.matchAll(/^(?:search|domain)[ \t]+(.*)$/gm)];
  return words(lines.at(-1)?.[1] ?? "");
}

/** All lines of a key count. */
function wordsOf(text: string, key: string): string[] {
  const lines = text.matchAll(new RegExp(`^${key}[ \\t]+(.*)$`, "gm"));
  return [...new Set([...lines].flatMap(([, rest]) => words(rest!)))];
}

function words(text: string): string[] {
  return text.replace(/[#;].*/, "").split(/\s+/).filter(Boolean);
}
