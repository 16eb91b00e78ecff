/**
 * Configurations that would send the tunnel's own datagrams into the tunnel.
 *
 * ```text
 * AllowedIPs = 0.0.0.0/0, ::/0          everything
 * AllowedIPs = 0.0.0.0/1, 128.0.0.0/1   everything, in halves
 * Endpoint inside any AllowedIPs        at least what the tunnel lives on
 * ```
 *
 * They need a mark, a table and rules, which this version does not set:
 * without those such a file cuts the machine off, so it is refused.
 *
 * @module
 */

import { formatAddress } from "./address.ts";
import {
  type Config,
  ConfigError,
  type Endpoint,
  type PeerConfig,
  type Prefix,
} from "./config.ts";
import { formatPrefix, prefixContains } from "./prefix.ts";

/**
 * Refuses a file that `up` cannot bring up safely.
 *
 * @param file its name, for the error
 * @param endpoints where each of `config.peers` is reached, in their order; undefined where it is not known
 * @throws ConfigError at the line of the prefix or of the endpoint
 */
export function refuseFullTunnel(
  config: Config,
  file: string,
  endpoints: readonly (Endpoint | undefined)[],
): void {
  const prefixes = config.peers.flatMap(linesOfPrefixes);
  for (const { prefix, line } of prefixes) {
    if (prefix.length > 1) continue;
    const whole = prefix.length === 0 ? "everything" : "half of all addresses";
    const text = formatPrefix(prefix);
    throw new ConfigError(
      file,
      line,
      "AllowedIPs",
      `${text} sends ${whole} through the tunnel, which is not supported by this version yet; list the networks behind the peer`,
    );
  }
  for (const [i, endpoint] of endpoints.entries()) {
    const peer = config.peers[i];
    if (endpoint && peer) refuseInside(peer, endpoint, prefixes, file);
  }
}

interface PrefixLine {
  prefix: Prefix;
  line: number;
}

function linesOfPrefixes(peer: PeerConfig): PrefixLine[] {
  return peer.allowedIps.map((prefix, i) => ({
    prefix,
    line: peer.allowedIpLines?.[i] ?? peer.line,
  }));
}

function refuseInside(
  peer: PeerConfig,
  { address }: Endpoint,
  prefixes: PrefixLine[],
  file: string,
): void {
  const around = prefixes.find(({ prefix }) => prefixContains(prefix, address));
  if (around === undefined) return;
  const prefix = formatPrefix(around.prefix);
  const text = formatAddress(address);
  const host = peer.endpoint?.host ?? text;
  const shown = host === text ? text : `${host} (${text})`;
  throw new ConfigError(
    file,
    peer.endpoint?.line ?? peer.line,
    "Endpoint",
    `${shown} lies inside AllowedIPs ${prefix} of line ${around.line}, which is not supported by this version yet; leave the address out of AllowedIPs`,
  );
}
