/**
 * A configuration file as lines that can be changed one by one: all that is not
 * touched stays as it is, to the byte.
 *
 * ```text
 * ListenPort = 51820   # home     setValue: what stands between "=" and "#"
 * Address = 10.0.0.9/24 # old     drop: the comment stays, alone
 *                                 insertAfter: a line with the file's own ending
 * ```
 *
 * A section reaches from the comments right above its header to its last line
 * `KEY = VALUE` and the comments right below that.
 *
 * @module
 */

import { type Pair, readLines } from "./conf_lines.ts";
import type { SectionName } from "./conf_keys.ts";

/** One [Interface] or [Peer], and its pairs. */
export interface Section {
  readonly name: SectionName;
  /** Index of the header's line; 0 is the file's first. */
  readonly start: number;
  readonly pairs: Pair[];
}

/** The lines of a file, and what is to become of them. */
export class Lines {
  readonly sections: readonly Section[];
  readonly #lines: readonly string[];
  readonly #ending: string;
  /** Lines that change; `undefined` is one that goes. */
  readonly #changed = new Map<number, string | undefined>();
  readonly #inserted = new Map<number, string[]>();
  readonly #appended: string[] = [];

  /** @throws ConfigError where a line is no line of such a file */
  constructor(text: string, file: string) {
    this.#lines = text.split("\n");
    this.#ending = this.#lines[0]!.endsWith("\r") ? "\r" : "";
    this.sections = sectionsOf(text, file);
  }

  /** Puts a value in the place of the one of `pair`. */
  setValue(pair: Pair, value: string): void {
    const [, before = "", , after = ""] =
      /^([^=]*=[ \t]*)([^#]*?)(\s*(?:#.*)?)$/s.exec(
        this.#lines[pair.line - 1]!,
      ) ?? [];
    const space = /[ \t]$/.test(before) || pair.value !== "" ? "" : " ";
    this.#changed.set(pair.line - 1, before + space + value + after);
  }

  /** Removes the line of `pair`, but for its comment. */
  drop(pair: Pair): void {
    const comment = /#.*$/s.exec(this.#lines[pair.line - 1]!)?.[0];
    this.#changed.set(pair.line - 1, comment);
  }

  /** Puts a line behind the last pair of a section, or behind its header. */
  add(section: Section, key: string, value: string, like?: Pair): void {
    const last = like ?? section.pairs.at(-1);
    const at = last === undefined ? section.start : last.line - 1;
    const lines = this.#inserted.get(at) ?? [];
    lines.push(`${key} = ${value}${this.#ending}`);
    this.#inserted.set(at, lines);
  }

  /** Puts lines at the end of the file, an empty one before them. */
  append(lines: readonly string[]): void {
    this.#appended.push("", ...lines);
  }

  /** Removes a section with its own comments; those that stand apart from it stay. */
  remove(section: Section): void {
    const next = this.sections.find(({ start }) => start > section.start);
    const limit = next === undefined
      ? this.#lines.length
      : this.#firstComment(next.start);
    let end = (section.pairs.at(-1)?.line ?? section.start + 1) - 1;
    while (end + 1 < limit && this.#isComment(end + 1)) end++;
    let blank = end;
    while (blank + 1 < limit && this.#isBlank(blank + 1)) blank++;
    let start = this.#firstComment(section.start);
    // At the end of the file it is the empty line above that is one too many.
    if (blank + 1 === this.#lines.length) {
      while (start > 0 && this.#isBlank(start - 1)) start--;
      blank = end;
    }
    for (let i = start; i <= blank; i++) this.#changed.set(i, undefined);
  }

  /** The file as it became. */
  text(): string {
    const result: string[] = [];
    for (const [i, line] of this.#lines.entries()) {
      const now = this.#changed.has(i) ? this.#changed.get(i) : line;
      if (now !== undefined) result.push(now);
      result.push(...this.#inserted.get(i) ?? []);
    }
    if (this.#appended.length === 0) return result.join("\n");
    while (result.length > 0 && result.at(-1)!.trim() === "") result.pop();
    const added = this.#appended.map((line) => line + this.#ending);
    return [...result, ...added, ""].join("\n");
  }

  /** Index of the first of the comments right above a header; of the header where there is none. */
  #firstComment(header: number): number {
    let at = header;
    while (at > 0 && this.#isComment(at - 1)) at--;
    return at;
  }

  #isComment(at: number): boolean {
    return this.#lines[at]!.trim().startsWith("#");
  }

  #isBlank(at: number): boolean {
    return this.#lines[at]!.trim() === "";
  }
}

function sectionsOf(text: string, file: string): Section[] {
  const sections: Section[] = [];
  for (const line of readLines(text, file)) {
    if ("key" in line) sections.at(-1)?.pairs.push(line);
    else {
      sections.push({ name: line.section, start: line.line - 1, pairs: [] });
    }
  }
  return sections;
}

/** The last pair of a key among sections, which is the one that counts. */
export function lastPair(
  sections: readonly Section[],
  key: string,
): Pair | undefined {
  return pairsOf(sections, key).at(-1);
}

/** All pairs of a key among sections, in their order. */
export function pairsOf(sections: readonly Section[], key: string): Pair[] {
  const wanted = key.toLowerCase();
  return sections.flatMap(({ pairs }) =>
    pairs.filter((pair) => pair.key.toLowerCase() === wanted)
  );
}
