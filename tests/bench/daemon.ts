/**
 * A program that is measured, on its host: started, configured by stock `wg`, and asked for the CPU that it has used.
 *
 * @module
 */

import type { Host, Program } from "../interop/netns.ts";
import { setconfText, type Settings } from "../interop/settings.ts";
import { readTicks } from "./readings.ts";

/** Clock ticks a second, in which /proc counts on Linux. */
const TICKS = 100;

/** Waits for the daemon's socket and configures it, then does what `steps` say; in one script, so that what it costs is the same for all. */
export function configuring(settings: Settings, ...steps: string[]): string {
  return `
for _ in {1..1000}; do [ -S /var/run/wireguard/wg0.sock ] && break; sleep 0.005; done
wg setconf wg0 /dev/fd/3 3<<'END'
${setconfText(settings)}END
${steps.join("\n")}`;
}

/** Starts a program while `script` waits for it. @throws Error with the words of both where one fails */
export async function begin(
  host: Host,
  command: string[],
  steps: string,
): Promise<Program> {
  const starting = host.spawn(command);
  const done = host.shell(steps);
  const [started, configured] = await Promise.allSettled([starting, done]);
  if (started.status === "rejected") throw started.reason;
  if (configured.status === "fulfilled") return started.value;
  const reason = String(configured.reason).split("\n").at(-1);
  throw new Error(`${command[0]}: ${reason}\n${started.value.log}`);
}

/** Seconds of CPU that a program has used. */
export async function cpuSecondsOf({ host, pid }: Program): Promise<number> {
  return readTicks(await host.read(`/proc/${pid}/stat`)) / TICKS;
}
