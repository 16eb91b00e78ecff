/**
 * The Internet checksum (RFC 1071): the one's complement of the one's
 * complement sum of 16-bit words.
 *
 * The sum does not care about byte order (RFC 1071 §2 B): memory is added up
 * as little-endian words, and the result's two bytes are swapped once. A range
 * that starts at an odd place has its bytes in the other lanes, so that there
 * the swap falls away.
 *
 * Sums are numbers of 16 bits in network order; a *partial* sum is one that is
 * not complemented yet, as the kernel leaves it in the checksum field of a
 * packet that still "needs" its checksum. A range together with its own right
 * checksum sums to 0xffff.
 *
 * @module
 */
import type { PacketMemory } from "./memory.ts";

/**
 * The passes over a packet's bytes that split and coalesce make. They are
 * passed in: `plainChecksum` below is the reference, the cipher's module has
 * faster ones.
 */
export interface Checksum {
  /**
   * Adds up the `length` bytes at `at` (an odd last byte is followed by a zero)
   * and `initial`, a partial sum below 2^24; returns it folded into 16 bits.
   */
  sum(at: number, length: number, initial: number): number;
  /**
   * Copies `length` bytes from `from` to `to`, which lies before it or does not
   * overlap, and returns their sum, folded into 16 bits.
   */
  copy(from: number, to: number, length: number): number;
}

/** What a range sums to that holds its own right checksum. */
export const RIGHT = 0xffff;

/** Carries what is above 16 bits around the end, for sums below 2^32. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** The passes over `memory` without WebAssembly, for ranges up to 128 KiB. */
export function plainChecksum(memory: PacketMemory): Checksum {
  return {
    sum: (at, length, initial) => fold(sumBytes(memory, at, length) + initial),
    copy(from, to, length) {
      memory.bytes.copyWithin(to, from, from + length);
      return sumBytes(memory, to, length);
    },
  };
}

function sumBytes(
  { view, words }: PacketMemory,
  at: number,
  length: number,
): number {
  const end = at + length;
  const start = Math.min((at + 3) & ~3, end);
  const stop = start + ((end - start) & ~3);
  const sum = fold(
    sumEdge(view, at, start) + sumWords(words, start >> 2, stop >> 2) +
      sumEdge(view, stop, end),
  );
  return at & 1 ? sum : swap(sum);
}

/**
 * Both halves of the little-endian words `from` to `to`, folded.
 * Each half's total stays below 2^31 up to 32,768 words.
 */
function sumWords(words: Uint32Array, from: number, to: number): number {
  let low = 0;
  let high = 0;
  for (let index = from; index < to; index++) {
    const word = words[index]!;
    low = (low + (word & 0xffff)) | 0;
    high = (high + (word >>> 16)) | 0;
  }
  return fold(low) + fold(high);
}

/** The up to 3 bytes from `at` to `end`, each in the lane of its place. */
function sumEdge(view: DataView, at: number, end: number): number {
  let sum = 0;
  for (let place = at; place < end; place++) {
    sum += view.getUint8(place) << ((place & 1) << 3);
  }
  return sum;
}

function swap(sum: number): number {
  return ((sum & 0xff) << 8) | (sum >>> 8);
}
