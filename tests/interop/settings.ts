/**
 * What a tunnel's end is told, apart from any program; and the two texts that say it: for `wg setconf`, and wg0.conf.
 *
 * Keys come from the platform, so that nothing of Caktus vouches for Caktus.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";

/** A key pair in base64. */
export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

/** One end of a tunnel. */
export interface Settings {
  privateKey: string;
  listenPort?: number;
  fwmark?: number;
  /** Of the interface, with prefix lengths. */
  addresses: string[];
  mtu?: number;
  peers: PeerSettings[];
}

/** A peer of that end. */
export interface PeerSettings {
  publicKey: string;
  presharedKey?: string;
  /** `address:port` or `[address]:port`. */
  endpoint?: string;
  allowedIps: string[];
  persistentKeepaliveSeconds?: number;
}

/** A new key pair. */
export function keyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return {
    privateKey: rawKey(privateKey, "d"),
    publicKey: rawKey(publicKey, "x"),
  };
}

/** A new preshared key. */
export function presharedKey(): string {
  return randomBytes(32).toString("base64");
}

/** What `wg setconf` reads. */
export function setconfText(settings: Settings): string {
  return render(settings, false);
}

/** A whole wg0.conf. */
export function confText(settings: Settings): string {
  return render(settings, true);
}

function render(settings: Settings, whole: boolean): string {
  const own = [
    line("PrivateKey", settings.privateKey),
    line("ListenPort", settings.listenPort),
    line("FwMark", settings.fwmark),
    whole ? line("Address", settings.addresses.join(", ")) : "",
    whole ? line("MTU", settings.mtu) : "",
  ];
  return ["[Interface]\n", ...own, ...settings.peers.map(renderPeer)].join("");
}

function renderPeer(peer: PeerSettings): string {
  return [
    "\n[Peer]\n",
    line("PublicKey", peer.publicKey),
    line("PresharedKey", peer.presharedKey),
    line("Endpoint", peer.endpoint),
    line("AllowedIPs", peer.allowedIps.join(", ") || undefined),
    line("PersistentKeepalive", peer.persistentKeepaliveSeconds),
  ].join("");
}

function line(key: string, value: string | number | undefined): string {
  return value === undefined || value === "" ? "" : `${key} = ${value}\n`;
}

function rawKey(key: KeyObject, field: "d" | "x"): string {
  return Buffer.from(key.export({ format: "jwk" })[field] ?? "", "base64url")
    .toString("base64");
}
