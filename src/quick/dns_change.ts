/**
 * The change that name servers are, as plain data: how the machine is told, and what was there.
 *
 * | how        | told                                            | taken back                          |
 * |------------|-------------------------------------------------|-------------------------------------|
 * | resolvconf | `resolvconf -a RECORD -m 0 -x`                  | `resolvconf -d RECORD -f`           |
 * | resolved   | `resolvectl dns`, `resolvectl domain` with `~.` | with the link, or by `… revert`     |
 * | file       | /etc/resolv.conf is written                     | what was there is put back          |
 *
 * @module
 */

import type { DnsConfig } from "../config/config.ts";
import type { ResolvConf } from "./resolv_conf.ts";
import { number, string, strings, type Table } from "./state_table.ts";

/** The file that programs look names up with. */
export const RESOLV_CONF = "/etc/resolv.conf";
/** Beside it stands what was there, for the person who looks. */
export const KEPT_SUFFIX = ".before-caktus";

/** Name servers and search domains, and the way in which the machine is told. */
export type DnsChange =
  & { readonly kind: "dns"; readonly dns: DnsConfig }
  & (
    /** `record` is the interface's name, behind a prefix where resolvconf orders by it. */
    | { readonly how: "resolvconf"; readonly record: string }
    | { readonly how: "resolved" }
    /** What was there before any tunnel, and the text that was put in its place. */
    | {
      readonly how: "file";
      readonly before: ResolvConf;
      readonly written: string;
    }
  );

/** The file's way of it. */
export type FileChange = Extract<DnsChange, { how: "file" }>;

/** The command that tells the machine, or would. */
export function dnsCommand(change: DnsChange, name: string): string {
  switch (change.how) {
    case "resolvconf":
      return `resolvconf -a ${change.record} -m 0 -x`;
    case "resolved":
      return resolvedCommands(name, change.dns)
        .map((words) => words.join(" ")).join("; ");
    case "file": {
      const lines = change.written.split("\n").slice(1).join("\\n");
      return `printf '${lines}' > ${RESOLV_CONF}`;
    }
  }
}

/** The command that takes it back, or would. */
export function undoDnsCommand(change: DnsChange, name: string): string {
  switch (change.how) {
    case "resolvconf":
      return `resolvconf -d ${change.record} -f`;
    case "resolved":
      return `resolvectl revert ${name}`;
    case "file":
      return undoFileCommand(change.before);
  }
}

/** The command that puts back what was there. */
export function undoFileCommand({ text, link }: ResolvConf): string {
  return text === undefined && link === undefined
    ? `rm ${RESOLV_CONF}`
    : `mv ${RESOLV_CONF}${KEPT_SUFFIX} ${RESOLV_CONF}`;
}

/** The calls of resolvectl; `~.` sends it the names of all domains, as resolvconf's `-x` does. */
export function resolvedCommands(name: string, dns: DnsConfig): string[][] {
  return [
    ["resolvectl", "dns", name, ...dns.servers],
    ["resolvectl", "domain", name, ...new Set([...dns.search, "~."])],
  ];
}

/** What resolvconf reads on its standard input. */
export function resolvconfInput({ servers, search }: DnsConfig): string {
  const lines = servers.map((server) => `nameserver ${server}\n`).join("");
  return search.length > 0 ? `${lines}search ${search.join(" ")}\n` : lines;
}

/** Reads the change back from the state file. @throws TypeError */
export function dnsChangeFrom(table: Table): DnsChange {
  const kind = "dns";
  const dns = {
    servers: strings(inner(table.dns).servers),
    search: strings(inner(table.dns).search),
  };
  switch (table.how) {
    case "resolvconf":
      return { kind, dns, how: "resolvconf", record: string(table.record) };
    case "resolved":
      return { kind, dns, how: "resolved" };
    case "file": {
      const before = resolvConfFrom(inner(table.before));
      return { kind, dns, how: "file", before, written: string(table.written) };
    }
  }
  throw new TypeError("unknown way of DNS");
}

function resolvConfFrom({ link, text, mode }: Table): ResolvConf {
  return {
    ...(link !== undefined && { link: string(link) }),
    ...(text !== undefined && { text: string(text) }),
    ...(mode !== undefined && { mode: number(mode) }),
  };
}

function inner(value: unknown): Table {
  if (typeof value === "object" && value !== null) return value as Table;
  throw new TypeError("not a table");
}
