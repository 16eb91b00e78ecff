/**
 * What the daemon of an interface says that it is, for `reload` to compare with the file.
 *
 * @module
 */

import type { DeviceStatus, PeerConfig } from "../config/config.ts";
import { parseGet } from "../config/uapi_get.ts";
import { type Names, NAMES_REQUEST, parseNames } from "../config/uapi_names.ts";
import { Failure, messageOf } from "./failure.ts";
import type { ReloadMachine } from "./machine.ts";
import { scopeOf } from "./scopes.ts";

/** A device as it is, and what the file said of its peers' places when it was read last. */
export interface Running extends Names {
  readonly status: DeviceStatus;
}

/** Asks the daemon. @throws Failure where it does not answer, or is none of caktus's */
export async function lookAtDevice(
  name: string,
  { ask }: Pick<ReloadMachine, "ask">,
): Promise<Running> {
  try {
    const status = parseGet(await ask(name, "get=1\n\n"), {
      source: name,
      scopeOf,
    });
    const names = parseNames(await ask(name, NAMES_REQUEST), name);
    return { status, ...names };
  } catch (error) {
    throw new Failure(`the daemon of ${name} does not answer as it should`, {
      hint: `bring it up anew: caktus down ${name}; caktus up ${name}`,
      cause: messageOf(error),
    });
  }
}

/** Whether the file says of a peer that it is elsewhere than it said before, or it is nowhere yet. */
export function isUnknownPlace(
  { publicKey, endpoint }: PeerConfig,
  { status, names }: Running,
): boolean {
  if (endpoint === undefined) return false;
  const key = publicKey.toHex();
  const name = names.find((one) => one.publicKey.toHex() === key);
  const peer = status.peers.find((one) => one.publicKey.toHex() === key);
  if (peer?.endpoint === undefined) return true;
  return name?.host !== endpoint.host || name.port !== endpoint.port;
}
