/**
 * Puts measured results into docs/performance.md and draws its figures.
 *
 * @module
 */

import { ROOT } from "../interop/install.ts";
import { must } from "../interop/process.ts";
import { figure, type Group } from "./figure.ts";
import { MEASURES } from "./goals.ts";
import { accountTable, isProfile, type Profile } from "./profile_table.ts";
import { merge, parseResults, type Results } from "./results.ts";
import { median } from "./statistics.ts";
import {
  implementationsOf,
  measuresOf,
  only,
  sectionsIn,
  tables,
  valuesOf,
} from "./table.ts";

/** The figures: a file's name, its title and what it compares. */
const FIGURES: [string, string, string[]][] = [
  ["tcp", "TCP through the tunnel, Mbit/s: more is better", [
    ...["tcp1", "tcp1r", "tcp4", "tcp4r"],
  ]],
  ["udp", "UDP delivered, Mbit/s: more is better", [
    ...["udp1300", "udp576", "udp100"],
  ]],
  ["ping", "Round trip, ms: less is better", ["ping50", "loaded50", "flood"]],
  ["cpu", "CPU, seconds per GB: less is better", ["cpu"]],
  ["memory", "Resident memory, MB: less is better", ["rss", "peak"]],
  ["peers", "TCP to a hub that knows so many peers, Mbit/s: more is better", [
    ...["peers1", "peers100", "peers1000"],
  ]],
];

/** Writes tables and figures of these files, results and profiles, into docs/. @throws Error without a file */
export async function draw(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) throw new Error("--draw needs a file of results");
  const results: Results[] = [];
  let profile: Profile | undefined;
  for (const path of paths) {
    const text = Deno.readTextFileSync(path);
    const value: unknown = JSON.parse(text);
    if (isProfile(value)) profile = value;
    else results.push(parseResults(text, path));
  }
  const page = `${ROOT}docs/performance.md`;
  let text = Deno.readTextFileSync(page);
  if (results.length > 0) {
    const merged = merge(results);
    const drawn = drawFigures(merged);
    text = withPart(text, "measured", measured(merged, drawn));
  }
  if (profile) {
    const { command } = profile;
    const words = `${code(command)}\n\n${accountTable(profile)}`;
    text = withPart(text, "profile", words);
  }
  Deno.writeTextFileSync(page, text);
  await must([Deno.execPath(), "fmt", "--quiet", page]);
}

/** The page with another text between the marks `<!-- NAME -->` and `<!-- end of NAME -->`. @throws Error where they are missing */
export function withPart(page: string, name: string, text: string): string {
  const start = `<!-- ${name} -->`;
  const [from, to] = [page.indexOf(start), page.indexOf(`<!-- end of ${name}`)];
  if (from < 0 || to < from) {
    throw new Error(`the page has no place for ${name}`);
  }
  const head = page.slice(0, from + start.length);
  return `${head}\n\n${text}\n\n${page.slice(to)}`;
}

function measured(results: Results, drawn: readonly string[]): string {
  const list = (lines: readonly string[]) =>
    lines.map((line) => `- ${line}`).join("\n");
  const images = drawn.map((name) => `![${name}](performance/${name}.svg)`);
  const failures = results.failures.length === 0 ? [] : [
    `What could not be measured:\n\n${list(results.failures)}`,
  ];
  const commands = results.commands.map(code);
  const parts = [list(results.machine), ...commands, tables(results)];
  return [...parts, ...failures, ...images].join("\n\n");
}

/** A command as it can be given again anywhere. */
function code(command: string): string {
  return `\`${command.replace(/ --out[ =]\S+| --resume/g, "")}\``;
}

/** Draws anew; a figure is of the first section that has something for it. @returns the figures' names */
function drawFigures(results: Results): string[] {
  const folder = `${ROOT}docs/performance`;
  Deno.removeSync(folder, { recursive: true });
  Deno.mkdirSync(folder);
  const sections = sectionsIn(results).map((name) => only(results, name));
  const drawn: string[] = [];
  const write = (file: string, title: string, groups: Group[] = []) => {
    if (groups.length === 0) return;
    Deno.writeTextFileSync(`${folder}/${file}.svg`, figure(title, groups));
    drawn.push(file);
  };
  for (const [file, title, measures] of FIGURES) {
    const each = sections.map((section) => groupsOf(section, measures));
    write(file, title, each.find((groups) => groups.length > 0));
  }
  const title = "TCP, 1 stream, under other conditions, Mbit/s: more is better";
  write("conditions", title, byCondition(results));
  return drawn;
}

/** One stream of TCP in every section that has it, where more than one does. */
function byCondition(results: Results): Group[] {
  const groups = sectionsIn(results).flatMap((label) =>
    groupsOf(only(results, label), ["tcp1"])
      .map(({ bars }) => ({ label, bars }))
  );
  return groups.length > 1 ? groups : [];
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
