/**
 * What `up` and `down` ask of the machine: the one door through which they change it.
 *
 * linux_machine.ts is the real one. A test puts one of its own in front, which fails at a step
 * or notes what was asked.
 *
 * @module
 */

import type { LinkChange } from "./change.ts";
import type { Daemon } from "./daemon.ts";
import type { Facts } from "./plan.ts";
import type { DaemonIdentity } from "./state.ts";

/** A machine with a kernel. */
export interface Machine {
  /** Index of a network interface; undefined where there is none of that name. */
  indexOf(name: string): number | undefined;

  /**
   * Looks up what the plan needs to know.
   *
   * @param endpoints addresses of the peers, 4 or 16 bytes
   */
  facts(name: string, endpoints: readonly Uint8Array[]): Facts;

  /** Makes one change by netlink. */
  apply(name: string, index: number, change: LinkChange): void;

  /** Deletes the interface; nothing where it is gone already. */
  deleteLink(index: number): void;

  /**
   * Starts the daemon, and waits until its interface and socket are there.
   *
   * @param started is told the process at once, before it is ready
   */
  startDaemon(
    name: string,
    started: (identity: DaemonIdentity) => void,
    signal: AbortSignal,
  ): Promise<Daemon>;

  /** Ends the daemon, and waits until it has ended; nothing where it has already. */
  stopDaemon(identity: DaemonIdentity): Promise<void>;

  /** Sends a `set=1` request to the daemon. */
  configure(name: string, request: string): Promise<void>;

  /** Removes the socket that a killed daemon left. */
  removeStaleSocket(name: string): Promise<void>;

  /** Runs a user's command to its end. */
  runHook(command: string, name: string, signal: AbortSignal): Promise<void>;
}

/** Where the steps are told; cli/ prints them. */
export interface Report {
  /** One step, as the command that would do the same. */
  step(command: string): void;
  /** Something that works but is likely not meant. */
  warn(text: string, hint?: string): void;
}
