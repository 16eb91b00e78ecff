/**
 * What `show IF FIELD` and `show IF dump` print for a program, as wg(8) prints it, to the byte.
 *
 * | field                           | lines                                   |
 * |---------------------------------|-----------------------------------------|
 * | public-key … fwmark             | one, the value                          |
 * | peers                           | one a peer, its public key              |
 * | preshared-keys … keepalive      | one a peer, public key, tab, value      |
 * | dump                            | all of it, with tabs between            |
 *
 * What is absent is `(none)` or `off`. With `show all` each line begins with the
 * interface's name and a tab.
 *
 * @module
 */

import type { DeviceStatus, PeerStatus, Prefix } from "../config/config.ts";
import { formatEndpoint, type ScopeName } from "../config/endpoint.ts";
import { formatPrefix } from "../config/prefix.ts";
import { encodeKey } from "../noise/keys.ts";

type DeviceField = (status: DeviceStatus) => string;
type PeerField = (peer: PeerStatus, scopeName?: ScopeName) => string;

const NONE = "(none)";

const DEVICE_FIELDS: Record<string, DeviceField> = {
  "public-key": ({ publicKey }) => keyText(publicKey),
  "private-key": ({ privateKey }) => keyText(privateKey),
  "listen-port": ({ listenPort }) => String(listenPort),
  "fwmark": ({ fwmark }) => markText(fwmark),
};

const PEER_FIELDS: Record<string, PeerField> = {
  "preshared-keys": ({ presharedKey }) => keyText(presharedKey),
  "endpoints": endpointText,
  "allowed-ips": ({ allowedIps }) => prefixesText(allowedIps, " "),
  "latest-handshakes": handshakeText,
  "transfer": transferText,
  "persistent-keepalive": keepaliveText,
};

/** The fields in the order in which the usage names them. */
export const FIELDS = [
  ...Object.keys(DEVICE_FIELDS),
  "peers",
  ...Object.keys(PEER_FIELDS),
  "dump",
];

/**
 * The lines of one field.
 *
 * @param before what each line begins with
 * @returns undefined where there is no such field
 */
export function fieldText(
  field: string,
  status: DeviceStatus,
  before: string,
  scopeName?: ScopeName,
): string | undefined {
  return fieldLines(field, status, scopeName)
    ?.map((line) => `${before}${line}\n`).join("");
}

function fieldLines(
  field: string,
  status: DeviceStatus,
  scopeName?: ScopeName,
): string[] | undefined {
  const { peers } = status;
  const ofDevice = own(DEVICE_FIELDS, field);
  if (ofDevice !== undefined) return [ofDevice(status)];
  const ofPeer = own(PEER_FIELDS, field);
  if (ofPeer !== undefined) {
    return peers.map((peer) =>
      `${encodeKey(peer.publicKey)}\t${ofPeer(peer, scopeName)}`
    );
  }
  if (field === "peers") return peers.map((peer) => encodeKey(peer.publicKey));
  if (field !== "dump") return undefined;
  return [deviceDump(status), ...peers.map((p) => peerDump(p, scopeName))];
}

function own<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function deviceDump(status: DeviceStatus): string {
  return [
    keyText(status.privateKey),
    keyText(status.publicKey),
    status.listenPort,
    markText(status.fwmark),
  ].join("\t");
}

function peerDump(peer: PeerStatus, scopeName?: ScopeName): string {
  return [
    encodeKey(peer.publicKey),
    keyText(peer.presharedKey),
    endpointText(peer, scopeName),
    prefixesText(peer.allowedIps, ","),
    handshakeText(peer),
    transferText(peer),
    keepaliveText(peer),
  ].join("\t");
}

function keyText(key: Uint8Array | undefined): string {
  return key === undefined ? NONE : encodeKey(key);
}

function markText(mark: number): string {
  return mark === 0 ? "off" : `0x${mark.toString(16)}`;
}

function endpointText({ endpoint }: PeerStatus, scopeName?: ScopeName): string {
  return endpoint === undefined ? NONE : formatEndpoint(endpoint, scopeName);
}

function prefixesText(prefixes: readonly Prefix[], between: string): string {
  return prefixes.length === 0
    ? NONE
    : prefixes.map(formatPrefix).join(between);
}

function handshakeText({ lastHandshake }: PeerStatus): string {
  return String(lastHandshake?.seconds ?? 0);
}

function transferText({ receivedBytes, sentBytes }: PeerStatus): string {
  return `${receivedBytes}\t${sentBytes}`;
}

function keepaliveText(peer: PeerStatus): string {
  const seconds = peer.persistentKeepaliveSeconds;
  return seconds === 0 ? "off" : String(seconds);
}
