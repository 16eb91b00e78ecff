/**
 * What runs leave behind, in a file that grows with every measurement, so that a run that is stopped loses nothing.
 *
 * @module
 */

/** One figure of one round. */
export interface Sample {
  /** What was the same for all that it is compared with: a title of plan.ts. */
  section: string;
  round: number;
  implementation: string;
  /** A name of goals.ts. */
  measure: string;
  value: number;
}

/** What one run leaves, or several that were merged. */
export interface Results {
  /** Processor, cores, kernel and versions, for people. */
  machine: string[];
  /** What was asked for. */
  commands: string[];
  samples: Sample[];
  /** What could not be measured, and why. */
  failures: string[];
}

/** Results without a sample. */
export function noResults(machine: string[], command: string): Results {
  return { machine, commands: [command], samples: [], failures: [] };
}

/** The same section, or all, of several runs as one; the rounds of a later run come after those of the runs before it. @throws RangeError of none */
export function merge(all: readonly Results[]): Results {
  if (all.length === 0) throw new RangeError("no results to merge");
  const merged = noResults([], "");
  let rounds = 0;
  for (const { samples } of all) {
    const shift = rounds;
    for (const sample of samples) {
      merged.samples.push({ ...sample, round: sample.round + shift });
      rounds = Math.max(rounds, sample.round + shift);
    }
  }
  merged.machine = unique(all.flatMap(({ machine }) => machine));
  merged.commands = unique(all.flatMap(({ commands }) => commands));
  merged.failures = unique(all.flatMap(({ failures }) => failures));
  return merged;
}

/** Results in a file. */
export class Book {
  constructor(readonly path: string, readonly results: Results) {}

  /** What the file has, to go on with, or else `fresh`. @throws Error where there is something else in it */
  static resume(path: string, fresh: Results): Book {
    let text: string;
    try {
      text = Deno.readTextFileSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Book(path, fresh);
      throw error;
    }
    const old = parseResults(text, path);
    const commands = unique([...old.commands, ...fresh.commands]);
    // Another Caktus than before stays visible.
    const machine = unique([...old.machine, ...fresh.machine]);
    return new Book(path, { ...old, commands, machine });
  }

  /** Whether all of these figures are there. */
  has(where: Omit<Sample, "measure" | "value">, measures: string[]): boolean {
    const there = new Set(
      this.results.samples.filter((sample) =>
        sample.section === where.section && sample.round === where.round &&
        sample.implementation === where.implementation
      ).map(({ measure }) => measure),
    );
    return measures.every((measure) => there.has(measure));
  }

  /** Writes figures down, on the disk at once. */
  add(
    where: Omit<Sample, "measure" | "value">,
    figures: Record<string, number>,
  ): void {
    for (const [measure, value] of Object.entries(figures)) {
      this.results.samples.push({ ...where, measure, value });
    }
    this.#write();
  }

  /** Writes down what could not be measured. */
  fail(reason: string): void {
    this.results.failures.push(reason);
    this.#write();
  }

  /** A file that is replaced is whole at any moment. */
  #write(): void {
    const text = JSON.stringify(this.results, undefined, 1) + "\n";
    Deno.writeTextFileSync(`${this.path}.new`, text);
    Deno.renameSync(`${this.path}.new`, this.path);
  }
}

/** Reads a file of results. @throws Error where the text is not one */
export function parseResults(text: string, path: string): Results {
  const value = JSON.parse(text);
  for (const field of ["machine", "commands", "samples", "failures"]) {
    if (!Array.isArray(value[field])) {
      throw new Error(`${path}: not results of the bench: no ${field}`);
    }
  }
  return value;
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
