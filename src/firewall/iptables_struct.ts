/**
 * Structs of the kernel's xt modules: fields in the machine's order, which is
 * little-endian on both architectures; what goes over the wire is not.
 *
 * @module
 */

import { decodeText, encodeText } from "../config/conf_text.ts";

/** A struct that is read or filled in by offsets. */
export class Struct {
  readonly info: Uint8Array;
  readonly #view: DataView;

  /** @param source bytes to read, or how many zeros: padded to 8, as the kernel takes it */
  constructor(source: Uint8Array | number) {
    this.info = typeof source === "number"
      ? new Uint8Array((source + 7) & ~7)
      : source;
    const { buffer, byteOffset, length } = this.info;
    this.#view = new DataView(buffer, byteOffset, length);
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** A number below 2^53. */
  u64(at: number): number {
    return Number(this.#view.getBigUint64(at, true));
  }

  /** A port as it is on the wire. */
  wire16(at: number): number {
    return this.#view.getUint16(at);
  }

  /** A text that ends with NUL or with its field. */
  text(at: number, length: number): string {
    const field = this.slice(at, length);
    const end = field.indexOf(0);
    return decodeText(end < 0 ? field : field.subarray(0, end));
  }

  slice(at: number, length: number): Uint8Array {
    return this.info.subarray(at, at + length);
  }

  set8(at: number, value: number): this {
    this.#view.setUint8(at, value);
    return this;
  }

  set16(at: number, value: number): this {
    this.#view.setUint16(at, value, true);
    return this;
  }

  set32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  set64(at: number, value: number): this {
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  setWire16(at: number, value: number): this {
    this.#view.setUint16(at, value);
    return this;
  }

  set(at: number, bytes: Uint8Array): this {
    this.info.set(bytes, at);
    return this;
  }

  setText(at: number, text: string): this {
    return this.set(at, encodeText(text));
  }

  /** Sets bits of a byte. */
  add8(at: number, bits: number): this {
    return this.set8(at, this.u8(at) | bits);
  }

  /** Sets bits of a 16-bit number. */
  add16(at: number, bits: number): this {
    return this.set16(at, this.u16(at) | bits);
  }

  /** Sets bits of a 32-bit number. */
  add32(at: number, bits: number): this {
    return this.set32(at, (this.u32(at) | bits) >>> 0);
  }
}
