/**
 * The cipher beside others: microseconds a packet, sealed and opened, and how
 * each stands to OpenSSL. All take turns, so that a busy moment of the machine
 * hits them alike; the figure is the least time of many turns.
 *
 *     deno run -A --v8-flags=--experimental-wasm-revectorize,--no-liftoff tests/transport/aead_bench.ts [SECONDS A SIZE]
 *
 * `OpenSSL` is the library's own loop (`openssl speed`, sealing only), without
 * any runtime around it; `node:crypto` is the runtime's binding, a call a packet.
 * Without the flags the paired build shows what it is worth unpaired.
 *
 * @module
 */

import { createCipheriv, createDecipheriv } from "node:crypto";
import { type Cipher, loadWasm, noble } from "../../src/transport/aead.ts";
import {
  CIPHER_SCRATCH,
  DESCRIPTOR_LENGTH,
  DRIVER_SLOTS,
  newPacketMemory,
} from "../../src/transport/layout.ts";
import type { PacketMemory } from "../../src/transport/memory.ts";
import { opensslRate } from "../bench/cipher.ts";
import { hasProgram } from "../interop/install.ts";
import { pairingRatio } from "../../src/driver/cipher_report.ts";

const SIZES = [64, 100, 200, 576, 1280, 1300, 1420, 8920];
const BATCH = 44, TAG = 16;
const KEY = DRIVER_SLOTS.from, DESCRIPTORS = KEY + 64, PACKETS = KEY + 0x1000;

/** One cipher's turn: seals the batch and opens it. */
interface Contender {
  readonly cipher: Cipher;
  /** Packets of one turn: noble is slow. */
  readonly count: number;
  sealing: number;
  opening: number;
}

/** OpenSSL through the runtime. */
function nodeCrypto({ bytes, words }: PacketMemory): Cipher {
  const each = (
    descriptors: number,
    count: number,
    act: (at: number, length: number, nonce: Uint8Array, word: number) => void,
  ) => {
    const nonce = new Uint8Array(12);
    for (let i = 0; i < count; i++) {
      const word = (descriptors + i * DESCRIPTOR_LENGTH) >> 2;
      new DataView(nonce.buffer).setUint32(4, words[word + 4]!, true);
      act(words[word + 1]!, words[word + 2]!, nonce, word);
    }
  };
  const key = bytes.subarray(KEY, KEY + 32);
  const options = { authTagLength: TAG };
  return {
    name: "node:crypto",
    sealBatch: (descriptors, count) =>
      each(descriptors, count, (at, length, nonce) => {
        const name = "chacha20-poly1305";
        const cipher = createCipheriv(name, key, nonce, options);
        bytes.set(cipher.update(bytes.subarray(at, at + length)), at);
        cipher.final();
        bytes.set(cipher.getAuthTag(), at + length);
      }),
    openBatch: (descriptors, count) =>
      each(descriptors, count, (at, length, nonce, word) => {
        const name = "chacha20-poly1305";
        const cipher = createDecipheriv(name, key, nonce, options);
        cipher.setAuthTag(bytes.slice(at + length, at + length + TAG));
        const plain = cipher.update(bytes.subarray(at, at + length));
        cipher.final();
        bytes.set(plain, at);
        words[word + 3] = 1;
      }),
  };
}

/** Microseconds of `openssl speed` for one packet; `undefined` where there is no such program. */
async function openssl(length: number): Promise<number | undefined> {
  if (!hasProgram("openssl")) return undefined;
  return length / await opensslRate(1, length) * 1e6;
}

function describe({ words }: PacketMemory, length: number): void {
  const slot = (length + TAG + 31) & -16;
  for (let i = 0; i < BATCH; i++) {
    const word = (DESCRIPTORS + i * DESCRIPTOR_LENGTH) >> 2;
    words.set([KEY, PACKETS + i * slot, length, 0, i, 0], word);
  }
}

function turn({ words }: PacketMemory, contender: Contender): void {
  const { cipher, count } = contender;
  const start = performance.now();
  cipher.sealBatch(DESCRIPTORS, count);
  const sealed = performance.now();
  cipher.openBatch(DESCRIPTORS, count);
  const opened = performance.now();
  const last = (DESCRIPTORS + (count - 1) * DESCRIPTOR_LENGTH) >> 2;
  if (words[last + 3] !== 1) throw new Error(`${cipher.name} does not open`);
  const each = 1000 / count;
  contender.sealing = Math.min(contender.sealing, (sealed - start) * each);
  contender.opening = Math.min(contender.opening, (opened - sealed) * each);
}

async function measure(seconds: number): Promise<void> {
  const shared = newPacketMemory();
  const paired = loadWasm(shared), { memory } = paired;
  const plain = loadWasm(shared, CIPHER_SCRATCH, "plain");
  const ciphers = [paired.cipher, plain.cipher, nodeCrypto(memory)];
  console.log(
    "bytes  cipher         seal us   open us   OpenSSL's time / seal",
  );
  for (const length of SIZES) {
    describe(memory, length);
    const contenders = [...ciphers, noble(memory)].map((cipher, i) => ({
      cipher,
      count: i < 2 ? BATCH : 4,
      sealing: Infinity,
      opening: Infinity,
    }));
    const before = await openssl(length);
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      for (const contender of contenders) turn(memory, contender);
    }
    const after = await openssl(length);
    report(length, contenders, least(before, after));
  }
}

function least(a: number | undefined, b: number | undefined) {
  return a === undefined || b === undefined ? undefined : Math.min(a, b);
}

function report(
  length: number,
  contenders: Contender[],
  openssl: number | undefined,
): void {
  const row = (name: string, seal: number, open: number | undefined) =>
    console.log(
      [
        String(length).padStart(5),
        name.padEnd(13),
        seal.toFixed(3).padStart(8),
        (open?.toFixed(3) ?? "-").padStart(9),
        (openssl === undefined ? "-" : (openssl / seal).toFixed(2))
          .padStart(8),
      ].join("  "),
    );
  if (openssl !== undefined) row("OpenSSL", openssl, undefined);
  for (const { cipher, sealing, opening } of contenders) {
    row(cipher.name, sealing, opening);
  }
}

if (import.meta.main) {
  console.log(`vectors paired: ${pairingRatio() < 0.8 ? "yes" : "no"}`);
  await measure(Number(Deno.args[0] ?? 2));
}
