/**
 * The functions of the cipher's WebAssembly module (aead.as.ts), from a module
 * that is compiled: each lane makes an instance of one, in its own thread.
 *
 * @module
 */

import type { Cipher } from "./aead.ts";
import { type PacketMemory, packetMemory } from "./memory.ts";
import { instantiate } from "./wasm_module.ts";

/** The WASM cipher, the memory that it works in, and its checksum of bytes in that memory. */
export interface Wasm {
  /** What further lanes instantiate. */
  readonly module: WebAssembly.Module;
  readonly memory: PacketMemory;
  readonly cipher: Cipher;
  /** ChaCha20 for itself (RFC 8439 §2.4): XORs `length` bytes at `at` in place; 12 bytes of nonce. */
  chacha20(
    key: number,
    nonce: number,
    counter: number,
    at: number,
    length: number,
  ): void;
  /** Poly1305 for itself (§2.5) over `length` bytes at `at`; writes 16 bytes to `tag`. */
  poly1305(key: number, at: number, length: number, tag: number): void;
  readonly checksum: WasmChecksum;
}

/** The passes of checksum.as.ts over packet memory; src/transport/checksum.ts says what each does. */
export interface WasmChecksum {
  sum(at: number, length: number, initial: number): number;
  copy(from: number, to: number, length: number): number;
}

interface Exports {
  seal_batch(descriptors: number, count: number): void;
  open_batch(descriptors: number, count: number): number;
  chacha20: Wasm["chacha20"];
  poly1305: Wasm["poly1305"];
  checksum: WasmChecksum["sum"];
  copy: WasmChecksum["copy"];
}

/** An instance of `module` over `shared`, with SCRATCH_LENGTH bytes of it at `scratch` for itself. */
export function wasmCipher(
  module: WebAssembly.Module,
  shared: WebAssembly.Memory,
  scratch: number,
  name: string,
): Wasm {
  const wasm = instantiate(module, shared, scratch) as unknown as Exports;
  return {
    module,
    memory: packetMemory(shared.buffer),
    cipher: {
      name,
      sealBatch(descriptors, count) {
        wasm.seal_batch(descriptors, count);
      },
      openBatch(descriptors, count) {
        wasm.open_batch(descriptors, count);
      },
    },
    chacha20: wasm.chacha20,
    poly1305: wasm.poly1305,
    checksum: { sum: wasm.checksum, copy: wasm.copy },
  };
}
