/**
 * `down`: undoes what `up` wrote down, with no other file.
 *
 * @module
 */

import type { LastingChange } from "./change.ts";
import { revertCommand } from "./echo.ts";
import { Failure } from "./failure.ts";
import { removeHookPrograms } from "./hook_programs.ts";
import { ROUTING_LOCK, waitForLock, withLock } from "./lock.ts";
import {
  readOtherStates,
  readState,
  releaseSysctl,
  removeState,
  RUNTIME_FOLDER,
  type State,
} from "./state.ts";
import { undo, type UndoContext } from "./undo.ts";

/**
 * Takes an interface down.
 *
 * @throws Failure where it is not up; or, after all is done, with what failed
 */
export async function down(
  name: string,
  context: UndoContext,
  folder = RUNTIME_FOLDER,
): Promise<void> {
  const [failures, guard] = await withLock(folder, name, async () => {
    const state = readState(folder, name);
    if (state === undefined) {
      const { machine, report } = context;
      if (await machine.nameService.restoreLost(name, report)) return [[]];
      throw notUp(name, context);
    }
    return [await takeDown(state, context, folder), state.guard];
  });
  // What it waits for has happened.
  if (guard !== undefined) await context.machine.stopDaemon(guard);
  if (failures.length > 0) {
    throw new Failure(`${name} is down, but not all went well`, {
      hint: failures.join("\n"),
    });
  }
}

/** Undoes a state and forgets it; the caller holds the lock. */
export async function takeDown(
  state: State,
  context: UndoContext,
  folder: string,
): Promise<string[]> {
  const failures = await undo(
    state,
    context,
    (change) => revert(change, state.name, context, folder),
  );
  removeHookPrograms(state.name, folder);
  removeState(folder, state.name);
  return failures;
}

/** Takes back what outlives the interface, while no other tunnel comes to need it. */
async function revert(
  change: LastingChange,
  name: string,
  { machine, report }: UndoContext,
  folder: string,
): Promise<void> {
  await waitForLock(folder, ROUTING_LOCK, async () => {
    if (!isShared(change, readOtherStates(folder, name))) {
      report.step(revertCommand(change, name));
      await machine.revert(name, change);
    }
    // Else of two tunnels that go at the same time each would leave it to the other.
    if (change.kind === "sysctl") releaseSysctl(folder, name, change.name);
  });
}

/** A sysctl that several tunnels need is put back by the last of them. */
export function isShared(
  change: LastingChange,
  others: readonly State[],
): boolean {
  return change.kind === "sysctl" &&
    others.some(({ changes }) =>
      changes.some((other) =>
        other.kind === "sysctl" && other.name === change.name
      )
    );
}

function notUp(name: string, { machine }: UndoContext): Failure {
  if (machine.indexOf(name) === undefined) {
    return new Failure(`${name} is not up`, {
      hint: "see what is: caktus show",
    });
  }
  return new Failure(`${name} was not brought up by caktus`, {
    hint: `use what made it, or remove it: ip link delete dev ${name}`,
  });
}
