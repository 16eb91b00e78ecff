/**
 * One round of one section: all implementations take turns at every step, so that a busy minute of the machine hits
 * them alike.
 *
 * ```text
 *  step   tcp1            tcp1r           …      the next round in reverse
 *  who    caktus, others  caktus, others
 * ```
 *
 * Each has its own pair of hosts, which stands from its first step to the last one that needs as many peers; those
 * whose turn it is not are idle. What fails is tried again in new hosts, then left out and named.
 *
 * @module
 */

import type { Commands } from "./implementations.ts";
import { type LoneStep, loneStepsOf } from "./lone.ts";
import { type Figures, type Step, stepsOf, warmUp } from "./measure.ts";
import { Pair, type Shape } from "./pair.ts";
import { ALONE, orderOf, type Section } from "./plan.ts";
import type { Book } from "./results.ts";
import { short } from "./table.ts";

/** What all steps of a round need. */
export interface Round {
  section: Section;
  round: number;
  /** For each stream. */
  seconds: number;
  commands: Commands;
  book: Book;
  say(line: string): void;
}

/** How long a round takes, about. */
export function secondsOf(section: Section, seconds: number): number {
  if (section.title === ALONE) {
    return loneStepsOf(section, 1)
      .reduce((sum, step) => sum + step.seconds, 0);
  }
  const steps = stepsOf(section, seconds);
  // Beside its seconds a step has its start and end, and a pair of hosts must be made and warmed up.
  const each = steps.reduce((sum, step) => sum + step.seconds + 0.3, 0) +
    4.5 * new Set(steps.map(({ peers }) => peers)).size;
  return each * section.implementations.length;
}

/** Measures what is missing in the book. */
export async function runRound(round: Round): Promise<void> {
  if (round.section.title === ALONE) {
    for (const step of loneStepsOf(round.section, round.round)) {
      await runLone(round, step);
    }
    return;
  }
  const steps = stepsOf(round.section, round.seconds);
  for (const peers of new Set(steps.map((step) => step.peers))) {
    const some = steps.filter((step) => step.peers === peers);
    await runSteps(round, peers, some);
  }
}

async function runSteps(
  round: Round,
  peers: number,
  steps: Step[],
): Promise<void> {
  const { section } = round;
  const shape = { outside: section.outside, mtu: section.mtu, peers };
  await using stack = new AsyncDisposableStack();
  const contenders = orderOf(section, round.round).map((name) =>
    stack.use(new Contender(name, shape, round))
  );
  for (const step of steps) {
    for (const contender of contenders) await contender.measure(step);
  }
}

/** One implementation, with its pair of hosts from when they are needed. */
class Contender implements AsyncDisposable {
  #pair: Pair | undefined;

  constructor(
    readonly name: string,
    readonly shape: Shape,
    readonly round: Round,
  ) {}

  /** Measures, unless that is done. */
  async measure(step: Step): Promise<void> {
    const { book, say } = this.round;
    if (book.has(this.#where, step.gives)) return;
    const what = `${this.name}, ${step.gives.join(", ")}`;
    try {
      const figures = await this.#run(step).catch(async (error) => {
        say(`${what}: again, because of ${error.message}`);
        await this[Symbol.asyncDispose]();
        return await this.#run(step);
      });
      book.add(this.#where, figures);
      say(`${this.name}: ${inWords(figures)}`);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      fail(this.round, what, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pair = this.#pair;
    this.#pair = undefined;
    try {
      await pair?.[Symbol.asyncDispose]();
    } catch (error) {
      // The hosts end with this process at the latest; a long run must not end with them.
      this.round.say(`${this.name}: ${error}`);
    }
  }

  get #where() {
    return placeOf(this.round, this.name);
  }

  async #run(step: Step): Promise<Figures> {
    this.#pair ??= await this.#up();
    return await step.run(this.#pair);
  }

  async #up(): Promise<Pair> {
    const { book, commands } = this.round;
    const pair = await Pair.up([...commands[this.name]!, "wg0"], this.shape);
    if (this.shape.peers === 1 && !book.has(this.#where, ["start"])) {
      book.add(this.#where, { start: pair.startTime });
    }
    try {
      await warmUp(pair);
      return pair;
    } catch (error) {
      await pair[Symbol.asyncDispose]();
      throw error;
    }
  }
}

async function runLone(round: Round, step: LoneStep): Promise<void> {
  const { book, commands, say } = round;
  const missing = step.names.filter((name) =>
    !book.has(placeOf(round, name), step.gives)
  );
  if (missing.length === 0) return;
  try {
    const all = await step.run(commands);
    for (const name of missing) {
      book.add(placeOf(round, name), all[name]!);
      say(`${name}: ${inWords(all[name]!)}`);
    }
  } catch (error) {
    fail(round, `${step.names}, ${step.gives.join(", ")}`, error);
  }
}

function placeOf({ section, round }: Round, implementation: string) {
  return { section: section.title, round, implementation };
}

function fail(round: Round, what: string, error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  const reason = words.trim().split("\n")[0];
  const line =
    `${round.section.title}, round ${round.round}, ${what}: ${reason}`;
  round.book.fail(line);
  round.say(`!!! LEFT OUT: ${line}`);
}

function inWords(figures: Figures): string {
  return Object.entries(figures)
    .map(([key, value]) => `${key} ${short(value)}`).join(", ");
}
