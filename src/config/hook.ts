/**
 * Hooks: the shell commands of PreUp, PostUp, PreDown and PostDown.
 *
 * @module
 */

import type { Hook } from "./config.ts";

/** The command for one interface: `%i` becomes its name, wherever it stands. */
export function expandHook(command: string, interfaceName: string): string {
  return command.replaceAll("%i", () => interfaceName);
}

/**
 * Whether the hook may give the interface its private key, by `wg set … private-key`
 * or by a whole configuration, so that a file needs none.
 */
export function hookMaySetKey({ command }: Hook): boolean {
  return /private-key|\b(set|add|sync)conf\b/.test(command);
}
