/**
 * When memory is given back that was only needed to get going.
 *
 * | at                                           | what is of no more use                          |
 * |----------------------------------------------|-------------------------------------------------|
 * | half a second after `ready`                  | the start of the runtime, checks, first request |
 * | 1, 1.5, 2.2, … s after that, as packets come | the compiler's work on what they need           |
 *
 * The later turns belong to the loop, so that none of them wakes an idle
 * tunnel. What is given back too early comes back by itself (ffi/resident.ts).
 *
 * @module
 */

import { giveBack, ownFileMappings, type Range } from "../../ffi/resident.ts";

/** Milliseconds from `ready` to the first time. */
const FIRST = 500;
/** Milliseconds between the first time and the second, and by what each wait is longer than the one before. */
const SECOND = 1_000, GROWTH = 1.5;
/** Milliseconds between two times at most. */
const LONGEST = 600_000;

/** Gives memory back from time to time. */
export class Thrift {
  #giveBack: () => Promise<void>;
  #wait = SECOND;
  #due = Infinity;

  constructor(give: () => Promise<void> = givingBack()) {
    this.#giveBack = give;
  }

  /** Gives back for the first time a little after now. */
  start(now: () => number): void {
    setTimeout(() => this.begin(now()), FIRST);
  }

  /** Gives back for the first time, `now`. */
  begin(now: number): void {
    this.#due = now + this.#wait;
    void this.#giveBack();
  }

  /** The loop has worked, and it is `now`: gives back where it is time. */
  turn(now: number): void {
    if (now < this.#due) return;
    this.#wait = Math.min(GROWTH * this.#wait, LONGEST);
    this.begin(now);
  }
}

/** Looks once for what can be given back. */
function givingBack(): () => Promise<void> {
  let mappings: Range[] | undefined;
  return async () => await giveBack(mappings ??= await ownFileMappings());
}
