/**
 * The value of DNS: name servers and search domains.
 *
 * ```text
 * DNS = 10.0.0.1, fd00::1, corp.example
 *       server    server   search domain        as wg-quick(8) tells them apart:
 *       digits and dots, or a colon: a server; all else a domain
 * ```
 *
 * Commas and blanks separate. `~corp.example` and `~.` are what systemd-resolved calls
 * routing-only domains; other resolvers have no such thing.
 *
 * @module
 */

import { parseAddress } from "./address.ts";
import type { Pair } from "./conf_lines.ts";
import { attempt, withoutSurprises } from "./conf_values.ts";
import type { DnsConfig } from "./config.ts";

const LONGEST_DOMAIN = 253;

/** Reads one line; what it repeats of itself counts once. */
export function readDns(pair: Pair): DnsConfig {
  const items = withoutSurprises(pair).split(/[\s,]+/).filter(Boolean);
  const servers = items.filter(isServer);
  const search = items.filter((item) => !isServer(item));
  for (const item of servers) attempt(pair, item, () => checkServer(item));
  for (const item of search) attempt(pair, item, () => checkDomain(item));
  return { servers: unique(servers), search: unique(search) };
}

/** Two lines taken together. */
export function joinDns(a: DnsConfig, b: DnsConfig): DnsConfig {
  return {
    servers: unique([...a.servers, ...b.servers]),
    search: unique([...a.search, ...b.search]),
  };
}

function isServer(item: string): boolean {
  return /^[0-9.]+$/.test(item) || item.includes(":");
}

function checkServer(item: string): void {
  const address = item.replace(/(?<=:.*)%[\w.-]+$/, "");
  if (parseAddress(address) !== undefined) return;
  const [, four, six] = /^(?:([\d.]+)|\[(.+)\]):\d+$/.exec(item) ?? [];
  const bare = four ?? six;
  if (bare !== undefined && parseAddress(bare) !== undefined) {
    throw new SyntaxError(`a name server has no port here; write ${bare}`);
  }
  throw new SyntaxError("is no IP address, as 10.0.0.1 or fd00::1");
}

function checkDomain(item: string): void {
  const name = item.replace(/^~/, "").replace(/\.$/, "");
  const root = item === "~." || item === ".";
  const labels = name.split(".");
  const plain = labels.every((label) => /^[\w-]{1,63}$/.test(label));
  if (root || (plain && name.length <= LONGEST_DOMAIN)) return;
  throw new SyntaxError(
    "is neither the IP address of a name server nor a search domain",
  );
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}
