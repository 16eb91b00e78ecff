/**
 * Handing the configuration to the daemon, and what its refusal means.
 *
 * @module
 */

import { EADDRINUSE } from "../config/uapi.ts";
import { request } from "./control.ts";
import { Failure } from "./failure.ts";
import { portHolder } from "./port_holder.ts";

/**
 * Sends a `set=1` request.
 *
 * @throws Failure where the daemon refuses it
 */
export async function configure(name: string, settings: string): Promise<void> {
  const answer = await request(name, settings);
  const errno = Number(/^errno=(-?\d+)$/m.exec(answer)?.[1] ?? NaN);
  if (errno === 0) return;
  if (errno === EADDRINUSE) throw portInUse(settings);
  throw new Failure(
    `the daemon of ${name} refuses the configuration: ${errno}`,
  );
}

function portInUse(settings: string): Failure {
  const port = Number(/^listen_port=(\d+)$/m.exec(settings)?.[1] ?? 0);
  const holder = portHolder(port);
  const hint = "choose another ListenPort, or stop that program";
  return holder === undefined
    ? new Failure(`UDP port ${port} is in use`, { hint })
    : new Failure(`UDP port ${port} is in use by ${holder}`, { hint });
}
