/**
 * The hidden command `daemon NAME`: the process behind an interface, which `up` starts.
 *
 * @module
 */

import { checkInterfaceName } from "../config/interface_name.ts";
import { messageOf } from "../quick/failure.ts";
import { complain } from "./output.ts";

/**
 * Runs the tunnel until it is told to end.
 *
 * @returns the exit status
 */
export async function daemon(words: readonly string[]): Promise<number> {
  const [name = "", ...more] = words;
  try {
    if (more.length > 0) throw new TypeError("usage: caktus daemon NAME");
    checkInterfaceName(name, name);
    const { runDaemon } = await import("../driver/daemon.ts");
    return await runDaemon(name);
  } catch (error) {
    complain(`caktus: ${messageOf(error)}`);
    return 1;
  }
}
