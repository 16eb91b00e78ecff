/** What the documents promise to list whole, they list whole. @module */

import { deepStrictEqual, ok } from "node:assert";

const read = (path: string) =>
  Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));

Deno.test("docs/troubleshooting.md explains every reason to drop a packet", () => {
  const source = read("src/device/drops.ts");
  const reasons = [...source.matchAll(/^ {2}\| "([^"]+)"/gm)].map((m) => m[1]!);
  ok(reasons.length > 20, `${reasons.length} reasons were found`);
  const text = read("docs/troubleshooting.md").replaceAll(/\s+/g, " ");
  const missing = reasons.filter((reason) => !text.includes(`\`${reason}\`:`));
  deepStrictEqual(missing, []);
});

Deno.test("README.md names every command", () => {
  const table = read("src/cli/cli.ts");
  const commands = [...table.matchAll(/^ {4}name: "([^"]+)"/gm)].map((m) =>
    m[1]!
  );
  ok(commands.length >= 7, `${commands}`);
  const text = read("README.md");
  const missing = commands.filter((name) =>
    !new RegExp(`^\\| .*\\b${name}\\b`, "m").test(text)
  );
  deepStrictEqual(missing, []);
});
