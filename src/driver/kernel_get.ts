/**
 * Putting together what the kernel says of one of its WireGuard interfaces.
 *
 * A dump comes in parts of a few KiB. The device's own attributes stand in the
 * first; a peer whose prefixes do not fit goes on in the next part, under the
 * same public key and with nothing but more prefixes:
 *
 * ```text
 * part 1   device · peer A, all of it · peer B, prefixes 1 to 80
 * part 2            peer B, prefixes 81 to 130 · peer C
 * ```
 *
 * @module
 */

import {
  attributesOf,
  decodeAttributes,
  u32Of,
  viewOf,
} from "../../ffi/netlink_message.ts";
import { AF_INET, AF_INET6 } from "../../ffi/socket_address.ts";
import { bytesEqual } from "../config/address.ts";
import type {
  DeviceStatus,
  Endpoint,
  PeerStatus,
  Prefix,
} from "../config/config.ts";
import {
  isZero,
  type PresharedKey,
  type PrivateKey,
  type PublicKey,
} from "../noise/keys.ts";
import { ALLOWED_IP, DEVICE, PEER } from "./kernel_attributes.ts";

type Attributes = Map<number, Uint8Array>;

const KEY_LENGTH = 32;

/** The device that the parts of one dump describe. */
export function decodeDevice(parts: readonly Uint8Array[]): DeviceStatus {
  const status: DeviceStatus = {
    listenPort: 0,
    fwmark: 0,
    peers: [],
    drops: [],
  };
  for (const part of parts) readPart(status, decodeAttributes(part));
  return status;
}

function readPart(status: DeviceStatus, found: Attributes): void {
  const privateKey = keyOf<PrivateKey>(found.get(DEVICE.privateKey));
  const publicKey = keyOf<PublicKey>(found.get(DEVICE.publicKey));
  if (privateKey) status.privateKey = privateKey;
  if (publicKey) status.publicKey = publicKey;
  status.listenPort = u16Of(found.get(DEVICE.listenPort)) ?? status.listenPort;
  status.fwmark = u32Of(found.get(DEVICE.fwmark)) ?? status.fwmark;
  for (const [, bytes] of attributesOf(found.get(DEVICE.peers) ?? NOTHING)) {
    readPeer(status.peers, decodeAttributes(bytes));
  }
}

function readPeer(peers: PeerStatus[], found: Attributes): void {
  const publicKey = found.get(PEER.publicKey);
  if (publicKey?.length !== KEY_LENGTH) return;
  const allowedIps = prefixesOf(found.get(PEER.allowedIps) ?? NOTHING);
  const last = peers.at(-1);
  if (last !== undefined && bytesEqual(last.publicKey, publicKey)) {
    last.allowedIps.push(...allowedIps);
    return;
  }
  const presharedKey = keyOf<PresharedKey>(found.get(PEER.presharedKey));
  const endpoint = endpointOf(found.get(PEER.endpoint));
  const lastHandshake = timeOf(found.get(PEER.lastHandshake));
  peers.push({
    publicKey: publicKey.slice() as PublicKey,
    ...presharedKey && { presharedKey },
    ...endpoint && { endpoint },
    ...lastHandshake && { lastHandshake },
    receivedBytes: u64Of(found.get(PEER.receivedBytes)),
    sentBytes: u64Of(found.get(PEER.sentBytes)),
    persistentKeepaliveSeconds: u16Of(found.get(PEER.persistentKeepalive)) ?? 0,
    allowedIps,
    drops: [],
  });
}

function prefixesOf(list: Uint8Array): Prefix[] {
  const prefixes: Prefix[] = [];
  for (const [, bytes] of attributesOf(list)) {
    const found = decodeAttributes(bytes);
    const address = found.get(ALLOWED_IP.address);
    const length = found.get(ALLOWED_IP.length)?.[0];
    if (address !== undefined && length !== undefined) {
      prefixes.push({ address: address.slice(), length });
    }
  }
  return prefixes;
}

/** Reads a sockaddr_in or sockaddr_in6, see ffi/socket_address.ts. */
function endpointOf(name: Uint8Array | undefined): Endpoint | undefined {
  if (name === undefined || name.length < 16) return undefined;
  const view = viewOf(name);
  const family = view.getUint16(0, true);
  const port = view.getUint16(2);
  if (family === AF_INET) return { address: name.slice(4, 8), port, scope: 0 };
  if (family !== AF_INET6 || name.length < 28) return undefined;
  return {
    address: name.slice(8, 24),
    port,
    scope: view.getUint32(24, true),
  };
}

/** Reads a struct __kernel_timespec: seconds i64, nanoseconds i64. */
function timeOf(time: Uint8Array | undefined): PeerStatus["lastHandshake"] {
  if (time === undefined || time.length < 16) return undefined;
  const view = viewOf(time);
  const seconds = Number(view.getBigInt64(0, true));
  const nanoseconds = Number(view.getBigInt64(8, true));
  return seconds === 0 && nanoseconds === 0
    ? undefined
    : { seconds, nanoseconds };
}

/** A copy of a key; undefined where it is absent, or all zeros. */
function keyOf<Key extends Uint8Array>(
  bytes: Uint8Array | undefined,
): Key | undefined {
  if (bytes?.length !== KEY_LENGTH || isZero(bytes)) return undefined;
  return bytes.slice() as Uint8Array as Key;
}

function u16Of(bytes: Uint8Array | undefined): number | undefined {
  if (bytes === undefined || bytes.length < 2) return undefined;
  return viewOf(bytes).getUint16(0, true);
}

function u64Of(bytes: Uint8Array | undefined): number {
  if (bytes === undefined || bytes.length < 8) return 0;
  return Number(viewOf(bytes).getBigUint64(0, true));
}

const NOTHING = new Uint8Array();
