/**
 * What `show` prints for a person, as wg(8) prints it, to the byte.
 *
 * ```text
 * interface: wg0
 *   public key: …
 *   private key: (hidden)
 *   listening port: 51820
 *   fwmark: 0xca6c
 *
 * peer: …
 *   preshared key: (hidden)
 *   endpoint: 192.0.2.1:51820
 *   allowed ips: 10.0.0.1/32, fd00::/64
 *   latest handshake: 1 minute, 5 seconds ago
 *   transfer: 1.23 KiB received, 4.56 MiB sent
 *   persistent keepalive: every 25 seconds
 * ```
 *
 * Pure functions: the wall clock is passed in. Colours always stand in the
 * text; terminal.ts takes them out again.
 *
 * @module
 */

import type { DeviceStatus, PeerStatus, Prefix } from "../config/config.ts";
import { formatEndpoint, type ScopeName } from "../config/endpoint.ts";
import { formatPrefix } from "../config/prefix.ts";
import { encodeKey } from "../noise/keys.ts";
import { bold, cyan, green, red, yellow } from "./terminal.ts";

/** How the text is to be. */
export interface ShowOptions {
  /** Wall clock, seconds since 1970. */
  readonly nowSeconds: number;
  /** Private and preshared keys as `(hidden)`. */
  readonly hideKeys: boolean;
  readonly scopeName?: ScopeName;
}

/** One interface and its peers, the most recent handshake first. */
export function interfaceText(
  name: string,
  status: DeviceStatus,
  options: ShowOptions,
): string {
  const head = `\x1b[0m\x1b[32m${bold("interface")}: ${green(name)}\n`;
  const peers = status.peers.toSorted(byHandshake);
  return head + interfaceLines(status, options) +
    peers.map((peer) => "\n" + peerText(peer, options)).join("");
}

/** `1 day, 2 hours`: years of 365 days, and no unit that is zero. */
export function durationText(seconds: number): string {
  const units: [string, number][] = [
    ["year", 365 * 24 * 3600],
    ["day", 24 * 3600],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];
  let rest = seconds;
  const parts: string[] = [];
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    rest %= length;
    if (count > 0) {
      parts.push(`${count} ${cyan(count > 1 ? `${unit}s` : unit)}`);
    }
  }
  return parts.join(", ");
}

/** `1.50 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} ${cyan("B")}`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${twoDigits(value)} ${cyan(units[unit]!)}`;
}

/** As printf(3) writes it: of two equally near numbers the even one. */
function twoDigits(value: number): string {
  const halfway = value * 8 % 2 === 1;
  const hundredths = Math.floor(value * 100);
  return halfway && hundredths % 2 === 0
    ? (hundredths / 100).toFixed(2)
    : value.toFixed(2);
}

function interfaceLines(status: DeviceStatus, options: ShowOptions): string {
  const { publicKey, privateKey, listenPort, fwmark } = status;
  return [
    line("public key", publicKey && encodeKey(publicKey)),
    line("private key", privateKey && keyText(privateKey, options)),
    line("listening port", listenPort || undefined),
    line("fwmark", fwmark === 0 ? undefined : `0x${fwmark.toString(16)}`),
  ].join("");
}

function peerText(peer: PeerStatus, options: ShowOptions): string {
  const { presharedKey, endpoint, lastHandshake } = peer;
  const keepalive = peer.persistentKeepaliveSeconds;
  const key = yellow(encodeKey(peer.publicKey));
  return `\x1b[33m${bold("peer")}: ${key}\n` + [
    line("preshared key", presharedKey && keyText(presharedKey, options)),
    line("endpoint", endpoint && formatEndpoint(endpoint, options.scopeName)),
    line("allowed ips", allowedText(peer.allowedIps)),
    line(
      "latest handshake",
      lastHandshake && agoText(lastHandshake.seconds, options.nowSeconds),
    ),
    line("transfer", transferText(peer)),
    line(
      "persistent keepalive",
      keepalive === 0 ? undefined : `every ${durationText(keepalive)}`,
    ),
  ].join("");
}

function line(name: string, value: string | number | undefined): string {
  return value === undefined ? "" : `  ${bold(name)}: ${value}\n`;
}

function keyText(key: Uint8Array, { hideKeys }: ShowOptions): string {
  return hideKeys ? "(hidden)" : encodeKey(key);
}

function allowedText(prefixes: readonly Prefix[]): string {
  if (prefixes.length === 0) return "(none)";
  const slash = cyan("/");
  return prefixes.map((prefix) => formatPrefix(prefix).replace("/", slash))
    .join(", ");
}

function agoText(then: number, now: number): string {
  if (then === now) return "Now";
  if (then > now) {
    return `(${
      red("System clock wound backward; connection problems may ensue.")
    })`;
  }
  return `${durationText(now - then)} ago`;
}

function transferText(peer: PeerStatus): string | undefined {
  const { receivedBytes, sentBytes } = peer;
  if (receivedBytes === 0 && sentBytes === 0) return undefined;
  return `${bytesText(receivedBytes)} received, ${bytesText(sentBytes)} sent`;
}

/** Sorts the most recent handshake first, and peers without one last. */
function byHandshake(a: PeerStatus, b: PeerStatus): number {
  const none = { seconds: 0, nanoseconds: 0 };
  const [x, y] = [a.lastHandshake ?? none, b.lastHandshake ?? none];
  return y.seconds - x.seconds || y.nanoseconds - x.nanoseconds;
}
