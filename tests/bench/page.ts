/**
 * Puts measured results into docs/performance.md and draws its figures.
 *
 * @module
 */

import { ROOT } from "../interop/install.ts";
import { figure } from "./figure.ts";
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

/** Writes tables and figures of these files of results into docs/; figures show the first file. @throws Error without a file */
export function draw(paths: readonly string[]): void {
  if (paths.length === 0) throw new Error("--draw needs a file of results");
  const all = paths.map((path): Results =>
    JSON.parse(Deno.readTextFileSync(path))
  );
  const page = `${ROOT}docs/performance.md`;
  const text = Deno.readTextFileSync(page);
  const drawn = drawFigures(all[0]!);
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

/** @returns the names of the figures that have values */
function drawFigures(results: Results): string[] {
  const folder = `${ROOT}docs/performance`;
  Deno.mkdirSync(folder, { recursive: true });
  const names = implementationsOf(results);
  const there = measuresOf(results);
  const drawn: string[] = [];
  for (const [file, title, measures] of FIGURES) {
    const groups = measures.filter((key) => there.includes(key)).map((key) => ({
      label: MEASURES[key]!.label,
      bars: names.map((name) => ({
        name,
        values: valuesOf(results, key, name),
      }))
        .filter(({ values }) => values.length > 0)
        .map(({ name, values }) => ({ name, value: median(values) })),
    }));
    if (groups.length === 0) continue;
    Deno.writeTextFileSync(`${folder}/${file}.svg`, figure(title, groups));
    drawn.push(file);
  }
  return drawn;
}
