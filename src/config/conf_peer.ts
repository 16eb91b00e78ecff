/**
 * One [Peer] section of a configuration file.
 *
 * @module
 */

import type { PresharedKey, PublicKey } from "../noise/keys.ts";
import type { ReadContext } from "./conf_interface.ts";
import { type Pair, problemOf } from "./conf_lines.ts";
import {
  readAllowedIps,
  readEndpoint,
  readKeepalive,
  readKey,
} from "./conf_values.ts";
import { ConfigError, type PeerConfig, type Prefix } from "./config.ts";
import { formatPrefix } from "./prefix.ts";

/** The section while it is read. */
export interface PeerDraft {
  readonly config: Partial<PeerConfig> & { allowedIps: Prefix[]; line: number };
  /** Line of each of `allowedIps`. */
  readonly lines: number[];
  /** Line on which each key, in lower case, stood last. */
  readonly seen: Map<string, number>;
}

/** A section that has been read, and where its keys stood. */
export interface FinishedPeer {
  readonly config: PeerConfig & { allowedIpLines: number[] };
  readonly seen: ReadonlyMap<string, number>;
}

type Reader = (draft: PeerDraft, pair: Pair, context: ReadContext) => void;

/** The section before anything was read. */
export function emptyPeer(line: number): PeerDraft {
  return { config: { allowedIps: [], line }, lines: [], seen: new Map() };
}

/** What each key, in lower case, does to the section. */
export const PEER_READERS: ReadonlyMap<string, Reader> = new Map<
  string,
  Reader
>([
  ["publickey", ({ config }, pair) => {
    config.publicKey = readKey(pair) as PublicKey;
  }],
  // Panels write an empty line where no preshared key is set.
  ["presharedkey", ({ config }, pair) => {
    if (pair.value === "") delete config.presharedKey;
    else config.presharedKey = readKey(pair) as PresharedKey;
  }],
  ["endpoint", ({ config }, pair, { services }) => {
    config.endpoint = readEndpoint(pair, services);
  }],
  ["persistentkeepalive", ({ config }, pair) => {
    config.persistentKeepaliveSeconds = readKeepalive(pair);
  }],
  ["allowedips", (draft, pair, { warnings }) => {
    addAllowedIps(draft, pair, warnings);
  }],
]);

/**
 * The section as it ended.
 *
 * @throws ConfigError where it has no PublicKey
 */
export function finishPeer(draft: PeerDraft, file: string): FinishedPeer {
  const { config, seen, lines } = draft;
  const { publicKey } = config;
  if (publicKey === undefined) {
    throw new ConfigError(
      file,
      config.line,
      "PublicKey",
      "is missing in this [Peer]; write the other end's public key",
    );
  }
  return { config: { ...config, publicKey, allowedIpLines: lines }, seen };
}

function addAllowedIps(
  { config, lines }: PeerDraft,
  pair: Pair,
  warnings: string[],
): void {
  for (const { prefix, hostBitsSet, written } of readAllowedIps(pair)) {
    if (hostBitsSet) {
      const masked = formatPrefix(prefix);
      const text = `${written} has host bits set, taken as ${masked}`;
      warnings.push(problemOf(pair, text).message);
    }
    config.allowedIps.push(prefix);
    lines.push(pair.line);
  }
}
