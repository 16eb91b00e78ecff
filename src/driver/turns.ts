/**
 * So many at once, and the others one after the other.
 *
 * What waits in another thread (getaddrinfo, poll) has one of the 32 that Deno keeps for that. The loop of the
 * tunnel waits in one of them, too; so whoever may begin much of that at once takes turns.
 *
 * @module
 */

/** Turns at something. */
export class Turns {
  #free: number;
  #waiting: (() => void)[] = [];

  /** @param most at once */
  constructor(most: number) {
    this.#free = most;
  }

  /** Does the work as soon as there is a turn; not at all, and undefined, where `isWanted` says no by then. */
  async take<T>(
    work: () => Promise<T>,
    isWanted: () => boolean = () => true,
  ): Promise<T | undefined> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return isWanted() ? await work() : undefined;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
