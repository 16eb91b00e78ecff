/**
 * `set=1`: a change of the device as text, in both directions.
 *
 * ```text
 * set=1
 * private_key=HEX                      all zeros clear it
 * listen_port=N  fwmark=N              0 is any port, and no mark
 * replace_peers=true                   all peers go first
 * public_key=HEX                       from here on, lines are about this peer
 *   remove=true  update_only=true
 *   preshared_key=HEX                  all zeros clear it
 *   endpoint=ADDRESS:PORT  persistent_keepalive_interval=SECONDS
 *   replace_allowed_ips=true
 *   allowed_ip=[-]ADDRESS/LENGTH       with "-" it is taken away
 *   protocol_version=1
 * ```
 *
 * wireguard-go applies each line as it reads it, so a request that fails has
 * done all that stood before the bad line. {@linkcode parseSet} keeps that: it
 * returns the change up to there together with the error. What differs: a
 * section that takes a prefix from another peer, and only then says `remove` or
 * (of a peer that is new) `update_only`, leaves the prefix where it was. wg(8)
 * sends no such thing.
 *
 * @module
 */

import {
  clamp,
  decodeHex,
  encodeHex,
  isZero,
  type PresharedKey,
  type PublicKey,
} from "../noise/keys.ts";
import type { DeviceChange, PeerChange } from "./config.ts";
import { formatEndpoint, parseEndpoint, type ScopeOf } from "./endpoint.ts";
import { formatPrefix, parsePrefix } from "./prefix.ts";
import {
  EINVAL,
  EIO,
  EPROTO,
  type Errno,
  linesOf,
  MAX_LINE,
  parseDecimal,
  printableKey,
  splitLine,
} from "./uapi.ts";

/** What a request asks for, and why it fails if it does. */
export interface SetRequest {
  /** What came before the error; all of it where there is none. */
  change: DeviceChange;
  error?: SetError;
}

/** The first bad line of a request. */
export interface SetError {
  errno: Errno;
  /** 1 is the line `set=1`. */
  line: number;
  /** The key of the line, without its value, which may be secret; "" where it has no sensible one. */
  key: string;
}

/** Zone names are looked up only where the caller can. */
export interface SetOptions {
  scopeOf?: ScopeOf;
}

/**
 * Reads a whole request, from its line `set=1` to its blank line, or to the end
 * of the text. Never throws.
 */
export function parseSet(text: string, options: SetOptions = {}): SetRequest {
  const reader = new SetReader(options.scopeOf);
  let line = 0;
  for (const content of linesOf(text)) {
    line++;
    if (line === 1 && content === "set=1") continue;
    const errno = reader.read(content);
    if (errno !== 0) {
      const key = printableKey(splitLine(content)?.[0] ?? "");
      return { change: reader.change, error: { errno, line, key } };
    }
  }
  return { change: reader.change };
}

/** Writes a whole request, from `set=1` to the blank line. */
export function formatSet(change: DeviceChange): string {
  const lines = ["set=1"];
  if (change.privateKey !== undefined) {
    lines.push(`private_key=${formatMaybeKey(change.privateKey)}`);
  }
  if (change.listenPort !== undefined) {
    lines.push(`listen_port=${change.listenPort}`);
  }
  if (change.fwmark !== undefined) lines.push(`fwmark=${change.fwmark}`);
  if (change.replacePeers) lines.push("replace_peers=true");
  for (const peer of change.peers) pushPeer(lines, peer);
  return lines.join("\n") + "\n\n";
}

function pushPeer(lines: string[], peer: PeerChange): void {
  lines.push(`public_key=${encodeHex(peer.publicKey)}`);
  if (peer.updateOnly) lines.push("update_only=true");
  if (peer.remove) {
    lines.push("remove=true");
    return;
  }
  if (peer.presharedKey !== undefined) {
    lines.push(`preshared_key=${formatMaybeKey(peer.presharedKey)}`);
  }
  if (peer.endpoint) lines.push(`endpoint=${formatEndpoint(peer.endpoint)}`);
  if (peer.persistentKeepaliveSeconds !== undefined) {
    const seconds = peer.persistentKeepaliveSeconds;
    lines.push(`persistent_keepalive_interval=${seconds}`);
  }
  if (peer.replaceAllowedIps) lines.push("replace_allowed_ips=true");
  for (const { prefix, remove } of peer.allowedIps) {
    lines.push(`allowed_ip=${remove ? "-" : ""}${formatPrefix(prefix)}`);
  }
}

function formatMaybeKey(key: Uint8Array | null): string {
  return key === null ? "0".repeat(64) : encodeHex(key);
}

/** Reads line after line into one change. */
class SetReader {
  readonly change: DeviceChange = { peers: [] };
  /** What the current peer's lines have become; they apply to the last of these. */
  #parts: PeerChange[] = [];
  #scopeOf: ScopeOf | undefined;

  constructor(scopeOf: ScopeOf | undefined) {
    this.#scopeOf = scopeOf;
  }

  /** @returns the error of this line; 0 where it was taken */
  read(line: string): Errno {
    if (line.length >= MAX_LINE) return EIO;
    const pair = splitLine(line);
    if (pair === undefined) return EPROTO;
    const [key, value] = pair;
    let taken: boolean;
    const peer = this.#parts.at(-1);
    if (key === "public_key") taken = this.#openPeer(value);
    else if (peer === undefined) taken = this.#readDevice(key, value);
    else taken = this.#readPeer(peer, key, value);
    return taken ? 0 : EINVAL;
  }

  #openPeer(value: string): boolean {
    const publicKey = decodeHex(value) as PublicKey | undefined;
    if (publicKey === undefined) return false;
    this.#parts = [];
    return this.#addPart({ publicKey, allowedIps: [] });
  }

  #readDevice(key: string, value: string): boolean {
    const change = this.change;
    switch (key) {
      case "private_key": {
        const privateKey = decodeHex(value);
        if (privateKey === undefined) return false;
        change.privateKey = isZero(privateKey) ? null : clamp(privateKey);
        return true;
      }
      case "listen_port":
        return take(parseDecimal(value, 0xffff), (n) => change.listenPort = n);
      case "fwmark":
        return take(parseDecimal(value, 0xffffffff), (n) => change.fwmark = n);
      case "replace_peers":
        return value === "true" && (change.replacePeers = true);
      default:
        return false;
    }
  }

  #readPeer(peer: PeerChange, key: string, value: string): boolean {
    // After remove=true the lines of this peer are checked, and change nothing.
    const into = peer.remove ? { ...peer, allowedIps: [] } : peer;
    switch (key) {
      case "update_only":
        return value === "true" && this.#setUpdateOnly();
      case "remove":
        return value === "true" && (into.remove = true);
      case "preshared_key": {
        const key = decodeHex(value) as PresharedKey | undefined;
        return take(key, (key) => into.presharedKey = isZero(key) ? null : key);
      }
      case "endpoint":
        return attempt(() =>
          into.endpoint = parseEndpoint(value, this.#scopeOf)
        );
      case "persistent_keepalive_interval":
        return take(
          parseDecimal(value, 0xffff),
          (n) => into.persistentKeepaliveSeconds = n,
        );
      case "replace_allowed_ips":
        return value === "true" && this.#replaceAllowedIps(into);
      case "allowed_ip":
        return attempt(() => readAllowedIp(into, value));
      case "protocol_version":
        return value === "1";
      default:
        return false;
    }
  }

  #setUpdateOnly(): true {
    for (const part of this.#parts) part.updateOnly = true;
    return true;
  }

  /** Prefixes given before this line go again, but were taken from other peers all the same. */
  #replaceAllowedIps(peer: PeerChange): true {
    if (peer.allowedIps.length === 0) return peer.replaceAllowedIps = true;
    const { publicKey, updateOnly } = peer;
    return this.#addPart({
      publicKey,
      ...updateOnly && { updateOnly },
      replaceAllowedIps: true,
      allowedIps: [],
    });
  }

  #addPart(part: PeerChange): true {
    this.#parts.push(part);
    this.change.peers.push(part);
    return true;
  }
}

function readAllowedIp(peer: PeerChange, value: string): void {
  const remove = value.startsWith("-");
  const text = remove ? value.slice(1) : value;
  if (!text.includes("/")) throw new SyntaxError("the length is missing");
  const { prefix } = parsePrefix(text);
  peer.allowedIps.push(remove ? { prefix, remove } : { prefix });
}

function take<T>(value: T | undefined, assign: (value: T) => void): boolean {
  if (value === undefined) return false;
  assign(value);
  return true;
}

function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
