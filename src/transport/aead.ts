/**
 * ChaCha20-Poly1305 over batches in packet memory (RFC 8439 §2.8), with
 * WireGuard's nonce of four zero bytes and the counter, and no additional data
 * (whitepaper §5.4.6).
 *
 * | cipher       | made by                       | what for                      |
 * |--------------|-------------------------------|-------------------------------|
 * | WASM, paired | {@linkcode loadWasm}          | the running tunnel            |
 * | WASM, plain  | {@linkcode loadWasm}, "plain" | where V8 fails at pairing     |
 * | noble        | {@linkcode noble}             | the reference; without WASM   |
 *
 * All must agree on every byte; tests/transport/aead_test.ts holds them to it,
 * and self_check.ts when the program starts.
 *
 * @module
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Build } from "./aead_kernels.ts";
import { AEAD_MODULE } from "./aead_module.ts";
import { AEAD_PLAIN_MODULE } from "./aead_plain_module.ts";
import { CIPHER_SCRATCH, DESCRIPTOR_LENGTH } from "./layout.ts";
import { type PacketMemory, TAG_LENGTH } from "./memory.ts";
import { type Wasm, wasmCipher } from "./wasm_cipher.ts";
import { compile } from "./wasm_module.ts";

/** Seals and opens the packets that descriptors name; see batch.ts for their form. */
export interface Cipher {
  readonly name: string;
  /** Encrypts each packet in place and writes its tag behind it. */
  sealBatch(descriptors: number, count: number): void;
  /**
   * Verifies each packet, decrypts it in place if it is authentic, and says so
   * in its descriptor. What is not authentic is never decrypted.
   */
  openBatch(descriptors: number, count: number): void;
}

const MODULES: Record<Build, string> = {
  paired: AEAD_MODULE,
  plain: AEAD_PLAIN_MODULE,
};

/**
 * Instantiates the WASM module over `shared`, whose buffer becomes packet
 * memory, with SCRATCH_LENGTH bytes of it at `scratch` for itself: instances
 * in several threads need a place each (layout.ts, `cipherScratch`). Throws a
 * `WebAssembly.CompileError` where the engine lacks what the module needs.
 */
export function loadWasm(
  shared: WebAssembly.Memory,
  scratch: number = CIPHER_SCRATCH,
  build: Build = "paired",
): Wasm {
  const module = compile(MODULES[build], shared);
  return wasmCipher(module, shared, scratch, `WASM, ${build}`);
}

/** The reference cipher over `memory`. */
export function noble(memory: PacketMemory): Cipher {
  return {
    name: "noble",
    sealBatch(descriptors, count) {
      for (let i = 0; i < count; i++) {
        const p = describe(memory, descriptors + i * DESCRIPTOR_LENGTH);
        memory.bytes.set(p.aead.encrypt(p.plain()), p.at);
      }
    },
    openBatch(descriptors, count) {
      for (let i = 0; i < count; i++) {
        const p = describe(memory, descriptors + i * DESCRIPTOR_LENGTH);
        const plain = openOne(p.aead, p.sealed());
        memory.words[p.authentic] = plain === undefined ? 0 : 1;
        if (plain !== undefined) memory.bytes.set(plain, p.at);
      }
    },
  };
}

type Aead = ReturnType<typeof chacha20poly1305>;

function openOne(aead: Aead, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return aead.decrypt(sealed);
  } catch {
    return undefined;
  }
}

/** One descriptor, read: the cipher under its key and nonce, and its bytes. */
function describe(memory: PacketMemory, descriptor: number) {
  const { bytes, words } = memory;
  const word = descriptor >> 2;
  const key = words[word]!, at = words[word + 1]!, length = words[word + 2]!;
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, words[word + 4]!, true);
  view.setUint32(8, words[word + 5]!, true);
  return {
    at,
    authentic: word + 3,
    aead: chacha20poly1305(bytes.slice(key, key + 32), nonce),
    plain: () => bytes.slice(at, at + length),
    sealed: () => bytes.slice(at, at + length + TAG_LENGTH),
  };
}
