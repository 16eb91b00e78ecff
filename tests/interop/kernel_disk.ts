/**
 * The disk of the virtual machine with Caktus on it: Deno, the source, and the packages that it needs.
 *
 * ```text
 * initrd.gz of kernel_image.ts ── padding ── archive of deno, its libraries, this project's folder, Deno's cache
 * ```
 *
 * The kernel unpacks both, one over the other. The second is not compressed: that is the fastest to make and to load.
 *
 * @module
 */

import { ROOT } from "./install.ts";
import { must } from "./process.ts";

/** Where Deno keeps its packages in the machine. */
const CACHE = "/deno-cache";

/** How a program of this project is run in the machine; its path and words come behind. */
export const DENO_IN_MACHINE =
  `cd ${ROOT}; export DENO_DIR=${CACHE} NO_COLOR=1 DENO_NO_UPDATE_CHECK=1; deno run --cached-only --quiet -A`;

/** Packages that only the tests and the build need are left out. */
const PACKAGES = ["@noble/ciphers/", "@noble/curves/", "commander"];

/**
 * Builds the disk.
 *
 * @param initrd of kernel_image.ts
 * @param program of this project that runs in the machine, a path from its folder
 * @param folder an empty one
 * @returns its path
 */
export async function diskWithCaktus(
  initrd: string,
  program: string,
  folder: string,
): Promise<string> {
  // What is translated here need not be there, where it takes ten times as long.
  await must([Deno.execPath(), "cache", "--quiet", `${ROOT}${program}`]);
  const { denoDir } = JSON.parse(
    await must([Deno.execPath(), "info", "--json"]),
  );
  await must(["bash", "-euc", SCRIPT, "bash", folder, denoDir, initrd]);
  return `${folder}/disk`;
}

/** deno.json without what is left out, so that Deno does not ask for it. */
function packagesOnly(): string {
  const { imports } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
  const kept = PACKAGES.map((name) => [name, imports[name]]);
  return JSON.stringify({
    imports: Object.fromEntries(kept),
    nodeModulesDir: "none",
  });
}

/** $1 the folder, $2 Deno's cache, $3 the initrd. */
const SCRIPT = `
root=$1/root
mkdir -p $root/usr/bin "$root${ROOT}tests" $root${CACHE}/npm "$root${CACHE}/gen/file${ROOT}tests"
cp -L "${Deno.execPath()}" $root/usr/bin/deno
ldd "${Deno.execPath()}" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root/$(dirname "$library")"; cp -L "$library" "$root$library"
done
cd "${ROOT}"; cp -r main.ts src ffi "$root${ROOT}"; cp -r tests/interop "$root${ROOT}tests"
echo '${packagesOnly()}' > "$root${ROOT}deno.json"
for packages in "$2"/npm/*/commander; do
  registry=$(dirname "$packages"); copy=$root${CACHE}/npm/$(basename "$registry")
  mkdir -p "$copy"; cp -r "$registry/@noble" "$registry/commander" "$copy"
done
cd "$2/gen/file${ROOT}"; cp -r src ffi "$root${CACHE}/gen/file${ROOT}"; cp -r tests/interop "$root${CACHE}/gen/file${ROOT}tests"
cp "$3" $1/disk
while [ $(($(stat -c %s $1/disk) % 4)) != 0 ]; do printf '\\0' >> $1/disk; done
cd $root; find . | cpio -o -H newc --quiet >> $1/disk
cd /; rm -r $root`;
