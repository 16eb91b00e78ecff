/**
 * The steps of a `reload`, each echoed, and taken back if a later one fails.
 *
 * @module
 */

import type {
  DeviceChange,
  DeviceStatus,
  DnsConfig,
} from "../config/config.ts";
import { isEmptyChange } from "../config/sync_change.ts";
import { formatSetNames } from "../config/uapi_names.ts";
import { formatSet } from "../config/uapi_set.ts";
import { type Change, isLasting } from "./change.ts";
import { setDns } from "./dns.ts";
import { isShared } from "./down.ts";
import {
  commandOf,
  revertCommand,
  syncCommand,
  withdrawCommand,
} from "./echo.ts";
import { messageOf } from "./failure.ts";
import type { ReloadMachine } from "./machine.ts";
import type { Running } from "./reload_device.ts";
import type { MadeChange } from "./reload_difference.ts";
import { readOtherStates, type State, StateFile } from "./state.ts";
import type { UndoContext } from "./undo.ts";

/** What reload works with. */
export interface ReloadContext extends UndoContext {
  readonly machine: ReloadMachine;
}

/** One reload on its way. */
export class ReloadSteps {
  readonly #state: State;
  readonly #file: string;
  readonly #context: ReloadContext;
  readonly #folder: string;
  readonly #written: StateFile;
  #back: (() => void | Promise<void>)[] = [];

  /**
   * @param state what stands
   * @param file the configuration, for the echo
   */
  constructor(
    state: State,
    file: string,
    context: ReloadContext,
    folder: string,
  ) {
    this.#state = state;
    this.#file = file;
    this.#context = context;
    this.#folder = folder;
    this.#written = StateFile.reopen(folder, state);
  }

  /** Makes what is new. */
  async make(change: MadeChange): Promise<void> {
    this.#context.interrupts.signal.throwIfAborted();
    this.#written.record(change);
    this.#echo(commandOf(change, this.#state.name, this.#file));
    this.#back.push(() => this.#withdraw(change));
    await this.#apply(change);
  }

  /** Takes away what the file no longer asks for. */
  async takeBack(change: MadeChange): Promise<void> {
    this.#context.interrupts.signal.throwIfAborted();
    // The new MTU takes its place.
    if (change.kind !== "link") this.#echo(this.#withdrawCommand(change));
    this.#back.push(() => this.#apply(change));
    await this.#withdraw(change);
  }

  /** Changes the daemon; names that are undefined stay as they are. */
  async configure(
    change: DeviceChange,
    names: string | undefined,
    before: Running,
  ): Promise<void> {
    const { name } = this.#state;
    const { machine } = this.#context;
    if (!isEmptyChange(change)) {
      this.#echo(syncCommand(name, this.#file));
      this.#back.push(() => machine.configure(name, restoring(before.status)));
      await machine.configure(name, formatSet(change));
    }
    if (names === undefined) return;
    this.#back.push(() => machine.configure(name, formatSetNames(before)));
    await machine.configure(name, names);
  }

  /**
   * Tells the machine its name servers, if they are others than before.
   *
   * @param dns undefined where the file names none
   * @returns what stands afterwards
   */
  async nameServers(
    dns: DnsConfig | undefined,
    after: readonly Change[],
  ): Promise<readonly Change[]> {
    const { machine, report, interrupts } = this.#context;
    const { name } = this.#state;
    const wanted = dns && dns.servers.length > 0 ? dns : undefined;
    const made = after.find((change) => change.kind === "dns");
    if (JSON.stringify(made?.dns) === JSON.stringify(wanted)) return after;
    if (made) {
      this.#back.push(() =>
        machine.nameService.set(made, name, interrupts.renew())
      );
      await machine.nameService.restore(made, name, report);
    }
    const others = after.filter((change) => change !== made);
    let last: Change[] = [];
    if (wanted) {
      await setDns(name, wanted, this.#context, async (change) => {
        this.#written.record(change);
        this.#echo(commandOf(change, name, this.#file));
        this.#back.push(() =>
          machine.nameService.restore(change, name, report)
        );
        await machine.nameService.set(change, name, interrupts.signal);
        last = [change];
      });
    }
    return [...others, ...last];
  }

  /** Gives back what went with something else: with an address go others of its network, and routes. */
  async restore(changes: readonly Change[]): Promise<void> {
    const { machine } = this.#context;
    for (const change of changes) {
      if (change.kind !== "address" && change.kind !== "route") continue;
      if (!machine.isThere(this.#index, change)) await this.#apply(change);
    }
  }

  /** Takes all steps back, the last one first. What fails is only told. */
  async allBack(): Promise<void> {
    for (const step of this.#back.toReversed()) {
      try {
        await step();
      } catch (error) {
        this.#context.report.warn(`not taken back: ${messageOf(error)}`);
      }
    }
    await this.restore(this.#state.changes);
  }

  get #index(): number {
    return this.#state.index ?? 0;
  }

  #echo(command: string): void {
    if (command !== "") this.#context.report.step(command);
  }

  async #apply(change: MadeChange): Promise<void> {
    const { machine } = this.#context;
    await machine.apply(this.#state.name, this.#index, change);
  }

  async #withdraw(change: MadeChange): Promise<void> {
    const { machine } = this.#context;
    if (isLasting(change)) {
      const others = readOtherStates(this.#folder, this.#state.name);
      if (isShared(change, others)) return;
      return await machine.revert(this.#state.name, change);
    }
    if (change.kind !== "link") machine.withdraw(this.#index, change);
  }

  #withdrawCommand(change: Exclude<MadeChange, { kind: "link" }>): string {
    return isLasting(change)
      ? revertCommand(change, this.#state.name)
      : withdrawCommand(change, this.#state.name);
  }
}

/** A request that makes a device what it was; sessions with peers that were gone meanwhile are new ones. */
function restoring(status: DeviceStatus): string {
  const { privateKey, listenPort, fwmark, peers } = status;
  return formatSet({
    privateKey: privateKey ?? null,
    listenPort,
    fwmark,
    peers: peers.map((peer) => ({
      publicKey: peer.publicKey,
      presharedKey: peer.presharedKey ?? null,
      ...peer.endpoint && { endpoint: peer.endpoint },
      persistentKeepaliveSeconds: peer.persistentKeepaliveSeconds,
      replaceAllowedIps: true,
      allowedIps: peer.allowedIps.map((prefix) => ({ prefix })),
    })),
  });
}
