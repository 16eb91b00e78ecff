/**
 * Undoing what `up` wrote down: for `down`, and for an `up` that failed.
 *
 * ```text
 * PreDown hooks    in the file's order
 * the changes      the last one first
 * PostDown hooks   in the file's order
 * ```
 *
 * Nothing stops it: what fails is remembered, and the rest goes on. Each change may have been
 * begun only, because it was written down before; so undoing what is not there is no failure.
 *
 * @module
 */

import { type Change, type HookChange, undoCommand } from "./change.ts";
import { messageOf } from "./failure.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Machine, Report } from "./machine.ts";
import type { State } from "./state.ts";

const LINK_MILLISECONDS = 1_000;
const POLL_MILLISECONDS = 5;

/** What undoing works with. */
export interface UndoContext {
  readonly machine: Machine;
  readonly report: Report;
  readonly interrupts: Interrupts;
}

/**
 * Undoes everything in `state`, which is left as it is.
 *
 * @returns what failed, a line each; empty where all is as it was before
 */
export async function undo(
  state: State,
  context: UndoContext,
): Promise<string[]> {
  const failures: string[] = [];
  const hooks = wantsHooks(state) ? state.hooks : [];
  await runHooks(hooks, "PreDown", state, context, failures);
  for (const change of state.changes.toReversed()) {
    try {
      await undoChange(change, state, context);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  await runHooks(hooks, "PostDown", state, context, failures);
  return failures;
}

/** The name of a hook in a message. */
export function hookPlace(hook: HookChange, file: string): string {
  const base = file.slice(file.lastIndexOf("/") + 1);
  return `${base}:${hook.line}: ${hook.time}`;
}

/** An `up` that came to no hook leaves nothing to those of `down`. */
function wantsHooks({ complete, changes }: State): boolean {
  return complete || changes.some(({ kind }) => kind === "hook");
}

async function runHooks(
  hooks: readonly HookChange[],
  time: HookChange["time"],
  { name, config }: State,
  { machine, report, interrupts }: UndoContext,
  failures: string[],
): Promise<void> {
  for (const hook of hooks.filter((each) => each.time === time)) {
    report.step(hook.command);
    try {
      await machine.runHook(hook.command, name, interrupts.renew());
    } catch (error) {
      failures.push(`${hookPlace(hook, config)}: ${messageOf(error)}`);
    }
  }
}

async function undoChange(
  change: Change,
  state: State,
  { machine, report }: UndoContext,
): Promise<void> {
  // All the others go with the interface.
  if (change.kind !== "interface") return;
  report.step(undoCommand(state.name));
  if (state.daemon !== undefined) await machine.stopDaemon(state.daemon);
  if (state.index === undefined) await untilGone(state.name, machine);
  else if (machine.indexOf(state.name) === state.index) {
    machine.deleteLink(state.index);
  }
  await machine.removeStaleSocket(state.name);
}

/**
 * An interface goes with the last thread of its daemon, shortly after the process. One whose index
 * was not written down yet may also be somebody else's, so it is waited for, not deleted.
 */
async function untilGone(name: string, machine: Machine): Promise<void> {
  const end = performance.now() + LINK_MILLISECONDS;
  while (machine.indexOf(name) !== undefined && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}
