/**
 * Tables of nf_tables that are known by their name: put there as a whole, and
 * taken away as a whole whatever became of them.
 *
 * ```text
 * replaceTables   one transaction: make if missing, delete, make anew
 * removeFound     look ─▶ one transaction for what was seen ─▶ changed meanwhile: look again
 * ```
 *
 * @module
 */

import {
  addTable,
  type Command,
  deleteTable,
  type Family,
  generation,
  lacksNfTables,
  tables,
  transact,
} from "../../ffi/nf_tables.ts";
import { SystemError } from "../../ffi/system_error.ts";

/** The rules have changed since the generation that a transaction was made for. */
const ERESTART = 85;
/** How often that is taken for somebody else's work, and looked again. */
const ATTEMPTS = 20;

/**
 * Makes the tables of that name in these families; what an earlier tunnel of
 * the name left in them goes.
 *
 * @param commands that make the tables and what is in them
 * @throws {SystemError} with nothing changed
 */
export function replaceTables(
  table: string,
  families: readonly Family[],
  commands: readonly Command[],
): void {
  // A table is made, if it is not there, so that deleting it cannot fail.
  const cleared = families.flatMap((family) => [
    addTable(family, table),
    deleteTable(family, table),
  ]);
  transact([...cleared, ...commands]);
}

/**
 * Makes the deletions that `find` finds.
 *
 * @returns whether there were any; a kernel without nf_tables has none
 * @throws {SystemError} with nothing changed
 */
export function removeFound(find: () => Command[]): boolean {
  try {
    for (let attempt = 1;; attempt++) {
      const seen = generation();
      const commands = find();
      if (tryTransact(commands, seen, attempt)) return commands.length > 0;
    }
  } catch (error) {
    if (lacksNfTables(error)) return false;
    throw error;
  }
}

/** The commands that delete the tables of that name, in all families. */
export function tableDeletions(table: string): Command[] {
  return tables().filter(({ name }) => name === table)
    .map(({ family }) => deleteTable(family, table));
}

/** @returns false where somebody changed the rules meanwhile, so that it is to be looked again */
function tryTransact(
  commands: readonly Command[],
  seen: number,
  attempt: number,
): boolean {
  try {
    transact(commands, seen);
    return true;
  } catch (error) {
    const again = error instanceof SystemError && error.errno === ERESTART;
    if (again && attempt < ATTEMPTS) return false;
    throw error;
  }
}
