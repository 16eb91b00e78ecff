import assert from "node:assert/strict";
import { figure } from "./figure.ts";
import { verdict } from "./goals.ts";
import { withPart } from "./page.ts";
import { median, percentile, spreadPercent } from "./statistics.ts";
import type { Results } from "./results.ts";
import { only, sectionsIn, short, table, tables } from "./table.ts";

function results(own: number[], theirs: number[], measure: string): Results {
  const sample = (implementation: string) => (value: number, n: number) => ({
    section: "one",
    round: n + 1,
    implementation,
    measure,
    value,
  });
  return {
    ...{ machine: [], commands: [], failures: [] },
    samples: [
      ...theirs.map(sample("wireguard-go")),
      ...own.map(sample("caktus")),
    ],
  };
}

Deno.test("median() is the middle, of an even number the mean of two", () => {
  assert.equal(median([9, 1, 10]), 9);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.throws(() => median([]), RangeError);
});

Deno.test("percentile() is a value that was there", () => {
  const values = Array.from({ length: 100 }, (_, n) => 100 - n);
  assert.equal(percentile(values, 50), 50);
  assert.equal(percentile(values, 99), 99);
  assert.equal(percentile([7], 99), 7);
});

Deno.test("spreadPercent() is the range by the median", () => {
  assert.equal(spreadPercent([90, 100, 110]), 20);
  assert.equal(spreadPercent([0, 0]), 0);
});

Deno.test("verdict() turns with what is better", () => {
  const [more, less] = [{ reach: 1.3, aim: 1.6 }, { reach: 0.55, aim: 0.45 }];
  assert.deepEqual(
    [1.2, 1.3, 1.6].map((ratio) => verdict(ratio, more, "more")),
    ["below", "reach", "aim"],
  );
  assert.deepEqual(
    [0.6, 0.55, 0.4].map((ratio) => verdict(ratio, less, "less")),
    ["below", "reach", "aim"],
  );
});

Deno.test("table() puts Caktus first and compares medians with the goal", () => {
  const text = table(results([3000, 2800, 2900], [2000, 1900, 2100], "tcp1"));
  assert.equal(
    text,
    [
      "|  | caktus | wireguard-go | / wireguard-go |",
      "| --- | --: | --: | --: |",
      "| TCP, 1 stream, Mbit/s | 2900 ±3 % | 2000 ±5 % | 1.45 (reach 1.3, aim 1.6: **reach**) |",
    ].join("\n"),
  );
});

Deno.test("table() compares with nothing where nothing was measured", () => {
  assert.match(table(results([1], [0], "udp100loss")), /\| – \|$/m);
});

Deno.test("short() keeps three digits", () => {
  assert.deepEqual([1234.5, 12.34, 0.123].map(short), ["1235", "12.3", "0.12"]);
});

Deno.test("figure() draws bars to one scale, and no mark-up from names", () => {
  const svg = figure("a < b", [{
    label: "TCP",
    bars: [{ name: "caktus", value: 200 }, { name: "x&y", value: 100 }],
  }]);
  const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map((m) =>
    Number(m[1])
  );
  assert.equal(widths.length, 2);
  assert.equal(widths[0]! / widths[1]!, 2);
  assert.match(svg, /a &lt; b/);
  assert.match(svg, /x&amp;y/);
  assert.match(svg, /prefers-color-scheme: dark/);
});

Deno.test("table() gives no spread of a single round", () => {
  assert.match(table(results([3000], [2000], "tcp1")), /\| 3000 \| 2000 \|/);
});

Deno.test("table() compares only rounds that have both", () => {
  const text = table(results([3000, 9000], [2000], "tcp1r"));
  assert.match(text, /\| 6000 .* \| 2000 \| 1\.50 /);
});

Deno.test("table() rounds a ratio to the worse", () => {
  assert.match(table(results([1299], [1000], "tcp1")), /1\.29 .*below/);
  assert.match(table(results([551], [1000], "cpu")), /0\.56 .*below/);
});

Deno.test("tables() gives each section a table of its own", () => {
  const one = results([3000], [2000], "tcp1");
  const two = results([1], [2], "ping50").samples
    .map((sample) => ({ ...sample, section: "two" }));
  const both = { ...one, samples: [...one.samples, ...two] };
  assert.deepEqual(sectionsIn(both), ["one", "two"]);
  assert.deepEqual(only(both, "two").samples, two);
  const text = tables(both);
  assert.equal(text.split("\n\n").length, 4);
  assert.match(text, /^### one\n\n[^]*TCP, 1 stream[^]*### two[^]*ping, idle/);
  assert.doesNotMatch(text.split("### two")[1]!, /TCP/);
});

Deno.test("withPart() replaces only what is between its marks", () => {
  const page = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n";
  assert.equal(
    withPart(page, "x", "new"),
    "a\n<!-- x -->\n\nnew\n\n<!-- end of x -->\nb\n",
  );
  assert.throws(() => withPart(page, "y", "new"), /no place for y/);
});
