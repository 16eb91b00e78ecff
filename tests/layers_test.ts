/**
 * The architecture, executed on the sources of this project, and the rules
 * themselves, tried on sources that break them.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  importsOf,
  impurities,
  type Layers,
  packageFiles,
  type Sources,
  withoutTexts,
  wrongImports,
} from "./layers.ts";

/** main → cli → driver, quick → device, offload → transport → config → noise. */
const LAYERS: Layers = {
  "main.ts": ["src/cli"],
  "src/cli": [
    "src/driver",
    "src/quick",
    "src/firewall",
    "src/device",
    "src/config",
    "src/noise",
    "ffi",
    "deno.json",
  ],
  "src/driver": [
    "src/device",
    "src/offload",
    "src/transport",
    "src/config",
    "src/noise",
    "ffi",
  ],
  "src/quick": ["src/firewall", "src/config", "src/noise", "ffi"],
  "src/firewall": ["src/config", "ffi"],
  "src/device": ["src/transport", "src/config", "src/noise"],
  "src/offload": ["src/transport", "src/config", "src/noise"],
  "src/transport": ["src/config", "src/noise"],
  "src/config": ["src/noise"],
  "src/noise": [],
  "ffi": [],
};

/** Folders of pure functions: time and randomness are passed in. */
const CORE = [
  "src/noise",
  "src/config",
  "src/transport",
  "src/device",
  "src/offload",
];

/** The files of the packet filter that look at the machine; the others build what ffi sends. */
const FIREWALL_ON_MACHINE = ["legacy", "legacy_program"].map((name) =>
  `src/firewall/${name}.ts`
);

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = readSources(["src", "ffi", "main.ts"]);

function readSources(paths: string[]): Sources {
  const found = new Map<string, string>();
  for (const path of paths) {
    if (path.endsWith(".ts")) {
      found.set(path, Deno.readTextFileSync(root + path));
      continue;
    }
    for (const entry of Deno.readDirSync(root + path)) {
      const below = `${path}/${entry.name}`;
      if (!entry.isDirectory && !below.endsWith(".ts")) continue;
      for (const [name, text] of readSources([below])) found.set(name, text);
    }
  }
  return found;
}

Deno.test("every import goes down the layers", () => {
  ok(sources.size > 60);
  for (const layer of Object.keys(LAYERS)) {
    ok([...sources.keys()].some((path) => path.startsWith(layer)), layer);
  }
  deepStrictEqual(wrongImports(sources, LAYERS), []);
});

Deno.test("the core uses no clock, no randomness and no machine", () => {
  deepStrictEqual(impurities(sources, CORE), []);
});

Deno.test("the packet filter's rules are built without looking at the machine", () => {
  const built = new Map(sources);
  FIREWALL_ON_MACHINE.forEach((path) => ok(built.delete(path), path));
  deepStrictEqual(impurities(built, ["src/firewall"]), []);
});

Deno.test("a third-party package comes in through one file", () => {
  const { "@noble/ciphers": ciphers, ...others } = packageFiles(sources);
  deepStrictEqual(ciphers, ["src/noise/crypto.ts", "src/transport/aead.ts"]);
  deepStrictEqual(others["@noble/curves"], ["src/noise/crypto.ts"]);
  // The tests' reference alone: src/noise/blake2s.ts is held equal to it.
  strictEqual(others["@noble/hashes"], undefined);
  for (const [name, files] of Object.entries(others)) {
    strictEqual(files.length, 1, `${name}: ${files}`);
  }
});

Deno.test("importsOf() misses nothing that deno sees from main.ts", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--quiet", "--json", "main.ts"],
    cwd: root,
  }).output();
  const info: {
    modules: { local?: string; dependencies?: { specifier: string }[] }[];
  } = JSON.parse(new TextDecoder().decode(stdout));
  let compared = 0;
  for (const { local, dependencies } of info.modules) {
    const source = sources.get(relative(root, local ?? ""));
    if (source === undefined) continue;
    const found = new Set(importsOf(source));
    for (const { specifier } of dependencies ?? []) {
      ok(found.has(specifier), `${local} imports ${specifier}`);
      compared++;
    }
  }
  ok(compared > 50);
});

/** One made-up file. */
const file = (path: string, source: string): Sources =>
  new Map([[path, source]]);

Deno.test("wrongImports() catches an import that goes up, of any kind", () => {
  const planted = [
    'import { Device } from "../device/device.ts";',
    'import type { Device } from "../device/device.ts";',
    'import {\n  type Device,\n} from\n  "../device/device.ts";',
    "import * as device from '../device/device.ts';",
    'import "../device/device.ts";',
    'export * from "../device/device.ts";',
    'export { Device } from "../device/device.ts";',
    'const { Device } = await import("../device/device.ts");',
    'const { Device } = await import(\n  "../device/device.ts",\n);',
    'type D = import("../device/device.ts").Device;',
    'new Worker(new URL("../device/worker.ts", import.meta.url));',
    'const quote = /"/; import { Device } from "../device/device.ts";',
    'const text = "/*"; import { Device } from "../device/device.ts"; "*/";',
    'const text = `//`; import { Device } from "../device/device.ts";',
    'import { Libc } from "../../ffi/libc.ts";',
    'import { main } from "../../main.ts";',
    'import { helper } from "../../tests/helper.ts";',
    "const { Device } = await import(place);",
    "const { Device } = await import(`../device/device.ts`);",
  ];
  for (const source of planted) {
    const wrong = wrongImports(file("src/noise/planted.ts", source), LAYERS);
    strictEqual(wrong.length, 1, source);
    ok(wrong[0]!.startsWith("src/noise/planted.ts imports"), wrong[0]);
  }
});

Deno.test("wrongImports() lets pass what goes down, and what is only text", () => {
  const harmless = [
    'import { hash } from "./crypto.ts";',
    'import { hash } from "../noise/crypto.ts";',
    'import { chacha20poly1305 } from "@noble/ciphers/chacha.js";',
    '// import { Device } from "../device/device.ts";',
    '/* import { Device } from "../device/device.ts"; */',
    '/**\n * import { Device } from "../device/device.ts";\n */',
    "import.meta.url;",
  ];
  for (const source of harmless) {
    deepStrictEqual(wrongImports(file("src/noise/a.ts", source), LAYERS), []);
  }
  const down = 'import { Device } from "../device/device.ts";';
  deepStrictEqual(wrongImports(file("src/driver/a.ts", down), LAYERS), []);
});

Deno.test("wrongImports() catches a folder that no layer knows", () => {
  const wrong = wrongImports(file("src/utils/bytes.ts", ""), LAYERS);
  deepStrictEqual(wrong, ["src/utils/bytes.ts is in no layer"]);
});

Deno.test("impurities() catches each use of the machine", () => {
  const planted = [
    "Deno.readFileSync(path);",
    "const now = Date.now();",
    "const now = new Date();",
    "const now = performance.now();",
    "setTimeout(tick, 1);",
    "setInterval(tick, 1);",
    "crypto.getRandomValues(bytes);",
    "const { subtle } = crypto.webcrypto;",
    "const jitter = Math.random();",
    "const jitter = Math\n  .random();",
    "async function read() {}",
    "await read();",
    "let later: Promise<void>;",
    "globalThis.performance.now();",
    'console.log("x");',
    'import { randomBytes } from "node:crypto";',
    "const text = `at ${Date.now()}`;",
    "const text = `// ${Date.now()}`;",
    'const text = "//"; Date.now();',
    "const text = '\\''; Date.now();",
    "const half = a / b; Date.now(); const third = a / c;",
    "if (/[\"'`/*]/.test(text)) Date.now();",
  ];
  for (const source of planted) {
    const found = impurities(file("src/device/planted.ts", source), CORE);
    strictEqual(found.length, 1, source);
  }
});

Deno.test("impurities() lets pass comments, texts, other names and other folders", () => {
  const harmless = [
    "// Date.now() is not called here",
    "/** Nothing here awaits a Promise; see setTimeout. */",
    'const text = "Deno.args";',
    "const text = `no Date here`;",
    'import { hash } from "./crypto.ts";',
    "interface State { awaitsResponse: boolean; update: number }",
    "state.performance = options.fetch;",
    "const candidate = Datestamp + asynchronous;",
  ];
  for (const source of harmless) {
    deepStrictEqual(impurities(file("src/device/a.ts", source), CORE), []);
  }
  const elsewhere = file("src/driver/clock.ts", "performance.now();");
  deepStrictEqual(impurities(elsewhere, CORE), []);
});

Deno.test("packageFiles() names a package once, however it is imported", () => {
  const planted = new Map([
    ["src/cli/a.ts", 'import { Command } from "commander";'],
    ["src/cli/b.ts", 'await import("npm:commander@15");'],
    ["src/quick/c.ts", 'import { parse } from "npm:@scope/toml@1.2.3/lib";'],
    ["ffi/d.ts", 'import { open } from "node:fs"; // from "left-pad"'],
  ]);
  deepStrictEqual(packageFiles(planted), {
    "commander": ["src/cli/a.ts", "src/cli/b.ts"],
    "@scope/toml": ["src/quick/c.ts"],
  });
});

Deno.test("withoutTexts() leaves the code of each source balanced", () => {
  for (const [path, source] of sources) {
    const code = withoutTexts(source);
    for (const pair of ["()", "[]", "{}"]) {
      const [opening, closing] = [...pair].map((bracket) =>
        code.split(bracket).length
      );
      strictEqual(opening, closing, `${path}: ${pair}`);
    }
  }
});
