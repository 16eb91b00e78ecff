/**
 * The bytes of netlink (RFC 3549 §2): messages and their attributes. Numbers
 * are in the machine's order, everything is padded to 4 bytes.
 *
 * ```text
 * message:    0 length u32 · 4 type u16 · 6 flags u16 · 8 sequence u32 · 12 port u32
 *             16 body: a struct that the type tells, then attributes
 * attribute:  0 length u16, without padding · 2 type u16 · 4 payload
 * ```
 *
 * Nothing here calls the kernel.
 *
 * @module
 */

export type Bytes = Uint8Array<ArrayBuffer>;

const MESSAGE_HEAD = 16;
const ATTRIBUTE_HEAD = 4;
const NESTED = 0x8000;
/** The two highest bits of an attribute's type say how it is laid out. */
const TYPE_MASK = 0x3fff;

/** A message's flags (netlink.h). */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

/** A message as it arrived; `body` is a view that the next receive overwrites. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** One message, ready to be sent. */
export function encodeMessage(
  type: number,
  flags: number,
  sequence: number,
  parts: readonly Uint8Array[],
): Bytes {
  const body = join(parts);
  const bytes = new Uint8Array(MESSAGE_HEAD + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(body, MESSAGE_HEAD);
  return bytes;
}

/** The messages in `bytes`, one after the other; ends at one that is cut short. */
export function* decodeMessages(bytes: Uint8Array): Generator<NetlinkMessage> {
  const view = viewOf(bytes);
  for (let at = 0; at + MESSAGE_HEAD <= bytes.length;) {
    const length = view.getUint32(at, true);
    if (length < MESSAGE_HEAD || at + length > bytes.length) return;
    yield {
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: bytes.subarray(at + MESSAGE_HEAD, at + length),
    };
    at += padded(length);
  }
}

/** One attribute with its padding. */
export function attribute(type: number, payload: Uint8Array): Bytes {
  const length = ATTRIBUTE_HEAD + payload.length;
  const bytes = new Uint8Array(padded(length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, type, true);
  bytes.set(payload, ATTRIBUTE_HEAD);
  return bytes;
}

/** An attribute that holds others. */
export function nested(type: number, ...children: Uint8Array[]): Bytes {
  return attribute(type | NESTED, join(children));
}

/** The attributes in `bytes` by type; of two of one type the last counts. */
export function decodeAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (const [type, payload] of attributesOf(bytes)) found.set(type, payload);
  return found;
}

/** The attributes in `bytes` in their order. */
export function* attributesOf(
  bytes: Uint8Array,
): Generator<[type: number, payload: Uint8Array]> {
  const view = viewOf(bytes);
  for (let at = 0; at + ATTRIBUTE_HEAD <= bytes.length;) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEAD || at + length > bytes.length) return;
    const payload = bytes.subarray(at + ATTRIBUTE_HEAD, at + length);
    yield [view.getUint16(at + 2, true) & TYPE_MASK, payload];
    at += padded(length);
  }
}

/** A 32-bit number as a payload. */
export function u32Payload(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** The 32-bit number that a payload is; undefined if it is none. */
export function u32Of(payload: Uint8Array | undefined): number | undefined {
  if (payload === undefined || payload.length < 4) return undefined;
  return viewOf(payload).getUint32(0, true);
}

/** A view of exactly `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** All of `parts`, one after the other. */
export function join(parts: readonly Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
