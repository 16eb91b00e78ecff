/**
 * `get=1`: the state of the device as text, in both directions.
 *
 * Keys stand in the order in which wireguard-go writes them; the device's
 * lines and `endpoint` only where there is something to say:
 *
 * ```text
 * private_key  listen_port  fwmark
 * public_key  preshared_key  protocol_version=1  endpoint
 *   last_handshake_time_sec  last_handshake_time_nsec  tx_bytes  rx_bytes
 *   persistent_keepalive_interval  allowed_ip…
 * errno=0
 * ```
 *
 * @module
 */

import {
  decodeHex,
  encodeHex,
  isZero,
  type PresharedKey,
  type PrivateKey,
  type PublicKey,
} from "../noise/keys.ts";
import { ConfigError, type DeviceStatus, type PeerStatus } from "./config.ts";
import { formatEndpoint, parseEndpoint, type ScopeOf } from "./endpoint.ts";
import { formatPrefix, parsePrefix } from "./prefix.ts";
import {
  formatErrno,
  linesOf,
  parseDecimal,
  printableKey,
  splitLine,
} from "./uapi.ts";

/** Writes the whole answer, `errno=0` and the blank line included. */
export function formatGet(status: DeviceStatus): string {
  return formatDevice(status) + formatPeers(status.peers) + formatErrno(0);
}

/** The first part of the answer: lines about the device itself. */
export function formatDevice(status: DeviceStatus): string {
  const lines: string[] = [];
  if (status.privateKey && !isZero(status.privateKey)) {
    lines.push(`private_key=${encodeHex(status.privateKey)}`);
  }
  if (status.listenPort !== 0) lines.push(`listen_port=${status.listenPort}`);
  if (status.fwmark !== 0) lines.push(`fwmark=${status.fwmark}`);
  return joined(lines);
}

/** The lines about some of the peers. */
export function formatPeers(peers: readonly PeerStatus[]): string {
  const lines: string[] = [];
  for (const peer of peers) pushPeer(lines, peer);
  return joined(lines);
}

function joined(lines: string[]): string {
  return lines.map((line) => line + "\n").join("");
}

function pushPeer(lines: string[], peer: PeerStatus): void {
  const psk = peer.presharedKey;
  const handshake = peer.lastHandshake;
  lines.push(`public_key=${encodeHex(peer.publicKey)}`);
  lines.push(`preshared_key=${psk ? encodeHex(psk) : "0".repeat(64)}`);
  lines.push("protocol_version=1");
  if (peer.endpoint) lines.push(`endpoint=${formatEndpoint(peer.endpoint)}`);
  lines.push(`last_handshake_time_sec=${handshake?.seconds ?? 0}`);
  lines.push(`last_handshake_time_nsec=${handshake?.nanoseconds ?? 0}`);
  lines.push(`tx_bytes=${peer.sentBytes}`);
  lines.push(`rx_bytes=${peer.receivedBytes}`);
  const keepalive = peer.persistentKeepaliveSeconds;
  lines.push(`persistent_keepalive_interval=${keepalive}`);
  for (const prefix of peer.allowedIps) {
    lines.push(`allowed_ip=${formatPrefix(prefix)}`);
  }
}

/** Where an answer came from, for its errors, and how its zones are looked up. */
export interface GetOptions {
  /** Stands for the file in a ConfigError. */
  source?: string;
  scopeOf?: ScopeOf;
}

/**
 * Reads the whole answer of any WireGuard daemon. Keys that are unknown are
 * passed over, since later versions may add some.
 *
 * @throws ConfigError where a value is wrong, or the daemon answered with an error
 */
export function parseGet(text: string, options: GetOptions = {}): DeviceStatus {
  const { source = "UAPI", scopeOf } = options;
  const status: DeviceStatus = {
    listenPort: 0,
    fwmark: 0,
    peers: [],
    drops: [],
  };
  let line = 0;
  for (const content of linesOf(text)) {
    line++;
    const [key, value] = splitLine(content) ?? ["", ""];
    if (!readLine(status, key, value, scopeOf)) {
      const problem = /^errno=-?[0-9]+$/.test(content)
        ? `the daemon answered with error ${value}`
        : "the daemon's answer is not understood";
      throw new ConfigError(source, line, printableKey(key), problem);
    }
  }
  return status;
}

function readLine(
  status: DeviceStatus,
  key: string,
  value: string,
  scopeOf: ScopeOf | undefined,
): boolean {
  if (key === "") return false;
  if (key === "errno") return value === "0";
  if (key === "public_key") {
    const publicKey = decodeHex(value) as PublicKey | undefined;
    if (publicKey) status.peers.push(emptyPeer(publicKey));
    return publicKey !== undefined;
  }
  const peer = status.peers.at(-1);
  if (peer === undefined) return readDevice(status, key, value);
  if (key === "endpoint" || key === "allowed_ip") {
    return readAddress(peer, key, value, scopeOf);
  }
  return readPeer(peer, key, value);
}

function readDevice(status: DeviceStatus, key: string, value: string): boolean {
  if (key === "private_key") {
    const privateKey = decodeHex(value) as PrivateKey | undefined;
    if (privateKey && !isZero(privateKey)) status.privateKey = privateKey;
    return privateKey !== undefined;
  }
  if (key !== "listen_port" && key !== "fwmark") return true;
  const most = key === "fwmark" ? 0xffffffff : 0xffff;
  const number = parseDecimal(value, most);
  status[key === "fwmark" ? "fwmark" : "listenPort"] = number ?? 0;
  return number !== undefined;
}

function readPeer(peer: PeerStatus, key: string, value: string): boolean {
  if (key === "preshared_key") {
    const psk = decodeHex(value) as PresharedKey | undefined;
    if (psk && !isZero(psk)) peer.presharedKey = psk;
    return psk !== undefined;
  }
  const assign = NUMBERS.get(key);
  if (assign === undefined) return true;
  const number = parseDecimal(value, Number.MAX_SAFE_INTEGER);
  if (number === undefined) return false;
  assign(peer, number);
  return true;
}

/** Where the numbers of a peer go. The seconds of a handshake come before its nanoseconds. */
const NUMBERS = new Map<string, (peer: PeerStatus, number: number) => void>([
  ["tx_bytes", (peer, number) => peer.sentBytes = number],
  ["rx_bytes", (peer, number) => peer.receivedBytes = number],
  ["persistent_keepalive_interval", (peer, number) => {
    peer.persistentKeepaliveSeconds = number;
  }],
  ["last_handshake_time_sec", (peer, number) => {
    if (number > 0) peer.lastHandshake = { seconds: number, nanoseconds: 0 };
  }],
  ["last_handshake_time_nsec", (peer, number) => {
    if (peer.lastHandshake) peer.lastHandshake.nanoseconds = number;
  }],
]);

function readAddress(
  peer: PeerStatus,
  key: "endpoint" | "allowed_ip",
  value: string,
  scopeOf: ScopeOf | undefined,
): boolean {
  try {
    if (key === "endpoint") peer.endpoint = parseEndpoint(value, scopeOf);
    else peer.allowedIps.push(parsePrefix(value).prefix);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function emptyPeer(publicKey: PublicKey): PeerStatus {
  return {
    publicKey,
    receivedBytes: 0,
    sentBytes: 0,
    persistentKeepaliveSeconds: 0,
    allowedIps: [],
    drops: [],
  };
}
