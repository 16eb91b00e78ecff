/**
 * `reload`: from a word on the command line, or a HUP, to an interface that is as its file says now.
 *
 * @module
 */

import type { UndoContext } from "../quick/undo.ts";
import { resolveEndpoints } from "../quick/endpoints.ts";
import { systemResolver } from "../quick/linux_machine.ts";
import { checkPrivileges, warnOfReaders } from "../quick/preflight.ts";
import { reload, reloadedFile } from "../quick/reload.ts";
import { reloadMachine } from "../quick/reload_machine.ts";
import { onlyWord } from "./arguments.ts";
import {
  findConfiguration,
  interfaceOf,
  parseOptions,
  readConfiguration,
} from "./configuration.ts";
import { report as reportError } from "./output.ts";
import { interruptibly } from "./interruptible.ts";

/**
 * `reload [NAME | FILE.conf]`
 *
 * @returns the exit status
 */
export async function runReload(words: readonly string[]): Promise<number> {
  const word = onlyWord("reload", words);
  return await interruptibly(async (context) => {
    checkPrivileges(["caktus", "reload", ...words].join(" "));
    const isFile = word !== undefined && /[/]|\.conf$/.test(word);
    const name = interfaceOf(word);
    await readAnew(name, isFile ? word : undefined, context);
    return 0;
  });
}

/** The same for an interface whose `up --foreground` was sent a HUP: an error is shown, and changes nothing. */
export async function reloadQuietly(
  name: string,
  context: UndoContext,
): Promise<void> {
  try {
    await readAnew(name, undefined, context);
  } catch (error) {
    reportError(error);
  }
}

/** @param given the file; undefined is the one of `up` */
async function readAnew(
  name: string,
  given: string | undefined,
  context: UndoContext,
): Promise<void> {
  const { report, interrupts } = context;
  const place = findConfiguration(given ?? reloadedFile(name), "reload");
  const file = Deno.realPathSync(place.file);
  const config = readConfiguration(file);
  warnOfReaders(file, report);
  config.warnings.forEach((warning) => report.warn(warning));
  await reload({
    name,
    file,
    config,
    resolve: (texts) =>
      resolveEndpoints(
        texts,
        file,
        systemResolver(),
        report,
        interrupts.signal,
      ),
  }, { ...context, machine: reloadMachine(parseOptions()) });
}
