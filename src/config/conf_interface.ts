/**
 * The [Interface] section of a configuration file.
 *
 * PrivateKey, ListenPort and FwMark are wg(8)'s keys and need a value. The
 * others are wg-quick(8)'s: without a value they count as absent.
 *
 * @module
 */

import type { PrivateKey } from "../noise/keys.ts";
import { bytesEqual } from "./address.ts";
import { joinDns, readDns } from "./conf_dns.ts";
import type { Pair } from "./conf_lines.ts";
import {
  readAddresses,
  readBoolean,
  readCommand,
  readFwmark,
  readKey,
  readListenPort,
  readMtu,
  readTable,
} from "./conf_values.ts";
import { ConfigError, type Hook, type InterfaceConfig } from "./config.ts";
import type { Services } from "./endpoint.ts";
import { hookMaySetKey } from "./hook.ts";
import type { TableNames } from "./route_table.ts";

/** What a reader of a pair may use besides the section. */
export interface ReadContext {
  services: Services;
  tables: TableNames;
  warnings: string[];
}

/** The section while it is read. */
export interface InterfaceDraft {
  readonly config: InterfaceConfig;
  /** Line of the header. */
  readonly line: number;
  /** Line on which each key, in lower case, stood last. */
  readonly seen: Map<string, number>;
}

type Reader = (
  draft: InterfaceDraft,
  pair: Pair,
  context: ReadContext,
) => void;

/** The section before anything was read. */
export function emptyInterface(line: number): InterfaceDraft {
  const config = {
    addresses: [],
    preUp: [],
    postUp: [],
    preDown: [],
    postDown: [],
  };
  return { config, line, seen: new Map() };
}

/** What each key, in lower case, does to the section. */
export const INTERFACE_READERS: ReadonlyMap<string, Reader> = new Map<
  string,
  Reader
>([
  ["privatekey", ({ config }, pair) => {
    config.privateKey = readKey(pair) as PrivateKey;
  }],
  ["listenport", ({ config }, pair, { services }) => {
    config.listenPort = readListenPort(pair, services);
  }],
  ["fwmark", ({ config }, pair) => {
    config.fwmark = readFwmark(pair);
  }],
  ["address", ({ config }, pair) => addAddresses(config, pair)],
  ["mtu", ({ config }, pair) => {
    if (pair.value === "") delete config.mtu;
    else config.mtu = readMtu(pair);
  }],
  ["preup", ({ config }, pair) => addHook(config.preUp, pair)],
  ["postup", ({ config }, pair) => addHook(config.postUp, pair)],
  ["predown", ({ config }, pair) => addHook(config.preDown, pair)],
  ["postdown", ({ config }, pair) => addHook(config.postDown, pair)],
  ["dns", ({ config }, pair) => addDns(config, pair)],
  ["table", ({ config }, pair, { tables }) => {
    const table = pair.value === "" ? undefined : readTable(pair, tables);
    if (table === undefined) delete config.table;
    else config.table = table;
  }],
  ["saveconfig", ({ config }, pair) => {
    if (pair.value === "") delete config.saveConfig;
    else config.saveConfig = readBoolean(pair);
  }],
]);

/**
 * Checks what can be known only at the end of the section.
 *
 * @throws ConfigError where the private key is missing, or the MTU is too small for IPv6
 */
export function checkInterface(draft: InterfaceDraft, file: string): void {
  const { config, line, seen } = draft;
  const hooks = [...config.preUp, ...config.postUp];
  if (!config.privateKey && !hooks.some(hookMaySetKey)) {
    throw new ConfigError(
      file,
      line,
      "PrivateKey",
      "is missing in this [Interface]; `caktus genkey` makes one",
    );
  }
  const hasIPv6 = config.addresses.some(({ address }) => address.length === 16);
  if (hasIPv6 && config.mtu !== undefined && config.mtu < 1280) {
    throw new ConfigError(
      file,
      seen.get("mtu") ?? line,
      "MTU",
      `is ${config.mtu}, but IPv6 needs 1280 at least; raise it, or remove the IPv6 address`,
    );
  }
}

/** The same address twice is one. */
function addAddresses(config: InterfaceConfig, pair: Pair): void {
  for (const added of readAddresses(pair)) {
    const known = config.addresses.some(({ address, length }) =>
      length === added.length && bytesEqual(address, added.address)
    );
    if (!known) config.addresses.push(added);
  }
}

function addHook(hooks: Hook[], pair: Pair): void {
  const command = readCommand(pair);
  if (command !== undefined) hooks.push({ command, line: pair.line });
}

/** Search domains without a server are given to nobody, as with wg-quick(8). */
function addDns(config: InterfaceConfig, pair: Pair): void {
  const dns = joinDns(config.dns ?? { servers: [], search: [] }, readDns(pair));
  if (dns.servers.length + dns.search.length > 0) config.dns = dns;
}
