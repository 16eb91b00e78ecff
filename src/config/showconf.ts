/**
 * A device's state as a configuration file: what `wg showconf` prints, to the byte.
 *
 * @module
 */

import { encodeKey } from "../noise/keys.ts";
import type { DeviceStatus, PeerStatus } from "./config.ts";
import { formatEndpoint, type ScopeName } from "./endpoint.ts";
import { formatPrefix } from "./prefix.ts";

/**
 * Writes the file. It holds the private and the preshared keys.
 *
 * @param scopeName names the interface of a link-local endpoint
 */
export function formatShowconf(
  status: DeviceStatus,
  scopeName?: ScopeName,
): string {
  const lines = ["[Interface]"];
  if (status.listenPort !== 0) lines.push(`ListenPort = ${status.listenPort}`);
  if (status.fwmark !== 0) {
    lines.push(`FwMark = 0x${status.fwmark.toString(16)}`);
  }
  if (status.privateKey) {
    lines.push(`PrivateKey = ${encodeKey(status.privateKey)}`);
  }
  lines.push("");
  for (const peer of status.peers) {
    if (lines.at(-1) !== "") lines.push("");
    lines.push(...peerLines(peer, scopeName));
  }
  return lines.join("\n") + "\n";
}

/** The section of one peer, without an empty line around it. */
export function peerLines(peer: PeerStatus, scopeName?: ScopeName): string[] {
  const lines = ["[Peer]", `PublicKey = ${encodeKey(peer.publicKey)}`];
  if (peer.presharedKey) {
    lines.push(`PresharedKey = ${encodeKey(peer.presharedKey)}`);
  }
  if (peer.allowedIps.length > 0) {
    lines.push(`AllowedIPs = ${peer.allowedIps.map(formatPrefix).join(", ")}`);
  }
  if (peer.endpoint) {
    lines.push(`Endpoint = ${formatEndpoint(peer.endpoint, scopeName)}`);
  }
  if (peer.persistentKeepaliveSeconds > 0) {
    lines.push(`PersistentKeepalive = ${peer.persistentKeepaliveSeconds}`);
  }
  return lines;
}
