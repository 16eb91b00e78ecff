/**
 * INT, TERM and HUP while `up` or `down` works.
 *
 * The first one ends what `up` is doing, and undoing begins; each later one ends only the
 * hook that runs at that moment, since undoing goes on whatever happens.
 *
 * @module
 */

import { Failure } from "./failure.ts";

/** Exit statuses as a shell gives them: 128 and the signal's number. */
const STATUSES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Interrupt = keyof typeof STATUSES;

/** Turns signals into something that a step can be ended with. */
export class Interrupts {
  #controller = new AbortController();
  /** Is asked first when HUP comes; what it deals with interrupts nothing. */
  hangup: () => boolean = () => false;

  /** What the work at hand is ended with. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins other work, which only a later interrupt ends. */
  renew(): AbortSignal {
    if (this.signal.aborted) this.#controller = new AbortController();
    return this.signal;
  }

  /** Ends the work at hand. */
  interrupt(name: Interrupt): void {
    this.#controller.abort(
      new Failure(`interrupted by ${name}`, { status: STATUSES[name] }),
    );
  }

  /** Listens for the signals from here on. */
  listen(): void {
    for (const name of Object.keys(STATUSES) as Interrupt[]) {
      Deno.addSignalListener(name, () => {
        if (name === "SIGHUP" && this.hangup()) return;
        this.interrupt(name);
      });
    }
  }
}

/**
 * The result of `work`, unless the signal is aborted before: then the work goes on, but nobody waits for it.
 *
 * @throws the signal's reason
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
