/**
 * The journal of systemd as who hears a tunnel's log, where a service has started the process: it has
 * let go of the standard error that the journal reads.
 *
 * ```text
 * datagram to /run/systemd/journal/socket: KEY=value lines
 * ```
 *
 * @module
 */

import { sendDatagram } from "../../ffi/unix_datagram.ts";
import type { Voice } from "./log.ts";

const SOCKET = "/run/systemd/journal/socket";
/** Of syslog(3). */
const WARNING = 4;

/** The journal; undefined where this process is no service's (systemd.exec(5), JOURNAL_STREAM). */
export function journalVoice(
  env: Pick<typeof Deno.env, "has"> = Deno.env,
  socket = SOCKET,
): Voice | undefined {
  if (!env.has("JOURNAL_STREAM")) return undefined;
  return {
    level: "error",
    say: (line) =>
      sendDatagram(
        socket,
        `PRIORITY=${WARNING}\nSYSLOG_IDENTIFIER=caktus\nMESSAGE=${line.trim()}\n`,
      ),
  };
}
