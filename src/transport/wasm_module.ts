/**
 * Instances of the WebAssembly modules that are built into the program, over a
 * memory that is shared between threads or not.
 *
 * A module imports `env.memory`, and for WebAssembly a shared memory is another
 * type than an unshared one. No module of ours has an atomic operation, so that
 * its builds for the two differ in one bit, the import's flag:
 *
 * ```text
 * 3 "env" · 6 "memory" · 2 = a memory · flags: 1 = has a maximum, 2 = is shared
 * ```
 *
 * The unshared build is stored. tests/transport/assemble_test.ts holds the
 * change that is made here to what the compiler makes for shared memory.
 *
 * @module
 */

const IMPORT = [..."\x03env\x06memory\x02"].map((c) => c.charCodeAt(0));
const SHARED = 2;

/** The module's bytes from base64, for `memory`'s type. */
export function moduleBytes(base64: string, isShared: boolean): BufferSource {
  const bytes = Uint8Array.fromBase64(base64);
  if (isShared) bytes[memoryFlags(bytes)]! |= SHARED;
  return bytes;
}

function memoryFlags(bytes: Uint8Array): number {
  const at = bytes.findIndex((_, start) =>
    IMPORT.every((byte, i) => bytes[start + i] === byte)
  );
  if (at === -1) throw new TypeError("the module imports no memory");
  return at + IMPORT.length;
}

/** Compiles the module for memories of the kind that `memory` is of. */
export function compile(
  base64: string,
  memory: WebAssembly.Memory,
): WebAssembly.Module {
  const isShared = memory.buffer instanceof SharedArrayBuffer;
  return new WebAssembly.Module(moduleBytes(base64, isShared));
}

/** The exports of an instance over `memory`; `base` is the place of its own scratch. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  base: number,
): WebAssembly.Exports {
  const abort = () => {
    throw new RangeError("a WASM module stopped");
  };
  const scratch = new WebAssembly.Global(
    { value: "i32", mutable: false },
    base,
  );
  return new WebAssembly.Instance(module, {
    env: { memory, base: scratch, abort },
  }).exports;
}
