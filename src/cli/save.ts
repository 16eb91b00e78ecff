/**
 * `save`: writes what an interface is now into its configuration file.
 *
 * @module
 */

import { withLock } from "../quick/lock.ts";
import { checkPrivileges } from "../quick/preflight.ts";
import { chosenMarkOf, save } from "../quick/save.ts";
import { readState, RUNTIME_FOLDER } from "../quick/state.ts";
import { onlyWord } from "./arguments.ts";
import {
  findConfiguration,
  interfaceOf,
  parseOptions,
} from "./configuration.ts";
import { getDevice } from "./devices.ts";
import { programName } from "./names.ts";
import { terminalReport } from "./output.ts";

/**
 * `save [NAME | FILE.conf]`: where `up` used a file, that one, unless another is named.
 *
 * @returns the exit status
 */
export async function runSave(words: readonly string[]): Promise<number> {
  const word = onlyWord("save", words);
  const name = interfaceOf(word);
  checkPrivileges([programName(), "save", ...words].join(" "));
  await withLock(RUNTIME_FOLDER, name, async () => {
    const state = readState(RUNTIME_FOLDER, name);
    const file = word?.includes("/") || state === undefined
      ? Deno.realPathSync(findConfiguration(word, "save").file)
      : state.config;
    terminalReport.step(`wg showconf ${name}`);
    const device = await getDevice(name);
    const request = { name, file, device, ...chosenMarkOf(state) };
    await save(request, parseOptions());
  });
  return 0;
}
