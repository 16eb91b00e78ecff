/**
 * Packet memory: one buffer that the kernel, the cipher and the core share.
 *
 * In the running tunnel it is the cipher's own `WebAssembly.Memory`, so a
 * packet is read, sealed and sent where it lies. Places in it are numbers:
 * byte offsets from its start.
 *
 * A slot, the room of one packet (whitepaper §5.4.6):
 *
 * ```text
 * at − 16        at                 at + length     at + padded
 *   │ 16 header  │ packet           │ 0 to 15 zeros │ 16 tag │
 * ```
 *
 * @module
 */

/** Bytes before a packet: type, receiver index and counter (§5.4.6). */
export const HEADER_LENGTH = 16;
/** Bytes behind a packet: the Poly1305 tag. */
export const TAG_LENGTH = 16;

/** Three views of one buffer; all of them start at its first byte. */
export interface PacketMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The buffer as little-endian words; index = place / 4. */
  readonly words: Uint32Array;
}

/** The views of `buffer`, shared between threads or not, whose length is a multiple of 4. */
export function packetMemory(buffer: ArrayBufferLike): PacketMemory {
  return {
    bytes: new Uint8Array(buffer),
    view: new DataView(buffer),
    words: new Uint32Array(buffer),
  };
}
