/**
 * Puts measured results into docs/performance.md and draws its figures.
 *
 * @module
 */

import { ROOT } from "../interop/install.ts";
import { figure, type Group } from "./figure.ts";
import { MEASURES } from "./goals.ts";
import {
  implementationsOf,
  measuresOf,
  type Results,
  table,
  valuesOf,
} from "./table.ts";
import { median } from "./statistics.ts";

/** The figures: a file's name, its title and what it compares. */
const FIGURES: [string, string, string[]][] = [
  ["tcp", "TCP through the tunnel, Mbit/s: more is better", [
    ...["tcp1", "tcp1r", "tcp4", "tcp4r"],
  ]],
  ["udp", "UDP delivered, Mbit/s: more is better", ["udp1300", "udp100"]],
  ["ping", "Round trip, ms: less is better", ["ping50", "loaded50", "flood"]],
  ["cpu", "CPU, seconds per GB: less is better", ["cpu"]],
  ["memory", "Resident memory, MB: less is better", ["rss", "peak"]],
];

/** Between these lines of the page stands what was measured. */
const MARKS = ["<!-- measured -->", "<!-- end of measured -->"] as const;

/** Writes tables and figures of these files of results into docs/; a figure shows the first file that has what it compares. @throws Error without a file */
export function draw(paths: readonly string[]): void {
  if (paths.length === 0) throw new Error("--draw needs a file of results");
  const all = paths.map((path): Results =>
    JSON.parse(Deno.readTextFileSync(path))
  );
  const page = `${ROOT}docs/performance.md`;
  const text = Deno.readTextFileSync(page);
  const drawn = all.flatMap((each) => drawFigures(each, all));
  Deno.writeTextFileSync(page, withMeasured(text, measured(all, drawn)));
}

/** The page with another text between its marks. @throws Error where the marks are missing */
export function withMeasured(page: string, text: string): string {
  const [from, to] = [page.indexOf(MARKS[0]), page.indexOf(MARKS[1])];
  if (from < 0 || to < from) throw new Error("the page has no place for it");
  const head = page.slice(0, from + MARKS[0].length);
  return `${head}\n\n${text}\n\n${page.slice(to)}`;
}

function measured(all: readonly Results[], drawn: readonly string[]): string {
  const machine = all[0]!.machine.map((line) => `- ${line}`).join("\n");
  const tables = all.map((results) =>
    `\`${results.command.replace(/ --out \S+/, "")}\`\n\n${table(results)}`
  );
  const images = drawn.map((name) => `![${name}](performance/${name}.svg)`);
  return [machine, ...tables, ...images].join("\n\n");
}

/** @returns the names of the figures that this file is the first to have */
function drawFigures(results: Results, all: readonly Results[]): string[] {
  const folder = `${ROOT}docs/performance`;
  Deno.mkdirSync(folder, { recursive: true });
  const drawn: string[] = [];
  for (const [file, title, measures] of FIGURES) {
    const has = (each: Results) =>
      measuresOf(each).some((key) => measures.includes(key));
    if (all.find(has) !== results) continue;
    const svg = figure(title, groupsOf(results, measures));
    Deno.writeTextFileSync(`${folder}/${file}.svg`, svg);
    drawn.push(file);
  }
  return drawn;
}

function groupsOf(results: Results, measures: readonly string[]): Group[] {
  const there = measuresOf(results).filter((key) => measures.includes(key));
  return there.map((key) => ({
    label: MEASURES[key]!.label,
    bars: implementationsOf(results)
      .map((name) => ({ name, values: valuesOf(results, key, name) }))
      .filter(({ values }) => values.length > 0)
      .map(({ name, values }) => ({ name, value: median(values) })),
  }));
}
