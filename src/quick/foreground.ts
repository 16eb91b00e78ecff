/**
 * `up --foreground`: staying with the interface until a signal comes or its daemon ends.
 *
 * HUP has two meanings, told apart by the terminal: where there never was one, or it is still there, somebody
 * asks to read the configuration anew; where it is gone, this was its end.
 *
 * @module
 */

import type { Daemon } from "./daemon.ts";
import { takeDown } from "./down.ts";
import { Failure } from "./failure.ts";
import type { Interrupts } from "./interrupts.ts";
import { waitForLock } from "./lock.ts";
import { readState, RUNTIME_FOLDER } from "./state.ts";
import type { UndoContext } from "./undo.ts";

/** HUPs that ask to read the configuration anew, from before `up` on: one that comes early waits for its end. */
export class Hangups {
  #answer: (() => Promise<void>) | undefined;
  #waiting = false;
  #last = Promise.resolve();

  /** Takes them from here on, but for the one that the end of a terminal sends. */
  constructor(interrupts: Interrupts) {
    const hadTerminal = hasTerminal();
    interrupts.hangup = () => {
      if (hadTerminal && !hasTerminal()) return false;
      this.#waiting = true;
      this.#serve();
      return true;
    };
  }

  /** Answers those that have come and will come, one after the other; many at once are one. */
  answer(reload: () => Promise<void>): void {
    this.#answer = reload;
    this.#serve();
  }

  #serve(): void {
    const answer = this.#answer;
    if (answer === undefined || !this.#waiting) return;
    this.#last = this.#last.then(async () => {
      if (!this.#waiting) return;
      this.#waiting = false;
      await answer();
    });
  }
}

/** What goes on while an interface stays up. */
export interface StayOptions {
  readonly hangups: Hangups;
  /** Reads the configuration anew; never throws. */
  readonly reload: () => Promise<void>;
  /** Is called when it is about to be taken down. */
  readonly stopping?: () => void;
}

/**
 * Waits, and then takes the interface down.
 *
 * @returns 0 after a signal, or after another process took it down
 * @throws Failure where the daemon ended by itself, or undoing failed
 */
export async function stayUp(
  name: string,
  daemon: Daemon,
  context: UndoContext,
  { hangups, reload, stopping = () => {} }: StayOptions,
  folder = RUNTIME_FOLDER,
): Promise<number> {
  hangups.answer(reload);
  const reason = await Promise.race([
    daemon.ended,
    aborted(context.interrupts.signal),
  ]);
  stopping();
  // Whoever holds the lock is taking it down: `caktus down` in another terminal.
  return await waitForLock(folder, name, async () => {
    const state = readState(folder, name);
    const ours = state?.daemon?.pid === daemon.pid;
    if (state === undefined || !ours) return 0;
    const failures = await takeDown(state, context, folder);
    const hint = failures.join("\n");
    if (reason !== undefined) {
      throw new Failure(`the daemon of ${name} ${reason}`, { hint });
    }
    if (hint === "") return 0;
    throw new Failure(`${name} is down, but not all went well`, { hint });
  });
}

/** Whether this process has a terminal that it would be interrupted from. */
function hasTerminal(): boolean {
  try {
    Deno.openSync("/dev/tty").close();
    return true;
  } catch {
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
