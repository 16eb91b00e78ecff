/**
 * Compiles the program: `dist/caktus-linux-x64`, `dist/caktus-linux-arm64` and
 * their SHA256SUMS.
 *
 *     deno task compile [x64 | arm64]
 *
 * The modules are bundled first: a bundle is smaller than the packages that it
 * comes from, and starts sooner. The runtime that a binary is built on comes
 * from Deno's own host; where that cannot be reached, .ci/denort cuts it out of
 * packages on npm.
 *
 * @module
 */

import { V8_OPTION } from "../src/quick/v8_flags.ts";

/** Deno's names of the targets that are built, by ours. */
const TARGETS: Record<string, string> = {
  x64: "x86_64-unknown-linux-gnu",
  arm64: "aarch64-unknown-linux-gnu",
};
const root = new URL("../", import.meta.url).pathname;

/** Runs Deno itself. @returns what it complained of when it failed */
async function deno(args: string[]): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  return success ? undefined : new TextDecoder().decode(stderr).trimEnd();
}

/** The modules in few files; a Worker's module is none that they import, and keeps the name by which it is asked for. */
async function bundle(folder: string): Promise<string> {
  for (
    const [module, ...output] of [
      ["main.ts", "--code-splitting", `--outdir=${folder}`],
      ["src/driver/lane_worker.ts", `--output=${folder}/lane_worker.ts`],
    ]
  ) {
    const options = ["--quiet", "--platform=deno", ...output];
    const failure = await deno(["bundle", ...options, module!]);
    if (failure === undefined) continue;
    throw new Error(`the modules cannot be bundled:\n${failure}`);
  }
  return `${folder}/main.js`;
}

async function compile(
  name: string,
  entry: string,
  chunks: string[],
): Promise<string> {
  const output = `dist/caktus-linux-${name}`;
  const args = [
    ...["compile", "--quiet", "--no-check", "--no-code-cache", "--no-config"],
    ...["--no-lock", "--allow-all", V8_OPTION],
    ...chunks.map((chunk) => `--include=${chunk}`),
    ...["--target", TARGETS[name]!, "--output", output, entry],
  ];
  const first = await deno(args);
  if (first === undefined) return output;
  // Mostly it is Deno's host that cannot be reached; else the second try fails likewise.
  console.log(`${output}: taking Deno's runtime from npm`);
  const fill = new Deno.Command(`${root}.ci/denort/fill-cache`, {
    stdout: "inherit",
    stderr: "inherit",
  });
  const filled = (await fill.output()).success;
  const failure = filled ? await deno(args) : first;
  if (failure === undefined) return output;
  throw new Error(`${output} cannot be compiled:\n${failure}`);
}

async function digest(path: string): Promise<string> {
  const bytes = await Deno.readFile(root + path);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

const names = Deno.args.length > 0 ? Deno.args : Object.keys(TARGETS);
const unknown = names.find((name) => TARGETS[name] === undefined);
if (unknown !== undefined) {
  console.error(`${unknown}: not a target; x64 or arm64`);
  Deno.exit(1);
}
await Deno.mkdir(`${root}dist`, { recursive: true });
const folder = await Deno.makeTempDir({ prefix: "caktus-bundle-" });
try {
  const entry = await bundle(folder);
  const chunks = [...Deno.readDirSync(folder)].map(({ name }) =>
    `${folder}/${name}`
  ).filter((path) => path !== entry);
  const sums: string[] = [];
  for (const name of names) {
    const path = await compile(name, entry, chunks);
    const megabytes = (await Deno.stat(root + path)).size / 1e6;
    sums.push(`${await digest(path)}  ${path.slice("dist/".length)}\n`);
    console.log(`${path}: ${megabytes.toFixed(1)} MB`);
  }
  await Deno.writeTextFile(`${root}dist/SHA256SUMS`, sums.join(""));
} finally {
  await Deno.remove(folder, { recursive: true });
}
