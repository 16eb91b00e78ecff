/**
 * Counting the words behind a command.
 *
 * @module
 */

import { Failure } from "../quick/failure.ts";
import { programName } from "./names.ts";

/**
 * The one word that a command takes; undefined where there is none.
 *
 * @throws Failure where there are more
 */
export function onlyWord(
  command: string,
  [word, ...more]: readonly string[],
): string | undefined {
  if (more.length === 0) return word;
  throw new Failure(`${command} takes one interface, not ${more.length + 1}`, {
    hint: `one after the other: ${programName()} ${command} ${word}`,
  });
}
