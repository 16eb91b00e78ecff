/**
 * The hidden command `daemon NAME`: the process behind an interface, which `up` starts.
 *
 * @module
 */

import { checkInterfaceName } from "../config/interface_name.ts";
import { messageOf } from "../quick/failure.ts";
import { complain, print } from "./output.ts";

const USAGE = `Usage: caktus daemon NAME

The process behind an interface, as up starts it: it makes the interface, says
"ready NAME", and carries packets as it is told on
/var/run/wireguard/NAME.sock, until the interface or that file is deleted, or
SIGTERM or SIGINT comes. It sets no address and no route.
`;

/**
 * Runs the tunnel until it is told to end.
 *
 * @returns the exit status
 */
export async function daemon(words: readonly string[]): Promise<number> {
  const [name = "", ...more] = words;
  if (words.some((word) => word === "--help" || word === "-h")) {
    print(USAGE);
    return 0;
  }
  try {
    checkInterfaceName(name, name);
    const { optionsOf } = await import("./daemon_options.ts");
    const { runDaemon } = await import("../driver/daemon.ts");
    return await runDaemon(name, optionsOf(more));
  } catch (error) {
    complain(`caktus: ${messageOf(error)}`);
    return 1;
  }
}
