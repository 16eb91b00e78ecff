/**
 * Work on an interface from the command line, which a signal ends and undoes.
 *
 * @module
 */

import { Interrupts } from "../quick/interrupts.ts";
import { linuxMachine } from "../quick/linux_machine.ts";
import type { UndoContext } from "../quick/undo.ts";
import { parseOptions } from "./configuration.ts";
import { terminalReport } from "./output.ts";

/**
 * Does work that a signal undoes. The signals are listened for to the end of the
 * process: one that comes between the last step and the exit would else kill it,
 * and its status would say that an interface which stands was undone.
 */
export async function interruptibly(
  work: (context: UndoContext) => Promise<number>,
): Promise<number> {
  const interrupts = new Interrupts();
  interrupts.listen();
  return await work({
    machine: linuxMachine(parseOptions()),
    report: terminalReport,
    interrupts,
  });
}
