/**
 * `up --foreground`: staying with the interface until a signal comes or its daemon ends.
 *
 * @module
 */

import type { Daemon } from "./daemon.ts";
import { takeDown } from "./down.ts";
import { Failure } from "./failure.ts";
import { waitForLock } from "./lock.ts";
import { readState, RUNTIME_FOLDER } from "./state.ts";
import type { UndoContext } from "./undo.ts";

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
  folder = RUNTIME_FOLDER,
): Promise<number> {
  const reason = await Promise.race([
    daemon.ended,
    aborted(context.interrupts.signal),
  ]);
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

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
