/**
 * What wg(8) says where a word is wrong, without ever showing a key.
 *
 * ```text
 * Persistent keepalive interval is neither 0/off nor 1-65535: `70000'    message: wg's words
 *   wg0.conf:7: PersistentKeepalive                                       hint: where, and the way out
 * Configuration parsing error                                             conclusion: of a file
 * ```
 *
 * @module
 */

import { isKnownKey, isShowable } from "./conf_keys.ts";

/** How wg(8) refuses a word or a file. */
export class WordError extends SyntaxError {
  override name = "WordError";

  /**
   * @param message what wg says, as scripts know it; what may be a key is left out
   * @param hint lines that say where it is and what to do; "" for none
   * @param conclusion what wg says last of a file; "" for none
   */
  constructor(message: string, readonly hint = "", readonly conclusion = "") {
    super(message);
  }
}

/** A run of characters that a key in base64 or hex could have been cut from. */
const RUNS = /[A-Za-z0-9+/]{16,}/g;

/** The word between wg's quotes; `…` in the place of what may be a key. */
export function quoted(word: string): string {
  return `\`${shown(word)}'`;
}

/** The word as it may be shown; `…` in the place of what may be a key. */
export function shown(word: string): string {
  return word.replace(RUNS, (run) => /^[a-z]+$/.test(run) ? run : "…");
}

/**
 * A line of a file as it may be shown. Where lines are mixed up a short piece of
 * a key can stand anywhere, so less passes here than in {@linkcode shown}.
 */
export function shownLine(line: string): string {
  const key = /^([A-Za-z]+)=/.exec(line)?.[1] ?? "";
  // A lone piece of a key ends in "=".
  if (line === `${key}=` && !isKnownKey(key)) return "…";
  const runs = line.match(/[A-Za-z0-9+/]{8,}/g) ?? [];
  if (runs.every(isShowable)) return line;
  return isShowable(key) ? `${key}=…` : "…";
}
