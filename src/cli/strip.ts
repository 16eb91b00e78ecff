/**
 * `strip`: a configuration file without what wg(8) does not know.
 *
 *     wg syncconf wg0 <(caktus strip wg0)
 *
 * @module
 */

import { decodeConfig, encodeText } from "../config/conf_text.ts";
import { stripConfig } from "../config/strip.ts";
import { onlyWord } from "./arguments.ts";
import { findConfiguration, readFile } from "./configuration.ts";
import { printBytes } from "./output.ts";

/**
 * `strip [NAME | FILE.conf]`
 *
 * @returns the exit status
 */
export function runStrip(words: readonly string[]): number {
  const { file } = findConfiguration(onlyWord("strip", words), "strip");
  const text = stripConfig(decodeConfig(readFile(file)), file);
  printBytes(encodeText(text));
  return 0;
}
