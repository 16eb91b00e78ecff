/**
 * `wg-quick down` of an interface that this program did not bring up.
 *
 * @module
 */

import { foreignDown } from "../quick/foreign_down.ts";
import { Interrupts } from "../quick/interrupts.ts";
import { linuxMachine } from "../quick/linux_machine.ts";
import { withLock } from "../quick/lock.ts";
import { save } from "../quick/save.ts";
import { RUNTIME_FOLDER } from "../quick/state.ts";
import {
  type ConfigurationPlace,
  parseOptions,
  readConfiguration,
} from "./configuration.ts";
import { getDevice } from "./devices.ts";
import { terminalReport } from "./output.ts";

/**
 * Undoes what the file says, and the interface.
 *
 * @returns the exit status
 */
export async function runForeignDown(
  { name, file }: ConfigurationPlace,
): Promise<number> {
  const options = parseOptions();
  const config = readConfiguration(file);
  const interrupts = new Interrupts();
  interrupts.listen();
  const machine = linuxMachine(options);
  await withLock(RUNTIME_FOLDER, name, async () => {
    const device = await getDevice(name);
    const path = Deno.realPathSync(file);
    const saveFile = async () =>
      void await save(
        { name, file: path, device: await getDevice(name) },
        options,
      );
    await foreignDown(
      { name, file: path, config, device, save: saveFile },
      { machine, report: terminalReport, interrupts },
    );
  });
  return 0;
}
