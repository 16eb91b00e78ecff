/**
 * What `--json` prints: the schema of docs/json.md, the same for one interface and for all.
 *
 * ```text
 * { "interfaces": [ { "name", … , "peers": [ { "publicKey", … } ] } ] }
 * ```
 *
 * Numbers are numbers, and 0 is off; what there is none of is null. Private and
 * preshared keys are there only where they were asked for.
 *
 * @module
 */

import type { DeviceStatus, DropCount, PeerStatus } from "../config/config.ts";
import { formatEndpoint, type ScopeName } from "../config/endpoint.ts";
import { formatPrefix } from "../config/prefix.ts";
import type { DeviceDrops } from "../config/uapi_drops.ts";
import { encodeKey } from "../noise/keys.ts";

/** An object of the output. */
export type Json = Record<string, unknown>;

const DEVICE_KEYS: Record<string, (status: DeviceStatus) => unknown> = {
  publicKey: ({ publicKey }) => keyText(publicKey),
  privateKey: ({ privateKey }) => keyText(privateKey),
  listenPort: ({ listenPort }) => listenPort,
  fwmark: ({ fwmark }) => fwmark,
};

const PEER_KEYS: Record<
  string,
  (peer: PeerStatus, scopeName?: ScopeName) => unknown
> = {
  publicKey: ({ publicKey }) => encodeKey(publicKey),
  hasPresharedKey: ({ presharedKey }) => presharedKey !== undefined,
  presharedKey: ({ presharedKey }) => keyText(presharedKey),
  endpoint: ({ endpoint }, scopeName) =>
    endpoint === undefined ? null : formatEndpoint(endpoint, scopeName),
  allowedIps: ({ allowedIps }) => allowedIps.map(formatPrefix),
  latestHandshakeUnixSeconds: ({ lastHandshake }) =>
    lastHandshake?.seconds ?? null,
  receivedBytes: ({ receivedBytes }) => receivedBytes,
  sentBytes: ({ sentBytes }) => sentBytes,
  persistentKeepaliveSeconds: (peer) => peer.persistentKeepaliveSeconds,
};

/** Which keys are shown. */
interface Selection {
  readonly device: readonly string[];
  /** Undefined where peers are not shown at all. */
  readonly peer?: readonly string[];
}

const ALL: Selection = {
  device: Object.keys(DEVICE_KEYS),
  peer: Object.keys(PEER_KEYS),
};

const ofDevice = (...device: string[]): Selection => ({ device });
const ofPeer = (...peer: string[]): Selection => ({
  device: [],
  peer: ["publicKey", ...peer],
});

/** What each field of `show` is here. */
const FIELDS: Record<string, Selection> = {
  "public-key": ofDevice("publicKey"),
  "private-key": ofDevice("privateKey"),
  "listen-port": ofDevice("listenPort"),
  "fwmark": ofDevice("fwmark"),
  "peers": ofPeer(),
  "preshared-keys": ofPeer("presharedKey"),
  "endpoints": ofPeer("endpoint"),
  "allowed-ips": ofPeer("allowedIps"),
  "latest-handshakes": ofPeer("latestHandshakeUnixSeconds"),
  "transfer": ofPeer("receivedBytes", "sentBytes"),
  "persistent-keepalive": ofPeer("persistentKeepaliveSeconds"),
  "dump": ALL,
};

const SHOWCONF: Selection = {
  device: ["privateKey", "listenPort", "fwmark"],
  peer: [
    ...["publicKey", "presharedKey", "allowedIps", "endpoint"],
    "persistentKeepaliveSeconds",
  ],
};

/** Keys that are shown only to who asks for them. */
const SECRETS = ["privateKey", "presharedKey"];

/**
 * An interface as `show` shows it.
 *
 * @param field of `show`; undefined for everything but secrets
 * @param hideKeys whether everything is without secrets
 * @returns undefined where there is no such field
 */
export function interfaceJson(
  name: string,
  status: DeviceStatus,
  field: string | undefined,
  hideKeys: boolean,
  scopeName?: ScopeName,
): Json | undefined {
  if (field !== undefined) {
    const selection = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    return selection && select(name, status, selection, scopeName);
  }
  const open = (key: string) => !hideKeys || !SECRETS.includes(key);
  const selection = {
    device: ALL.device.filter(open),
    peer: ALL.peer!.filter(open),
  };
  return select(name, status, selection, scopeName);
}

/** An interface as `showconf` shows it, keys included. */
export function configurationJson(
  name: string,
  status: DeviceStatus,
  scopeName?: ScopeName,
): Json {
  return select(name, status, SHOWCONF, scopeName);
}

/** The drops of an interface. */
export function dropsJson(name: string, device: DeviceDrops): Json {
  return {
    name,
    drops: dropList(device.drops),
    peers: device.peers.map(({ publicKey, drops }) => ({
      publicKey: encodeKey(publicKey),
      drops: dropList(drops),
    })),
  };
}

/** The whole output. */
export function jsonText(interfaces: readonly Json[]): string {
  return JSON.stringify({ interfaces }, null, 2) + "\n";
}

function select(
  name: string,
  status: DeviceStatus,
  { device, peer }: Selection,
  scopeName: ScopeName | undefined,
): Json {
  const result: Json = { name };
  for (const key of device) result[key] = DEVICE_KEYS[key]!(status);
  if (peer === undefined) return result;
  result.peers = status.peers.map((each) =>
    Object.fromEntries(
      peer.map((key) => [key, PEER_KEYS[key]!(each, scopeName)]),
    )
  );
  return result;
}

function dropList(drops: readonly DropCount[]): DropCount[] {
  return drops.filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

function keyText(key: Uint8Array | undefined): string | null {
  return key === undefined ? null : encodeKey(key);
}
