/**
 * The rules of the architecture as programs: which folder may import which,
 * which file brings in a package, and what the core must not touch.
 *
 * They judge sources as text, path by path from the project's root, so every
 * file is judged, reached by main.ts or not, and a test can make one up.
 *
 * @module
 */

import { posix } from "node:path";

/** Sources by path, such as `src/noise/keys.ts`. */
export type Sources = ReadonlyMap<string, string>;

/** For each folder, the other folders that it may import. */
export type Layers = Readonly<Record<string, readonly string[]>>;

/** What belongs to the machine and not to a pure function of bytes. */
const IMPURE = new RegExp(
  String.raw`(?<![.\w$])(?:` + [
    "Deno",
    "Date",
    "performance",
    "setTimeout",
    "setInterval",
    "queueMicrotask",
    "fetch",
    "console",
    "process",
    "globalThis",
    "async",
    "await",
    "Promise",
    String.raw`Math\s*\.\s*random`,
    String.raw`Math(?=\s*\[)`,
    String.raw`crypto(?=\s*[.[?])`,
  ].join("|") + String.raw`)(?![\w$])`,
  "g",
);

/** A comment, a string, a template or a regular expression. */
const TOKEN = new RegExp(
  [
    String.raw`\/\/.*`,
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`"(?:\\.|[^"\\\n])*"`,
    String.raw`'(?:\\.|[^'\\\n])*'`,
    "`(?:\\\\[\\s\\S]|[^`\\\\])*`",
    String.raw`(?<=(?:^|[(=,:[!&|?{};+>]|\breturn)\s*)` +
    String.raw`\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*`,
  ].join("|"),
  "g",
);

/** Where a module is named: in a declaration, a call of import(), or a URL of a worker. */
const IMPORT = new RegExp(
  [
    String.raw`\bfrom\s*(["'])(.*?)\1`,
    String.raw`\bimport\s*(["'])(.*?)\3`,
    String.raw`\bimport\s*\(\s*(["'])(.*?)\5`,
    String.raw`\bnew\s+URL\s*\(\s*(["'])(\.[^"']*?)\7`,
  ].join("|"),
  "g",
);

/** An import() of something that only shows when the program runs. */
const COMPUTED_IMPORT = /\bimport\s*\((?!\s*["'])/;

/** The source without its comments. */
export function withoutComments(source: string): string {
  return source.replace(
    TOKEN,
    (token) => token.startsWith("//") || token.startsWith("/*") ? " " : token,
  );
}

/** The source without comments and texts; what a template computes is kept. */
export function withoutTexts(source: string): string {
  return source.replace(TOKEN, (token) => {
    if (!token.startsWith("`")) return " ";
    const computed = token.match(/\$\{[^}]*\}/g) ?? [];
    return ` ${computed.map(withoutTexts).join(" ")} `;
  });
}

/** The names of all modules that a source imports, types included. */
export function importsOf(source: string): string[] {
  return [...withoutComments(source).matchAll(IMPORT)].map((match) =>
    match[2] ?? match[4] ?? match[6] ?? match[8] ?? ""
  );
}

/** The folder of the table that a path is in: `src/noise`, `ffi`, `main.ts`. */
export function layerOf(path: string): string {
  return path.split("/").slice(0, path.startsWith("src/") ? 2 : 1).join("/");
}

/** Imports that the table does not allow, one line each. */
export function wrongImports(sources: Sources, layers: Layers): string[] {
  const wrong: string[] = [];
  for (const [path, source] of sources) {
    const allowed = layers[layerOf(path)];
    if (allowed === undefined) wrong.push(`${path} is in no layer`);
    for (const name of importsOf(source)) {
      if (isPackage(name)) continue;
      const to = layerOf(resolve(path, name));
      if (to === layerOf(path) || allowed?.includes(to)) continue;
      wrong.push(`${path} imports ${name}`);
    }
    if (COMPUTED_IMPORT.test(withoutComments(source))) {
      wrong.push(`${path} imports what only shows when it runs`);
    }
  }
  return wrong;
}

/** The files that import each third-party package, sorted; node: is none. */
export function packageFiles(sources: Sources): Record<string, string[]> {
  const files: Record<string, Set<string>> = {};
  for (const [path, source] of sources) {
    for (const name of importsOf(source)) {
      if (!isPackage(name) || name.startsWith("node:")) continue;
      (files[packageOf(name)] ??= new Set()).add(path);
    }
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, paths]) => [name, [...paths].sort()]),
  );
}

/** Uses of the machine in the folders given, one line each. */
export function impurities(
  sources: Sources,
  folders: readonly string[],
): string[] {
  const found: string[] = [];
  for (const [path, source] of sources) {
    if (!folders.includes(layerOf(path))) continue;
    for (const [word] of withoutTexts(source).matchAll(IMPURE)) {
      found.push(`${path} uses ${word}`);
    }
    for (const name of importsOf(source)) {
      if (name.startsWith("node:")) found.push(`${path} imports ${name}`);
    }
  }
  return found;
}

function isPackage(name: string): boolean {
  return !name.startsWith(".") && !name.startsWith("/");
}

/** `@noble/ciphers` of `@noble/ciphers/chacha.js` and of `npm:@noble/ciphers@2/x`. */
function packageOf(name: string): string {
  const parts = name.replace(/^(npm|jsr):\/?/, "").split("/");
  const length = parts[0]!.startsWith("@") ? 2 : 1;
  return parts.slice(0, length).join("/").replace(/(?<=.)@.*$/, "");
}

function resolve(from: string, name: string): string {
  return posix.join(posix.dirname(from), name);
}
