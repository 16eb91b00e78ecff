/**
 * IP packets and addresses in a little packet memory, for tests that look one
 * thing up.
 *
 * @module
 */

import type { Prefix } from "../../src/config/config.ts";
import { parsePrefix } from "../../src/config/prefix.ts";
import { type PacketMemory, packetMemory } from "../../src/transport/memory.ts";

/** A prefix of its text. */
export function prefix(text: string): Prefix {
  return parsePrefix(text).prefix;
}

/** The 4 or 16 bytes of an address. */
export function address(text: string): Uint8Array {
  return prefix(text).address;
}

/** 256 bytes of packet memory. */
export function smallMemory(): PacketMemory {
  return packetMemory(new ArrayBuffer(256));
}
