/**
 * Assembles the WebAssembly kernels: `src/transport/*.as.ts` →
 * `src/transport/aead_module.ts`, which holds the module in base64 so that the
 * core needs no file at run time. tests/transport/assemble_test.ts assembles
 * once more and compares, so nobody has to trust a binary.
 *
 *     deno task build:wasm
 *
 * @module
 */

import asc from "assemblyscript/asc";

const FOLDER = new URL("../src/transport/", import.meta.url);
const MODULE = new URL("aead_module.ts", FOLDER);

/** Pages of 64 KiB that the module shares with the tunnel: 8 MiB. */
const PAGES = "128";

/** The WebAssembly module that `src/transport/aead.as.ts` assembles to. */
export async function assemble(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    "aead.as.ts",
    ...["--outFile", "aead.wasm", "-O3", "--noAssert", "--runtime", "stub"],
    ...["--enable", "simd,relaxed-simd", "--memoryBase", "8192"],
    ...["--importMemory", "--initialMemory", PAGES],
    ...["--maximumMemory", PAGES, "--noExportMemory"],
  ], {
    readFile: (name) => {
      try {
        return Deno.readTextFileSync(new URL(name, FOLDER));
      } catch {
        return null;
      }
    },
    writeFile: (_, contents) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) {
    throw error ?? new Error(`no module: ${stderr.toString()}`);
  }
  return binary;
}

/** The text of `aead_module.ts` for a module. */
export function moduleText(binary: Uint8Array): string {
  const lines = binary.toBase64().match(/.{1,100}/g) ?? [];
  return [
    "/** Assembled from aead.as.ts by `deno task build:wasm`; not to be edited. @module */",
    "export const AEAD_MODULE: string = `",
    ...lines,
    "`;",
    "",
  ].join("\n");
}

if (import.meta.main) {
  const binary = await assemble();
  await Deno.writeTextFile(MODULE, moduleText(binary));
  console.log(`src/transport/aead_module.ts: ${binary.length} bytes`);
}
