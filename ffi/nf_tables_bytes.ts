/**
 * The payloads of nf_tables' attributes: numbers are big-endian there, names
 * end in NUL. What packets are compared with is neither: it stands as it is
 * in the packet, or in the machine's own order where the kernel has it so
 * (marks, interface indices, types of addresses).
 *
 * @module
 */

import { cString } from "./memory.ts";
import { attribute, type Bytes, viewOf } from "./netlink_message.ts";

/** A number of 32 bits, negative ones too. */
export function bigU32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0);
  return bytes;
}

/** A number of 64 bits. */
export function bigU64(value: bigint): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

/** The number that a payload is; `undefined` if it is none. */
export function bigU32Of(payload: Uint8Array | undefined): number | undefined {
  if (payload === undefined || payload.length < 4) return undefined;
  return viewOf(payload).getUint32(0);
}

/** The number of 64 bits that a payload is; `undefined` if it is none. */
export function bigU64Of(payload: Uint8Array | undefined): bigint | undefined {
  if (payload === undefined || payload.length < 8) return undefined;
  return viewOf(payload).getBigUint64(0);
}

/** An attribute that is a number of 32 bits. */
export function numberAttribute(type: number, value: number): Bytes {
  return attribute(type, bigU32(value));
}

/** An attribute that is a name. */
export function nameAttribute(type: number, name: string): Bytes {
  return attribute(type, cString(name));
}
