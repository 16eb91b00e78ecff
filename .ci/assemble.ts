/**
 * Assembles the WebAssembly modules, each to a file beside its `x.as.ts` which
 * holds it in base64, so that the core needs no file at run time.
 * tests/transport/assemble_test.ts assembles once more and compares, so nobody
 * has to trust a binary.
 *
 *     deno task build:wasm
 *
 * @module
 */

import asc from "assemblyscript/asc";
import { kernels } from "../src/transport/aead_kernels.ts";

const ROOT = new URL("../", import.meta.url);
/** Pages of 64 KiB that a module shares with the tunnel: 8 MiB. */
const PAGES = "128";

/** A module of the program: where its source is, and under which name it is exported. */
export interface WasmModule {
  /** The AssemblyScript source. */
  readonly source: string;
  /** The file that holds the assembled module. */
  readonly target: string;
  readonly constant: string;
  /** Sources beside it that are written, not stored: by name, their text. */
  readonly written?: Readonly<Record<string, string>>;
}

export const MODULES: readonly WasmModule[] = [
  {
    source: "src/transport/aead.as.ts",
    target: "src/transport/aead_module.ts",
    constant: "AEAD_MODULE",
    written: { "aead_kernels.as.ts": kernels("paired") },
  },
  {
    source: "src/transport/aead.as.ts",
    target: "src/transport/aead_plain_module.ts",
    constant: "AEAD_PLAIN_MODULE",
    written: { "aead_kernels.as.ts": kernels("plain") },
  },
];

/** The WebAssembly module that `source` assembles to, for memory that is shared between threads or not. */
export async function assemble(
  { source, written = {} }: WasmModule,
  isShared = false,
): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const url = new URL(source, ROOT);
  const { error, stderr } = await asc.main([
    url.pathname.split("/").at(-1)!,
    // -O0: V8 optimises when it compiles, and keeps the order of the operations,
    // on which it depends how many vectors find no register.
    ...["--outFile", "out.wasm", "-O0", "--noAssert", "--runtime", "stub"],
    ...["--enable", `simd,relaxed-simd${isShared ? ",threads" : ""}`],
    ...["--memoryBase", "8192", "--importMemory", "--initialMemory", PAGES],
    ...["--maximumMemory", PAGES, "--noExportMemory"],
    ...(isShared ? ["--sharedMemory"] : []),
  ], {
    readFile: (name) => {
      if (name in written) return written[name]!;
      try {
        return Deno.readTextFileSync(new URL(name, url));
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

/** The text of the file that holds `binary`. */
export function moduleText(
  { source, constant }: WasmModule,
  binary: Uint8Array,
): string {
  const lines = binary.toBase64().match(/.{1,100}/g) ?? [];
  const name = source.split("/").at(-1);
  return [
    `/** Assembled from ${name} by \`deno task build:wasm\`; not to be edited. @module */`,
    `export const ${constant}: string = \``,
    ...lines,
    "`;",
    "",
  ].join("\n");
}

if (import.meta.main) {
  for (const module of MODULES) {
    const binary = await assemble(module);
    const target = new URL(module.target, ROOT);
    await Deno.writeTextFile(target, moduleText(module, binary));
    console.log(`${module.target}: ${binary.length} bytes`);
  }
}
