/**
 * Whether a cipher works on this machine, found out before it is used.
 *
 * V8 compiles the WASM cipher with an experimental pass, so a fault in the
 * engine is thought possible: packets that take each of the cipher's paths are
 * sealed, some of them forged, and opened, and a digest of all that this leaves
 * in memory is compared with the known one. To run noble beside it would tell
 * the same, but cold it takes longer than everything else at start.
 *
 * @module
 */

import { type Aead, nobleAead, passesKnownAnswer } from "../noise/aead.ts";
import { type Cipher, loadWasm, noble } from "./aead.ts";
import { Batch, type BatchPlaces } from "./batch.ts";
import { handshakeAead } from "./handshake_aead.ts";
import { CIPHER_SCRATCH, DRIVER_SLOTS, OPENING, SEALING } from "./layout.ts";
import { type PacketMemory, packetMemory, TAG_LENGTH } from "./memory.ts";
import type { Wasm } from "./wasm_cipher.ts";

/**
 * A length on either side of each border between the cipher's paths, and the
 * usual ones; the long before the short, so that each kernel has Poly1305 to
 * take along.
 */
const LENGTHS = [0, 1, 64, 191, 192, 447, 448, 705, 1008, 1009, 1437]
  .concat([192, 1420, 100, 576, 1420, 320, 300, 2_000, 704, 16]);
const SLOT = 2_304;
const KEY_LENGTH = 32;
/** {@linkcode digest} of a right cipher: the test has it from noble. */
const KNOWN = 0x816d3d71;

/** A cipher that passed its check. */
export interface Chosen {
  readonly memory: PacketMemory;
  readonly cipher: Cipher;
  /** What seals handshakes. */
  readonly aead: Aead;
  /** The WASM build's checksum; `undefined` with noble. */
  readonly checksum: Wasm["checksum"] | undefined;
  /** The WASM build for further lanes; `undefined` with noble. */
  readonly module: WebAssembly.Module | undefined;
  /** What to tell the user if it is not the one that it should be. */
  readonly warning?: string;
}

/**
 * The first of paired WASM, plain WASM and noble that works, over `shared`,
 * which nothing else uses yet: its first bytes of the driver's part are zero
 * afterwards.
 */
export function chooseCipher(
  shared: WebAssembly.Memory,
  scratch: number = CIPHER_SCRATCH,
  load: typeof loadWasm = loadWasm,
): Chosen {
  for (const build of ["paired", "plain"] as const) {
    const wasm = tryLoad(() => load(shared, scratch, build));
    if (wasm === undefined || !passes(wasm.memory, wasm.cipher)) continue;
    const { memory, cipher, checksum, module } = wasm;
    const aead = checkedAead(handshakeAead(wasm));
    if (build === "paired") return { memory, cipher, aead, checksum, module };
    const warning =
      "the fast one fails on this machine; going on with the plain one, which is slower";
    return { memory, cipher, aead, checksum, module, warning };
  }
  const memory = packetMemory(shared.buffer);
  const warning =
    "the one in WebAssembly fails on this machine; going on with the one in JavaScript, which is far slower";
  return {
    memory,
    cipher: noble(memory),
    aead: nobleAead,
    checksum: undefined,
    module: undefined,
    warning,
  };
}

/** `fast` where it gives the known answers, else the reference. */
export function checkedAead(fast: Aead): Aead {
  return passesKnownAnswer(fast) ? fast : nobleAead;
}

function tryLoad<T>(load: () => T): T | undefined {
  try {
    return load();
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

/** Whether `cipher` seals, opens and refuses as it should. */
export function passes(memory: PacketMemory, cipher: Cipher): boolean {
  try {
    return digest(memory, cipher) === KNOWN;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return false;
    throw error;
  } finally {
    const end = DRIVER_SLOTS.from + LENGTHS.length * SLOT;
    memory.bytes.fill(0, DRIVER_SLOTS.from, end);
  }
}

/** Seals all packets, forges each third one, opens them: a digest of memory after each step. */
export function digest(memory: PacketMemory, cipher: Cipher): number {
  const { bytes, words } = memory;
  const end = DRIVER_SLOTS.from + LENGTHS.length * SLOT;
  bytes.fill(0, DRIVER_SLOTS.from, end);
  const places = LENGTHS.map((_, i) => DRIVER_SLOTS.from + i * SLOT + i % 16);
  places.forEach((at, i) => pattern(bytes, at, LENGTHS[i]!, i));
  const sealing = describe(memory, places, SEALING);
  sealing.seal(cipher);
  sealing.clear();
  let sum = fold(words, DRIVER_SLOTS.from, end, 0);
  places.forEach((at, i) => {
    if (i % 3 === 0) bytes[at + LENGTHS[i]! + i % TAG_LENGTH]! ^= 1;
  });
  const opening = describe(memory, places, OPENING);
  opening.open(cipher);
  for (let i = 0; i < places.length; i++) {
    sum = Math.imul(sum, 3) + Number(opening.authentic(i)) >>> 0;
  }
  opening.clear();
  return fold(words, DRIVER_SLOTS.from, end, sum);
}

function describe(
  memory: PacketMemory,
  places: number[],
  where: BatchPlaces,
): Batch {
  const keys = [1, 2].map((seed) => {
    const key = new Uint8Array(KEY_LENGTH);
    pattern(key, 0, KEY_LENGTH, seed);
    return key;
  });
  const batch = new Batch(memory, where);
  places.forEach((at, i) =>
    batch.add(keys[i >> 1 & 1]!, at, LENGTHS[i]!, 0xffffffff - i, i)
  );
  return batch;
}

/** Fills with bytes that have no short period. */
function pattern(
  bytes: Uint8Array,
  at: number,
  length: number,
  seed: number,
): void {
  for (let i = 0; i < length; i++) {
    bytes[at + i] = Math.imul(i + (seed << 12) + 1, 0x9e3779b1) >>> 24;
  }
}

/** A digest of the words from byte `from` to byte `to`, in the manner of FNV-1a. */
function fold(
  words: Uint32Array,
  from: number,
  to: number,
  start: number,
): number {
  let sum = start ^ 0x811c9dc5;
  for (let i = from >> 2; i < to >> 2; i++) {
    sum = Math.imul(sum ^ words[i]!, 0x01000193);
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}
