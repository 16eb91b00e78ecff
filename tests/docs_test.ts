/** What the documents promise to list whole, they list whole. @module */

import { deepStrictEqual, ok, strictEqual } from "node:assert";

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

/** What is wrong with a row of docs/compatibility.md, whose last cell is `FILE: NAME`, once or more often. */
function mistakesIn(row: string): string[] {
  const cells = row.split("|").slice(1, -1).map((cell) => cell.trim());
  if (cells.length !== 3 || cells.includes("")) {
    return [`not three cells: ${row}`];
  }
  const tests = [...cells[2]!.matchAll(/`([^`]+)`/g)].map((m) => m[1]!);
  const missing = tests.filter((test) => !isThere(test));
  const rest = cells[2]!.replaceAll(/`[^`]+`/g, "").replaceAll(", ", "");
  return tests.length === 0 || rest !== ""
    ? [`not \`FILE: NAME\`: ${row}`]
    : missing.map((test) => `no such test: ${test}`);
}

/** Below so many characters a name is a whole one, and no beginning. */
const SHORT = 12;

/** Whether a text in the file begins so: the name of a test, or of a case. */
function isThere(test: string): boolean {
  const [, path, name] = /^(tests\/[\w/]+\.ts): (.+)$/.exec(test) ?? [];
  if (path === undefined || name === undefined) return false;
  try {
    const source = read(path);
    return ['"', "`"].some((quote) =>
      source.includes(quote + name + (name.length < SHORT ? quote : ""))
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const rowsOf = (text: string) =>
  text.split("\n").filter((line) =>
    line.startsWith("|") && !/^\|( stock +\||[ -]+\|[ |-]+$)/.test(line)
  );

Deno.test("docs/compatibility.md has a test for each row", () => {
  const rows = rowsOf(read("docs/compatibility.md"));
  ok(rows.length > 200, `${rows.length} rows were found`);
  deepStrictEqual(rows.flatMap(mistakesIn), []);
});

Deno.test("mistakesIn() finds rows whose test is not there", () => {
  const good = "`tests/docs_test.ts: mistakesIn() finds rows`";
  const wrong = [
    `| a | b |`,
    `| a |  | ${good} |`,
    "| a | b | tests/docs_test.ts |",
    `| a | b | ${good} and more |`,
    "| a | b | `tests/docs_test.ts: mistakesIn() misses rows` |",
    "| a | b | `tests/docs_test.ts: mistakes` |",
    "| a | b | `tests/no_such_test.ts: mistakesIn() finds rows` |",
    "| a | b | `src/cli/cli.ts: bring an interface up` |",
    `| a | b | ${good}, \`tests/docs_test.ts: nothing of the kind\` |`,
  ];
  deepStrictEqual(mistakesIn(`| a | b | ${good}, ${good} |`), []);
  for (const row of wrong) strictEqual(mistakesIn(row).length, 1, row);
  deepStrictEqual(
    rowsOf(`# x\n\n| stock | Caktus | test |\n| --- | --- | ---- |\n| a |\n`),
    ["| a |"],
  );
});
