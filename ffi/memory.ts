/**
 * Memory that the kernel reads and writes: addresses, and C's structs in it.
 *
 * Numbers are in the machine's own order, which is little-endian on x64 and
 * arm64. Addresses are written as two words, so that no BigInt is made.
 *
 * @module
 */

const WORD = 2 ** 32;
const encoder = new TextEncoder();

/**
 * The absolute address of the first byte of `bytes`.
 *
 * It holds as long as somebody holds `bytes`: the collector moves no buffer,
 * but it frees one that only an address points to. A WebAssembly memory that
 * grows moves.
 */
export function addressOf(bytes: Uint8Array): number {
  // Reading `buffer` first moves a small array out of the collector's own heap.
  const whole = new Uint8Array(bytes.buffer);
  const start = Deno.UnsafePointer.of(whole as Uint8Array<ArrayBuffer>);
  return Number(Deno.UnsafePointer.value(start)) + bytes.byteOffset;
}

/** `address` as the calls want it that are made for each packet (libc.ts). */
export function pointerTo(address: number): Deno.PointerObject {
  return Deno.UnsafePointer.create(BigInt(address))!;
}

/** `text` in UTF-8 with the NUL that ends it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text + "\0");
}

/** The text in `bytes` before its first NUL, or all of it. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Zeroed memory for C's structs, with its views and its address. */
export class Struct {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** Absolute address of the first byte. */
  readonly address: number;
  /** The same, for the calls that take a pointer. */
  readonly pointer: Deno.PointerObject;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
    this.address = addressOf(this.bytes);
    this.pointer = pointerTo(this.address);
  }

  /** Writes an unsigned 32-bit number. */
  setU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** Writes a `size_t` or a pointer, below 2^53. */
  setWord(at: number, value: number): void {
    this.view.setUint32(at, value, true); // modulo 2^32
    this.view.setUint32(at + 4, value / WORD, true);
  }

  u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  i32(at: number): number {
    return this.view.getInt32(at, true);
  }
}

/** The bytes of one C int, for the calls that want a pointer to it. */
export function cInt(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Int32Array([value]).buffer);
}
