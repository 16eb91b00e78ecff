/**
 * `save`: the text of a configuration file, changed to what an interface is now.
 *
 * ```text
 * says the same as before     the line stays, to the byte
 * says something else         the value is replaced, its comment stays
 * a peer that is gone         its section goes, with the comments right around it
 * a new peer                  a section at the end
 * ```
 *
 * So comments, host names and search domains stay, which wg-quick(8) loses. A
 * host name stays whatever address the peer has now: the name is what was meant.
 * Only a key that stands in the file is written there: where a hook sets it, it
 * is kept elsewhere on purpose. MTU is replaced, never added; Table, SaveConfig
 * and the hooks are as the file has them.
 *
 * {@linkcode parseConfig} of the result says what the interface is.
 *
 * @module
 */

import type { LiveState, SaveOptions } from "./live_state.ts";
import { saveInterface } from "./save_interface.ts";
import { Lines } from "./save_lines.ts";
import { savePeers } from "./save_peers.ts";
import { parseConfig } from "./wg_conf.ts";

/**
 * Changes a file to what the interface is.
 *
 * @param text what `decodeConfig` made of the file
 * @param file its name, for errors
 * @throws ConfigError where the text is no configuration
 */
export function saveConfig(
  text: string,
  file: string,
  live: LiveState,
  options: SaveOptions = {},
): string {
  const { peers } = parseConfig(text, file, options);
  const lines = new Lines(text, file);
  saveInterface(lines, live, options);
  savePeers(lines, peers, live.device, options);
  return lines.text();
}
