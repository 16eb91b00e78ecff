/**
 * IPv6 packets and forged handshake messages, for scenarios.
 *
 * @module
 */

import { parsePrefix } from "../../src/config/prefix.ts";
import { addMac1, mac1Key } from "../../src/noise/cookie.ts";
import type { PublicKey } from "../../src/noise/keys.ts";

/** An IPv6 packet of `length` bytes with `mark` in its last two. */
export function packet6(
  source: string,
  destination: string,
  mark = 0,
  length = 104,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x60;
  view.setUint16(4, length - 40);
  bytes.set(parsePrefix(source).prefix.address, 8);
  bytes.set(parsePrefix(destination).prefix.address, 24);
  view.setUint16(length - 2, mark);
  return bytes;
}

/**
 * A message of random bytes under a type, with the mac1 that anybody can make
 * who knows the receiver's public key: 148 bytes for an initiation (1), 92 for
 * a response (2).
 */
export function forge(
  type: 1 | 2,
  receiver: PublicKey,
  random: () => number,
): Uint8Array {
  const length = type === 1 ? 148 : 92;
  const message = Uint8Array.from(
    { length },
    () => Math.floor(random() * 256),
  );
  message.set([type, 0, 0, 0]);
  message.fill(0, length - 16);
  return withMac1(message, receiver);
}

/** The message with a mac1 for this receiver. */
export function withMac1(
  message: Uint8Array,
  receiver: PublicKey,
): Uint8Array {
  const copy = message.slice();
  addMac1(copy, mac1Key(receiver));
  return copy;
}

/** `bytes` with one bit of the byte at `at` turned. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 0x10;
  return copy;
}

/** Whether a packet is the device's own word to the TUN that somebody cannot be reached. */
export function isUnreachable(packet: Uint8Array): boolean {
  return packet[0]! >> 4 === 4
    ? packet[9] === 1 && packet[20] === 3
    : packet[6] === 58 && packet[40] === 1;
}
