/**
 * `up --confirm 60s`: not being locked out.
 *
 * ```text
 * up ──spawn──▶ caktus guard wg0 60     a session of its own: no terminal's end reaches it
 *    ◀─stdout── guarding wg0
 *    makes the interface, the guard's name in the state file
 *                 60 s later            the guard's name is still there: down
 * confirm ──TERM─▶                      then it ends, and all stays
 * ```
 *
 * The guard needs neither `up` nor the daemon: what is to be undone stands in the state file. It takes down only
 * what was made under its name, so a `down` and another `up` meanwhile are none of its business.
 *
 * @module
 */

import {
  keepDescriptors,
  newSession,
  processStart,
  redirectStandardStreams,
} from "../../ffi/process.ts";
import { isRunning, selfCommand, stopDaemon } from "./daemon.ts";
import { takeDown } from "./down.ts";
import { Failure } from "./failure.ts";
import { unlessAborted } from "./interrupts.ts";
import { waitForLock, withLock } from "./lock.ts";
import { type DaemonIdentity, readState, RUNTIME_FOLDER } from "./state.ts";
import type { UndoContext } from "./undo.ts";

/** Seconds; a day is enough for everybody to look. */
const LONGEST = 86_400;

/**
 * Reads a time: `60s`, `5m`, `1h`, or seconds.
 *
 * @returns seconds
 * @throws Failure
 */
export function parseTime(text: string): number {
  const [, digits, unit = "s"] = /^(\d{1,6})(s|m|min|h)?$/.exec(text) ?? [];
  const seconds = Number(digits) * { s: 1, m: 60, min: 60, h: 3_600 }[unit]!;
  if (seconds >= 1 && seconds <= LONGEST) return seconds;
  throw new Failure(`${text} is no time`, {
    hint: "a number of seconds, minutes or hours: --confirm 60s",
  });
}

/** Starts the guard of an interface, and waits until it is on guard. @throws Failure */
export async function startGuard(
  name: string,
  seconds: number,
): Promise<DaemonIdentity> {
  keepDescriptors();
  const child = selfCommand(["guard", name, String(seconds)]).spawn();
  child.unref();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const said = new TextDecoder().decode(value);
  await reader.cancel();
  const started = processStart(child.pid);
  if (started === undefined || !said.startsWith("guarding")) {
    throw new Failure(`there is no guard over ${name}: nothing was done`);
  }
  return { pid: child.pid, started };
}

/**
 * The guard: waits, and takes down what was made under its name.
 *
 * @param ready is called when its time has begun
 */
export async function guard(
  name: string,
  seconds: number,
  context: UndoContext,
  ready: () => void,
  folder = RUNTIME_FOLDER,
): Promise<void> {
  newSession();
  ready();
  redirectStandardStreams("/dev/null");
  await unlessAborted(
    new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
    context.interrupts.signal,
  );
  await waitForLock(folder, name, async () => {
    const state = readState(folder, name);
    if (state?.guard?.pid !== Deno.pid) return;
    const failures = await takeDown(state, context, folder);
    const text = [
      `${name} was not confirmed in ${seconds} s and is down again`,
      ...failures,
    ];
    note(`${folder}/${name}.log`, text.join(" · "));
  });
}

/** Ends the guard of an interface: it stays up. @throws Failure where there is none */
export async function confirm(
  name: string,
  folder = RUNTIME_FOLDER,
): Promise<void> {
  await withLock(folder, name, async () => {
    const state = readState(folder, name);
    if (state === undefined) {
      throw new Failure(`${name} is not up`, {
        hint: "see what is: caktus show",
      });
    }
    if (state.guard === undefined || !isRunning(state.guard)) {
      throw new Failure(`${name} waits for no confirmation`, {
        hint: "it stays up",
      });
    }
    await stopDaemon(state.guard);
  });
}

/** For who looks afterwards: the guard has no terminal. */
function note(path: string, text: string): void {
  const line = `${new Date().toISOString()} ${text}\n`;
  Deno.writeTextFileSync(path, line, { append: true, mode: 0o600 });
}
