/**
 * The state file anew: whole or not at all.
 *
 * @module
 */

import { type State, StateFile } from "./state.ts";

/** Puts a state in the place of the one that is written down; whoever calls holds the interface's lock. */
export function rewriteState(folder: string, state: State): void {
  const { name, config, hooks, guard, saves } = state;
  const aside = Deno.makeTempDirSync({ dir: folder, prefix: "reload-" });
  try {
    const file = StateFile.create(aside, name, config, hooks, guard, saves);
    for (const change of state.changes) {
      file.record(change);
      if (change.kind !== "interface") continue;
      if (state.daemon) file.recordDaemon(state.daemon);
      if (state.index !== undefined) file.recordIndex(state.index);
    }
    if (state.complete) file.recordComplete();
    Deno.renameSync(file.path, `${folder}/${name}.toml`);
  } finally {
    Deno.removeSync(aside, { recursive: true });
  }
}
