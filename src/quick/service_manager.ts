/**
 * What systemd is told of `up --foreground` (sd_notify(3)): nothing where nobody asked.
 *
 * ```text
 * NOTIFY_SOCKET    READY=1 once the interface is up, STOPPING=1 before it goes down
 * WATCHDOG_USEC    WATCHDOG=1 twice in that time, each time that the daemon has answered a request:
 *                  so a tunnel whose loop hangs is started anew, too
 * ```
 *
 * @module
 */

import { sendDatagram } from "../../ffi/unix_datagram.ts";

/** Milliseconds that the daemon has for its answer. */
const ANSWER = 10_000;

/** How the world is reached; tests put their own here. */
export interface Surroundings {
  readonly env: Pick<typeof Deno.env, "get" | "delete">;
  readonly pid: number;
  send(path: string, text: string): void;
}

const REAL: Surroundings = { env: Deno.env, pid: Deno.pid, send: sendDatagram };

/** The service manager that started this process, if one did. */
export class ServiceManager {
  readonly #socket: string | undefined;
  readonly #watchdog: number;
  readonly #send: Surroundings["send"];
  #timer: number | undefined;
  #stops = false;

  /** Reads the environment, and takes the variables out of it: they are not meant for hooks. */
  constructor({ env, pid, send }: Surroundings = REAL) {
    const [socket, time, watched] = [
      "NOTIFY_SOCKET",
      "WATCHDOG_USEC",
      "WATCHDOG_PID",
    ].map((name) => {
      const value = env.get(name);
      env.delete(name);
      return value;
    });
    const ours = watched === undefined || watched === String(pid);
    this.#socket = socket === "" ? undefined : socket;
    this.#watchdog = ours && /^\d+$/.test(time ?? "")
      ? Number(time) / 1_000
      : 0;
    this.#send = send;
  }

  /** The interface is up. */
  ready(status: string): void {
    this.#tell(`READY=1\nSTATUS=${status}\n`);
  }

  /** It is about to go down. */
  stopping(): void {
    this.#stops = true;
    clearInterval(this.#timer);
    this.#tell("STOPPING=1\n");
  }

  /** Says from time to time that the tunnel lives, as long as `answers` says so. */
  watch(answers: () => Promise<unknown>): void {
    if (this.#socket === undefined || this.#watchdog === 0) return;
    this.#timer = setInterval(async () => {
      if (await inTime(answers) && !this.#stops) this.#tell("WATCHDOG=1\n");
    }, this.#watchdog / 2);
  }

  #tell(text: string): void {
    if (this.#socket === undefined) return;
    try {
      this.#send(this.#socket, text);
    } catch {
      // It went away: then nobody waits for it either.
    }
  }
}

async function inTime(answers: () => Promise<unknown>): Promise<boolean> {
  let timer: number | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER);
  });
  try {
    return await Promise.race([answers().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
