/**
 * The results as a table in Markdown, which a terminal shows as well.
 *
 * @module
 */

import { type Measure, MEASURES, verdict } from "./goals.ts";
import { NAMES } from "./implementations.ts";
import type { Results, Sample } from "./results.ts";
import { median, spreadPercent } from "./statistics.ts";

/** The values of one figure of one implementation. */
export function valuesOf(
  { samples }: Results,
  measure: string,
  implementation: string,
): number[] {
  return samples.filter((sample) =>
    sample.measure === measure && sample.implementation === implementation
  ).map(({ value }) => value);
}

/** The sections of these results, in the order in which they were measured. */
export function sectionsIn({ samples }: Results): string[] {
  return [...new Set(samples.map(({ section }) => section))];
}

/** Only the samples of one section. */
export function only(results: Results, section: string): Results {
  const samples = results.samples.filter((each) => each.section === section);
  return { ...results, samples };
}

/** The implementations that were measured, Caktus first. */
export function implementationsOf({ samples }: Results): string[] {
  const found = new Set(samples.map(({ implementation }) => implementation));
  return [...NAMES, "openssl"].filter((name) => found.has(name));
}

/** The measures that have figures. */
export function measuresOf({ samples }: Results): string[] {
  const found = new Set(samples.map(({ measure }) => measure));
  return Object.keys(MEASURES).filter((name) => found.has(name));
}

/** A heading and a table for each section. */
export function tables(results: Results): string {
  return sectionsIn(results).map((section) =>
    `### ${section}\n\n${table(only(results, section))}`
  ).join("\n\n");
}

/** Medians with their spreads, then Caktus's ratio to each other one and its goal; of one section. */
export function table(results: Results): string {
  const names = implementationsOf(results);
  const others = names.filter((name) => name !== "caktus");
  const head = ["", ...names, ...others.map((name) => `/ ${name}`)];
  const rows = measuresOf(results).map((key) => {
    const measure = MEASURES[key]!;
    const cells = names.map((name) => cell(valuesOf(results, key, name)));
    const ratios = others.map((name) => ratioCell(results, key, name));
    return [`${measure.label}, ${measure.unit}`, ...cells, ...ratios];
  });
  return [head, head.map((_, n) => n === 0 ? "---" : "--:"), ...rows]
    .map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return "–";
  if (values.length === 1) return short(values[0]!);
  return `${short(median(values))} ±${
    (spreadPercent(values) / 2).toFixed(0)
  } %`;
}

/** Caktus's values and another's of those rounds that have both: merged runs may have measured others at other times. */
function inCommon(
  { samples }: Results,
  key: string,
  other: string,
): [number[], number[]] {
  const [own, theirs] = ["caktus", other].map((name) =>
    samples.filter(({ measure, implementation }) =>
      measure === key && implementation === name
    )
  ) as [Sample[], Sample[]];
  const shared = (some: Sample[], others: Sample[]) =>
    some.filter(({ round }) => others.some((each) => each.round === round))
      .map(({ value }) => value);
  return [shared(own, theirs), shared(theirs, own)];
}

/** The ratio of medians, and how it stands to its goal: `1.41 (reach 1.3, aim 1.6: reach)`. */
function ratioCell(results: Results, key: string, other: string): string {
  const [own, theirs] = inCommon(results, key, other);
  if (own.length === 0 || theirs.length === 0 || median(theirs) === 0) {
    return "–";
  }
  const ratio = median(own) / median(theirs);
  const { better, goals }: Measure = MEASURES[key]!;
  const goal = goals?.[other];
  if (!goal) return ratio.toFixed(2);
  const how = verdict(ratio, goal, better);
  // Rounded to the worse, so that a ratio that is below its goal looks like it.
  const worse = better === "more" ? Math.floor : Math.ceil;
  return `${
    (worse(ratio * 100) / 100).toFixed(2)
  } (reach ${goal.reach}, aim ${goal.aim}: **${how}**)`;
}

/** Three digits. */
export function short(value: number): string {
  if (value >= 100) return Math.round(value).toString();
  return value.toFixed(value >= 10 ? 1 : 2);
}
