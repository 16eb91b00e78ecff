/**
 * A change of one of the kernel's WireGuard interfaces as messages, each of
 * which the kernel takes whole.
 *
 * A list is an attribute, and its length has 16 bits; so a long change goes in
 * parts. What replaces stands in the first part only, since each part is a
 * change of its own:
 *
 * ```text
 * part 1   name · keys, port, mark · replace peers · A, replace prefixes, 1 to 900
 * part 2   name                                    · A, prefixes 901 to 1000 · B
 * ```
 *
 * @module
 */

import { Struct } from "../../ffi/memory.ts";
import { cString } from "../../ffi/memory.ts";
import { attribute, nested, u32Payload } from "../../ffi/netlink_message.ts";
import {
  AF_INET,
  AF_INET6,
  nameLength,
  writeName,
} from "../../ffi/socket_address.ts";
import type {
  AllowedIpChange,
  DeviceChange,
  Endpoint,
  PeerChange,
} from "../config/config.ts";
import {
  ALLOWED_IP,
  ALLOWED_IP_REMOVE,
  DEVICE,
  DEVICE_REPLACE_PEERS,
  ELEMENT,
  PEER,
  PEER_REMOVE,
  PEER_REPLACE_ALLOWED_IPS,
  PEER_UPDATE_ONLY,
} from "./kernel_attributes.ts";

/**
 * Bytes of the attributes of one message: half of what a list's length can say,
 * and far below a socket's send buffer of 208 KiB.
 */
export const MESSAGE_LIMIT = 32 * 1024;

/** Bytes of an attribute before its payload. */
const ATTRIBUTE_HEAD = 4;
const NO_KEY = new Uint8Array(32);

/**
 * The attributes of each message, to be sent one after the other.
 *
 * @param limit bytes of a message's attributes, at least 512
 */
export function encodeChange(
  name: string,
  change: DeviceChange,
  limit = MESSAGE_LIMIT,
): Uint8Array[][] {
  const parts = new Parts(name, deviceHead(change), limit);
  for (const peer of change.peers) parts.add(peer);
  return parts.end();
}

/** Fills one message after the other with peers. */
class Parts {
  readonly #name: Uint8Array;
  readonly #limit: number;
  readonly #done: Uint8Array[][] = [];
  /** What stands before the peers in the message that is being filled. */
  #head: Uint8Array[];
  #peers: Uint8Array[] = [];
  #room: number;

  constructor(name: string, head: Uint8Array[], limit: number) {
    this.#name = attribute(DEVICE.name, cString(name));
    this.#limit = limit;
    this.#head = [this.#name, ...head];
    this.#room = this.#roomForPeers();
  }

  /** Adds a peer; one with more prefixes than fit goes on in the next message. */
  add(peer: PeerChange): void {
    const prefixes = peer.remove ? [] : peer.allowedIps.map(encodeAllowedIp);
    let head = peerHead(peer);
    let next = 0;
    do {
      const least = elementLength(head, prefixes.slice(next, next + 1));
      if (least > this.#room && this.#peers.length > 0) this.#close();
      const end = next + fitting(prefixes, next, this.#room - sizeOf(head));
      this.#push(head, prefixes.slice(next, end));
      next = end;
      head = continuedHead(peer);
    } while (next < prefixes.length);
  }

  /** All messages; one at least. */
  end(): Uint8Array[][] {
    if (this.#peers.length > 0 || this.#done.length === 0) this.#close();
    return this.#done;
  }

  #push(head: Uint8Array[], prefixes: Uint8Array[]): void {
    const list = prefixes.length > 0
      ? [nested(PEER.allowedIps, ...prefixes)]
      : [];
    const element = nested(ELEMENT, ...head, ...list);
    this.#peers.push(element);
    this.#room -= element.length;
  }

  #close(): void {
    const list = this.#peers.length > 0
      ? [nested(DEVICE.peers, ...this.#peers)]
      : [];
    this.#done.push([...this.#head, ...list]);
    this.#head = [this.#name];
    this.#peers = [];
    this.#room = this.#roomForPeers();
  }

  #roomForPeers(): number {
    return this.#limit - sizeOf(this.#head) - ATTRIBUTE_HEAD;
  }
}

function deviceHead(change: DeviceChange): Uint8Array[] {
  const { privateKey, listenPort, fwmark, replacePeers } = change;
  const head: Uint8Array[] = [];
  if (privateKey !== undefined) {
    head.push(attribute(DEVICE.privateKey, privateKey ?? NO_KEY));
  }
  if (listenPort !== undefined) {
    head.push(attribute(DEVICE.listenPort, u16Payload(listenPort)));
  }
  if (fwmark !== undefined) {
    head.push(attribute(DEVICE.fwmark, u32Payload(fwmark)));
  }
  if (replacePeers) {
    head.push(attribute(DEVICE.flags, u32Payload(DEVICE_REPLACE_PEERS)));
  }
  return head;
}

function peerHead(peer: PeerChange): Uint8Array[] {
  const head = [attribute(PEER.publicKey, peer.publicKey)];
  const flags = flagsOf(peer);
  if (flags !== 0) head.push(attribute(PEER.flags, u32Payload(flags)));
  if (peer.remove) return head;
  const { presharedKey, endpoint, persistentKeepaliveSeconds } = peer;
  if (presharedKey !== undefined) {
    head.push(attribute(PEER.presharedKey, presharedKey ?? NO_KEY));
  }
  if (endpoint) head.push(attribute(PEER.endpoint, encodeEndpoint(endpoint)));
  if (persistentKeepaliveSeconds !== undefined) {
    const seconds = u16Payload(persistentKeepaliveSeconds);
    head.push(attribute(PEER.persistentKeepalive, seconds));
  }
  return head;
}

/** A peer that is gone again since the part before is not to come back with some of its prefixes. */
function continuedHead({ publicKey }: PeerChange): Uint8Array[] {
  return [
    attribute(PEER.publicKey, publicKey),
    attribute(PEER.flags, u32Payload(PEER_UPDATE_ONLY)),
  ];
}

function flagsOf(peer: PeerChange): number {
  return (peer.remove ? PEER_REMOVE : 0) |
    (peer.replaceAllowedIps && !peer.remove ? PEER_REPLACE_ALLOWED_IPS : 0) |
    (peer.updateOnly ? PEER_UPDATE_ONLY : 0);
}

function encodeAllowedIp({ prefix, remove }: AllowedIpChange): Uint8Array {
  const { address, length } = prefix;
  const family = address.length === 4 ? AF_INET : AF_INET6;
  return nested(
    ELEMENT,
    attribute(ALLOWED_IP.family, u16Payload(family)),
    attribute(ALLOWED_IP.address, address),
    attribute(ALLOWED_IP.length, new Uint8Array([length])),
    ...(remove
      ? [attribute(ALLOWED_IP.flags, u32Payload(ALLOWED_IP_REMOVE))]
      : []),
  );
}

function encodeEndpoint(endpoint: Endpoint): Uint8Array {
  const name = new Struct(nameLength(endpoint));
  writeName(name, 0, endpoint);
  return name.bytes;
}

function u16Payload(value: number): Uint8Array {
  return new Uint8Array(new Uint16Array([value]).buffer);
}

/** Bytes of a peer with these prefixes. */
function elementLength(head: Uint8Array[], prefixes: Uint8Array[]): number {
  const list = prefixes.length > 0 ? ATTRIBUTE_HEAD + sizeOf(prefixes) : 0;
  return ATTRIBUTE_HEAD + sizeOf(head) + list;
}

/** How many of the prefixes from `start` on fit in a peer with so much room; one at least, where there is one. */
function fitting(
  prefixes: readonly Uint8Array[],
  start: number,
  room: number,
): number {
  let left = room - 2 * ATTRIBUTE_HEAD;
  let count = 0;
  for (const { length } of prefixes.slice(start)) {
    left -= length;
    if (left < 0 && count > 0) break;
    count++;
  }
  return count;
}

function sizeOf(attributes: readonly Uint8Array[]): number {
  return attributes.reduce((sum, { length }) => sum + length, 0);
}
