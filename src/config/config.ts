/**
 * What the user wrote and what the user is shown, as plain data.
 *
 * ```text
 * wg0.conf ──wg_conf.ts──▶ Config ──device_change.ts──▶ DeviceChange ◀──uapi_set.ts──▶ set=1 text
 *                                                        │
 *                                                        ▼
 *                          showconf ◀── DeviceStatus ◀── Device
 *                                            ◀──uapi_get.ts──▶ get=1 text
 * ```
 *
 * Nothing here reads a file, resolves a name or knows the kernel.
 *
 * @module
 */

import type { PresharedKey, PrivateKey, PublicKey } from "../noise/keys.ts";

/** An IP prefix: an address of 4 or 16 bytes whose host bits are zero. */
export interface Prefix {
  readonly address: Uint8Array;
  /** Bits that count: 0 to 32, or 0 to 128. */
  readonly length: number;
}

/** An address of the interface and the prefix length of its network. */
export interface InterfaceAddress {
  /** 4 or 16 bytes, host bits kept. */
  readonly address: Uint8Array;
  readonly length: number;
}

/** Where a peer is reached over UDP. Never changed in place: compare by identity first. */
export interface Endpoint {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  /** Interface index that scopes a link-local IPv6 address; else 0. */
  readonly scope: number;
  /** The local address that the peer spoke to, from which it is answered; 4 or 16 bytes. */
  readonly source?: Uint8Array;
}

/** An endpoint as text: a name or an address, not yet resolved. */
export interface EndpointText {
  /** Host name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Line of the file. */
  readonly line: number;
}

/** A command of PreUp, PostUp, PreDown or PostDown, `%i` not yet replaced. */
export interface Hook {
  /** Bytes that are no UTF-8 stand as U+DC80 to U+DCFF (0xDC00 + byte), so that none is lost. */
  readonly command: string;
  readonly line: number;
}

/** Where the routes go that follow from AllowedIPs: nowhere, or into this table. */
export type RouteTable = "off" | {
  readonly number: number;
  /** As the user wrote it: a name of iproute2's, or digits. */
  readonly name: string;
};

/** DNS: name servers, and the domains in which a name without dots is looked for. */
export interface DnsConfig {
  /** IP addresses as the user wrote them. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
}

/** The [Interface] section. */
export interface InterfaceConfig {
  privateKey?: PrivateKey;
  listenPort?: number;
  fwmark?: number;
  addresses: InterfaceAddress[];
  mtu?: number;
  dns?: DnsConfig;
  /** Absent is `auto`: the main table, or one of the tunnel's own. */
  table?: RouteTable;
  /** Whether the file becomes what the interface is when that is taken down; absent is false. */
  saveConfig?: boolean;
  preUp: Hook[];
  postUp: Hook[];
  preDown: Hook[];
  postDown: Hook[];
}

/** One [Peer] section. */
export interface PeerConfig {
  publicKey: PublicKey;
  presharedKey?: PresharedKey;
  endpoint?: EndpointText;
  allowedIps: Prefix[];
  /** Line of each of `allowedIps`; absent where the peer was not read from a file. */
  allowedIpLines?: number[];
  persistentKeepaliveSeconds?: number;
  /** Line of the [Peer] header. */
  line: number;
}

/** A whole wg0.conf. */
export interface Config {
  interface: InterfaceConfig;
  peers: PeerConfig[];
  /** One line each, `wg0.conf:LINE: KEY: …`; what was accepted though it is likely a mistake. */
  warnings: string[];
}

/** One request to change a device: `set=1` of the UAPI. Fields that are absent leave things as they are. */
export interface DeviceChange {
  /** `null` clears the key. */
  privateKey?: PrivateKey | null;
  /** 0 chooses a free port. */
  listenPort?: number;
  /** 0 is off. */
  fwmark?: number;
  replacePeers?: boolean;
  /** In order of the request; a peer may stand in it more than once. */
  peers: PeerChange[];
}

/** What a request says of one peer. */
export interface PeerChange {
  publicKey: PublicKey;
  remove?: boolean;
  /** Do nothing where there is no such peer. */
  updateOnly?: boolean;
  /** `null` clears the key. */
  presharedKey?: PresharedKey | null;
  endpoint?: Endpoint;
  /** 0 is off. */
  persistentKeepaliveSeconds?: number;
  replaceAllowedIps?: boolean;
  /** In order of the request. */
  allowedIps: AllowedIpChange[];
}

/** A prefix that is given to a peer, or taken from it. */
export interface AllowedIpChange {
  prefix: Prefix;
  remove?: boolean;
}

/** What a device is: `get=1` of the UAPI. */
export interface DeviceStatus {
  privateKey?: PrivateKey;
  publicKey?: PublicKey;
  /** 0 where no socket is bound. */
  listenPort: number;
  fwmark: number;
  /** In the order in which they were added. */
  peers: PeerStatus[];
  /** Drops that no peer can be charged with. */
  drops: DropCount[];
}

/** What a device says of one peer. */
export interface PeerStatus {
  publicKey: PublicKey;
  presharedKey?: PresharedKey;
  endpoint?: Endpoint;
  /** Of the last completed handshake, by the wall clock; absent before the first. */
  lastHandshake?: { seconds: number; nanoseconds: number };
  receivedBytes: number;
  sentBytes: number;
  persistentKeepaliveSeconds: number;
  allowedIps: Prefix[];
  drops: DropCount[];
}

/** How often packets were dropped for one reason, in words. */
export interface DropCount {
  reason: string;
  count: number;
}

/** What is wrong with a file, where, and what to do; never holds the value of a key field. */
export class ConfigError extends SyntaxError {
  override name = "ConfigError";
  /**
   * @param file as the user named it
   * @param line 1 is the first; 0 where the whole file is meant
   * @param key the key as the user wrote it; "" where no key is meant
   * @param problem what is wrong and what to do, without a period at its end
   */
  constructor(
    readonly file: string,
    readonly line: number,
    readonly key: string,
    readonly problem: string,
  ) {
    const place = line > 0 ? `${file}:${line}` : file;
    super(key === "" ? `${place}: ${problem}` : `${place}: ${key}: ${problem}`);
  }
}
