/**
 * What `up` and `down` ask of the machine: the one door through which they change it.
 *
 * linux_machine.ts is the real one. A test puts one of its own in front, which fails at a step
 * or notes what was asked.
 *
 * @module
 */

import type {
  AddressChange,
  LastingChange,
  LinkChange,
  RouteChange,
} from "./change.ts";
import type { DnsConfig } from "../config/config.ts";
import type { Daemon } from "./daemon.ts";
import type { DnsChange } from "./dns_change.ts";
import type { Facts } from "./plan.ts";
import type { DaemonIdentity, State } from "./state.ts";

/** A machine with a kernel. */
export interface Machine {
  /** Index of a network interface; undefined where there is none of that name. */
  indexOf(name: string): number | undefined;

  /**
   * Looks up what the plan needs to know.
   *
   * @param endpoints addresses of the peers, 4 or 16 bytes
   * @param mark of the tunnel's datagrams, for their ways; undefined is what the daemon has
   */
  facts(
    name: string,
    endpoints: readonly Uint8Array[],
    mark?: number,
  ): Promise<Facts>;

  /**
   * Begins to look what the ways to the endpoints take.
   *
   * @param mark of the tunnel's datagrams; 0 is none
   */
  probe(endpoints: readonly Uint8Array[], mark: number): Probe;

  /** Whether it passes on packets from the interface, or to it. */
  forwards(name: string): boolean;

  /** Who is told the name servers. */
  readonly nameService: NameService;

  /** Makes one change. */
  apply(name: string, index: number, change: LinkChange): void | Promise<void>;

  /** Takes back what outlives the interface; nothing where it is gone already. */
  revert(name: string, change: LastingChange): void | Promise<void>;

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

  /** Writes what the interface is into its file. @throws ConfigError or Failure */
  save(state: State): Promise<void>;

  /** Runs a user's command to its end. */
  runHook(command: string, name: string, signal: AbortSignal): Promise<void>;
}

/** A look at the ways to some endpoints, under way; see path_probe.ts. */
export interface Probe {
  /** The largest packet that came back, by the address's bytes joined with commas. */
  finish(): Promise<ReadonlyMap<string, number>>;
  /** Ends it; also after it has finished. */
  close(): void;
}

/** What looks names up on a machine; see dns.ts. */
export interface NameService {
  /** The ways in which it can be told its servers, the best first. */
  ways(name: string, dns: DnsConfig): DnsChange[];
  /** Goes one of them. @throws Error where it leads nowhere */
  set(change: DnsChange, name: string, signal: AbortSignal): Promise<void>;
  /** Takes one back; nothing where it was not gone. @throws Error */
  restore(change: DnsChange, name: string, report: Report): Promise<void>;
  /**
   * Takes back what an interface left that was not taken down before the machine was switched off.
   *
   * @returns whether there was anything
   * @throws Error
   */
  restoreLost(name: string, report: Report): Promise<boolean>;
}

/** A machine that can also take back what else goes with the interface. */
export interface ReloadMachine extends Machine {
  /** Sends a request to the daemon; its whole answer. */
  ask(name: string, request: string): Promise<string>;
  /** Takes an address or a route away; nothing where it is gone already. */
  withdraw(index: number, change: AddressChange | RouteChange): void;
  /** Whether an address or a route is there. */
  isThere(index: number, change: AddressChange | RouteChange): boolean;
}

/** Where the steps are told; cli/ prints them. */
export interface Report {
  /** One step, as the command that would do the same. */
  step(command: string): void;
  /** Something that works but is likely not meant. */
  warn(text: string, hint?: string): void;
}
