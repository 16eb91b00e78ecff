/**
 * The map of packet memory: who owns which part of the 8 MiB.
 *
 * ```text
 * from       to         owner      holds
 * 0x000000   0x008000   modules    constants of the WebAssembly modules
 * 0x008000   0x00a000   sealing    keys of the batch, 32 bytes each
 * 0x00a000   0x00c000   opening    keys of the batch
 * 0x00c000   0x00e000   sealing    descriptors of the batch, 24 bytes each
 * 0x00e000   0x010000   opening    descriptors of the batch
 * 0x010000   0x010100   handshake  a field of a message and its key, while it is sealed
 * 0x010100   0x050000   device     packets of its own: staged ones, keepalives
 * 0x050000   0x060000   cipher     scratch, 4 KiB for each lane
 * 0x060000   0x800000   driver     slots that the kernel reads into
 * ```
 *
 * @module
 */

/** Bytes of packet memory. */
export const MEMORY_LENGTH = 0x800000;
/** Bytes of one cipher's scratch. */
export const SCRATCH_LENGTH = 0x1000;
/** Ciphers that can work in one packet memory at a time. */
export const MAXIMUM_LANES = 16;
/** Scratch of the first lane's cipher. */
export const CIPHER_SCRATCH = 0x50000;
/** Packets in one batch at the most. */
export const BATCH_CAPACITY = 256;
/** Bytes of a descriptor; batch.ts has its form. */
export const DESCRIPTOR_LENGTH = 24;
/** Where the keys and descriptors of packets to be sealed lie. */
export const SEALING = { keys: 0x8000, descriptors: 0xc000 };
/** Where the keys and descriptors of packets to be opened lie. */
export const OPENING = { keys: 0xa000, descriptors: 0xe000 };
/** Where the handshake's AEAD works. */
export const HANDSHAKE_SCRATCH = 0x10000;
/** The device's own slots. */
export const DEVICE_SLOTS = { from: 0x10100, to: 0x50000 };
/** What is left for the driver. */
export const DRIVER_SLOTS = { from: 0x60000, to: MEMORY_LENGTH };

/** New packet memory, of zeros; shared between threads if that is asked for. */
export function newPacketMemory(shared = false): WebAssembly.Memory {
  const pages = MEMORY_LENGTH / 65536;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/** Where the cipher of lane `lane`, counted from 0, has its scratch. */
export function cipherScratch(lane: number): number {
  if (!(lane >= 0 && lane < MAXIMUM_LANES)) {
    throw new RangeError(`lane ${lane} of ${MAXIMUM_LANES}`);
  }
  return CIPHER_SCRATCH + lane * SCRATCH_LENGTH;
}
