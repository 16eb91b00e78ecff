/**
 * A configuration file without what only wg-quick(8) understands: what `wg
 * setconf` and `wg syncconf` take.
 *
 * ```text
 * [Interface]              kept, as all of [Peer]
 * PrivateKey = …           kept: wg's
 * Address = 10.0.0.2/24    left out: wg-quick's
 * # home                   kept
 * ```
 *
 * Lines keep their order and their bytes but for blanks around them, and an
 * empty line ends the text, as `wg-quick strip` prints it. Unlike there, blanks
 * in `[ Interface ]` do not count, and keys of phone apps are left out.
 *
 * @module
 */

import { HOOK_KEYS, isAppKey } from "./conf_keys.ts";
import { ConfigError } from "./config.ts";

/** Keys of [Interface] that are wg-quick's, in lower case. */
const QUICK_KEYS = new Set(
  ["Address", "MTU", "DNS", "Table", "SaveConfig", ...HOOK_KEYS]
    .map((key) => key.toLowerCase()),
);

/**
 * Leaves out wg-quick's lines; all others are passed on unread.
 *
 * @param text what `decodeConfig` made of a file
 * @param file its name, for the error
 * @throws ConfigError where SaveConfig is neither true nor false
 */
export function stripConfig(text: string, file: string): string {
  const lines = text.replaceAll("\0", "").split("\n");
  if (lines.at(-1) === "") lines.pop();
  let inInterface = false;
  const kept = lines.filter((line, i) => {
    const bare = line.replace(/#.*$/s, "");
    const key = bare.replace(/=.*$/s, "").replace(/\s+/g, "").toLowerCase();
    if (key.startsWith("[")) inInterface = key === "[interface]";
    if (isAppKey(key)) return false;
    if (!inInterface || !QUICK_KEYS.has(key)) return true;
    if (key === "saveconfig") checkBoolean(bare, file, i + 1);
    return false;
  });
  return [...kept.map(trim), "", ""].join("\n");
}

/** What is wrong with a value that must be true or false. */
export function booleanProblem(value: string): string {
  return `\`${value}' is neither true nor false`;
}

function checkBoolean(line: string, file: string, number: number): void {
  const value = line.slice(line.indexOf("=") + 1).trim();
  // Nothing at all is no setting, as in the other keys of wg-quick.
  if (value === "" || /^(true|false)$/i.test(value)) return;
  throw new ConfigError(file, number, "SaveConfig", booleanProblem(value));
}

/** Without the blanks around it, as bash's `read` has it: a carriage return stays. */
function trim(line: string): string {
  return line.replace(/^[ \t]+|[ \t]+$/g, "");
}
