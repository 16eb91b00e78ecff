/**
 * Undoing what `up` wrote down: for `down`, and for an `up` that failed.
 *
 * ```text
 * PreDown hooks    in the file's order
 * SaveConfig       the file becomes what the interface is
 * rules            in the order in which they were made: what leads into the tunnel goes first
 * other changes    the last one first
 * PostDown hooks   in the file's order
 * ```
 *
 * Nothing stops it: what fails is remembered, and the rest goes on. Each change may have been
 * begun only, because it was written down before; so undoing what is not there is no failure.
 *
 * @module
 */

import {
  type Change,
  type HookChange,
  isLasting,
  type LastingChange,
} from "./change.ts";
import { undoCommand } from "./echo.ts";
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
 * @param revert takes back one change that outlives the interface
 * @returns what failed, a line each; empty where all is as it was before
 */
export async function undo(
  state: State,
  context: UndoContext,
  revert: (change: LastingChange) => Promise<void>,
): Promise<string[]> {
  const failures: string[] = [];
  const hooks = wantsHooks(state) ? state.hooks : [];
  await runHooks(hooks, "PreDown", state, context, failures);
  await saveFile(state, context, failures);
  for (const change of undoOrder(state.changes)) {
    try {
      if (isLasting(change)) await revert(change);
      else await undoChange(change, state, context);
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

/** Only what came up whole is saved, and only while it is there. */
async function saveFile(
  state: State,
  { machine, report }: UndoContext,
  failures: string[],
): Promise<void> {
  const { name, config, saves, complete, index } = state;
  if (!saves || !complete || machine.indexOf(name) !== index) return;
  report.step(`wg showconf ${name}`);
  try {
    await machine.save(state);
  } catch (error) {
    failures.push(`${config} is not saved: ${messageOf(error)}`);
  }
}

function undoOrder(changes: readonly Change[]): Change[] {
  return [
    ...changes.filter(({ kind }) => kind === "rule"),
    ...changes.filter(({ kind }) => kind !== "rule").toReversed(),
  ];
}

async function undoChange(
  change: Change,
  state: State,
  { machine, report }: UndoContext,
): Promise<void> {
  if (change.kind === "dns") {
    // What systemd-resolved knows of a link goes with the link.
    if (change.how === "resolved") return;
    return await machine.nameService.restore(change, state.name, report);
  }
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
