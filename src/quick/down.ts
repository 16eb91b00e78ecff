/**
 * `down`: undoes what `up` wrote down, with no other file.
 *
 * @module
 */

import { Failure } from "./failure.ts";
import { withLock } from "./lock.ts";
import { readState, removeState, RUNTIME_FOLDER, type State } from "./state.ts";
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
  await withLock(folder, name, async () => {
    const state = readState(folder, name);
    if (state === undefined) throw notUp(name, context);
    const failures = await takeDown(state, context, folder);
    if (failures.length > 0) {
      throw new Failure(`${name} is down, but not all went well`, {
        hint: failures.join("\n"),
      });
    }
  });
}

/** Undoes a state and forgets it; the caller holds the lock. */
export async function takeDown(
  state: State,
  context: UndoContext,
  folder: string,
): Promise<string[]> {
  const failures = await undo(state, context);
  removeState(folder, state.name);
  return failures;
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
