/**
 * What is likely a mistake between the peers of a configuration file, though stock tools accept it.
 *
 * ```text
 * the same AllowedIPs for two peers   the last one has them
 * the same peer twice                 the last section wins
 * a peer without AllowedIPs           nothing goes to it or comes from it
 * the own public key as a peer        ignored
 * ```
 *
 * @module
 */

import { encodeKey, type PublicKey } from "../noise/keys.ts";
import { bytesEqual } from "./address.ts";
import type { FinishedPeer } from "./conf_peer.ts";
import { ConfigError, type PeerConfig } from "./config.ts";
import { formatPrefix } from "./prefix.ts";

/**
 * Adds a warning for each likely mistake.
 *
 * @param own the interface's public key, if it is known
 */
export function warnOfPeers(
  peers: readonly FinishedPeer[],
  file: string,
  own: PublicKey | undefined,
  warnings: string[],
): void {
  const warn = (line: number, key: string, text: string) =>
    warnings.push(new ConfigError(file, line, key, text).message);
  for (const { config, seen } of peers) {
    const line = seen.get("publickey") ?? config.line;
    if (config.allowedIps.length === 0) {
      const text =
        "this [Peer] has none, so nothing goes to it or comes from it";
      warn(config.line, "AllowedIPs", text);
    }
    if (own && bytesEqual(own, config.publicKey)) {
      const text =
        "is this interface's own key, so the peer is ignored; write the other end's";
      warn(line, "PublicKey", text);
    }
  }
  warnOfTwins(peers, warn);
  warnOfSharedPrefixes(peers, warn);
}

/**
 * One peer for each public key. A later section replaces what it names of an
 * earlier one, and all of its AllowedIPs, as `wg setconf` does it.
 */
export function withoutTwins(peers: readonly FinishedPeer[]): PeerConfig[] {
  const byKey = new Map<string, PeerConfig>();
  for (const { config } of peers) {
    const key = encodeKey(config.publicKey);
    byKey.set(key, { ...byKey.get(key), ...config });
  }
  return [...byKey.values()];
}

type Warn = (line: number, key: string, text: string) => void;

function warnOfTwins(peers: readonly FinishedPeer[], warn: Warn): void {
  const lines = new Map<string, number>();
  for (const { config, seen } of peers) {
    const key = encodeKey(config.publicKey);
    const line = seen.get("publickey") ?? config.line;
    const before = lines.get(key);
    if (before !== undefined) {
      const text =
        `the peer ${key} stands on line ${before} too; the last section wins`;
      warn(line, "PublicKey", text);
    }
    lines.set(key, line);
  }
}

function warnOfSharedPrefixes(
  peers: readonly FinishedPeer[],
  warn: Warn,
): void {
  const owners = new Map<string, { publicKey: PublicKey; line: number }>();
  for (const { config: { publicKey, allowedIps, allowedIpLines } } of peers) {
    for (const [i, prefix] of allowedIps.entries()) {
      const text = formatPrefix(prefix);
      const line = allowedIpLines[i] ?? 0;
      const owner = owners.get(text);
      if (owner && !bytesEqual(owner.publicKey, publicKey)) {
        warn(
          line,
          "AllowedIPs",
          `${text} stands on line ${owner.line} too, for another peer; only the last peer has it`,
        );
      }
      owners.set(text, { publicKey, line });
    }
  }
}
