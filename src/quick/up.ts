/**
 * `up`: a configuration becomes an interface, step by step; all or nothing.
 *
 * ```text
 * lock ─▶ remains of a killed daemon taken down ─▶ is the name free?
 *      ─▶ for each change: write down ─▶ echo ─▶ make
 *      ─▶ a step failed, or a signal came: undo all, the last first
 * ```
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Config } from "../config/config.ts";
import { type Change, hookChanges } from "./change.ts";
import type { Daemon } from "./daemon.ts";
import { setDns } from "./dns.ts";
import { takeDown } from "./down.ts";
import { commandOf } from "./echo.ts";
import { Failure, messageOf } from "./failure.ts";
import { unlessAborted } from "./interrupts.ts";
import { ROUTING_LOCK, waitForLock, withLock } from "./lock.ts";
import type { Probe } from "./machine.ts";
import { withProof } from "./mtu.ts";
import { type Facts, planOpening, planRest } from "./plan.ts";
import { SOURCE_VALID_MARK } from "./diversion.ts";
import {
  type DaemonIdentity,
  readOtherStates,
  readState,
  RUNTIME_FOLDER,
  type State,
  StateFile,
} from "./state.ts";
import { hookPlace, type UndoContext } from "./undo.ts";

/** What is to come up. */
export interface UpRequest {
  readonly name: string;
  /** Absolute path of the configuration. */
  readonly file: string;
  readonly config: Config;
  /** The configuration as the daemon takes it: a `set=1` request. */
  readonly settings: string;
  /** Where peers are by the file, for the daemon to look again: a `set_names=1` request. */
  readonly names?: string;
  /** The process that takes the interface down unless somebody confirms it (confirm.ts). */
  readonly guard?: DaemonIdentity;
  /** Addresses of the peers that have an endpoint, 4 or 16 bytes. */
  readonly endpoints: readonly Uint8Array[];
}

/**
 * Brings an interface up.
 *
 * @returns the daemon behind it
 * @throws Failure with nothing left behind
 */
export async function up(
  request: UpRequest,
  context: UndoContext,
  folder = RUNTIME_FOLDER,
): Promise<Daemon> {
  return await withLock(folder, request.name, async () => {
    await clearRemains(request.name, context, folder);
    checkFree(request.name, context, folder);
    return await new Ascent(request, context, folder).run();
  });
}

/** A killed daemon leaves its hooks' work behind: that is undone first. */
async function clearRemains(
  name: string,
  context: UndoContext,
  folder: string,
): Promise<void> {
  const { machine, report } = context;
  const state = readState(folder, name);
  if (state === undefined || machine.indexOf(name) !== undefined) return;
  report.warn(
    `an earlier ${name} ended without \`caktus down ${name}\`: what it left is undone first`,
  );
  for (const failure of await takeDown(state, context, folder)) {
    report.warn(failure);
  }
}

function checkFree(
  name: string,
  { machine }: UndoContext,
  folder: string,
): void {
  if (machine.indexOf(name) === undefined) return;
  const ours = readState(folder, name) !== undefined;
  throw new Failure(`${name} exists already`, {
    hint: ours
      ? `take it down first: caktus down ${name}`
      : `caktus did not make it; call your file by another name, or remove it: ip link delete dev ${name}`,
  });
}

/** One `up` on its way. */
class Ascent {
  readonly #request: UpRequest;
  readonly #context: UndoContext;
  readonly #folder: string;
  readonly #state: StateFile;
  readonly #probe: Probe;
  #daemon: Daemon | undefined;
  #index = 0;

  constructor(request: UpRequest, context: UndoContext, folder: string) {
    this.#request = request;
    this.#context = context;
    this.#folder = folder;
    const { name, file, config, guard } = request;
    const { mtu, fwmark = 0 } = config.interface;
    this.#probe = context.machine.probe(
      mtu === undefined ? request.endpoints : [],
      fwmark,
    );
    this.#state = StateFile.create(
      folder,
      name,
      file,
      [
        ...hookChanges("PreDown", config.interface.preDown, name),
        ...hookChanges("PostDown", config.interface.postDown, name),
      ],
      guard,
      config.interface.saveConfig,
    );
  }

  async run(): Promise<Daemon> {
    try {
      await this.#climb();
      this.#probe.close();
    } catch (error) {
      this.#probe.close();
      const { state } = this.#state;
      const failures = await takeDown(state, this.#context, this.#folder);
      throw describe(error, failures);
    }
    return this.#daemon!;
  }

  async #climb(): Promise<void> {
    const { config, name } = this.#request;
    for (const change of planOpening(config, name)) await this.#make(change);
    const hooks = await waitForLock(
      this.#folder,
      ROUTING_LOCK,
      () => this.#makeTunnel(),
    );
    for (const change of hooks) await this.#make(change);
    // A hook may just have switched forwarding on.
    if (this.#context.machine.forwards(name)) await this.#clampSegments();
    await this.#heed();
    this.#state.recordComplete();
  }

  /** Makes all but the PostUp hooks, which it returns. */
  async #makeTunnel(): Promise<Change[]> {
    const { config, name, endpoints } = this.#request;
    const { machine, report } = this.#context;
    const { fwmark } = config.interface;
    const proven = await this.#probe.finish();
    const facts = await machine.facts(name, endpoints, fwmark);
    const others = readOtherStates(this.#folder, name);
    const plan = planRest(config, name, {
      ...withOthers(facts, others),
      paths: withProof(facts.paths, proven),
    });
    plan.warnings.forEach((warning) => report.warn(warning));
    const [hooks, deeds] = split(plan.changes, ({ kind }) => kind === "hook");
    for (const change of deeds) {
      await this.#make(change);
      if (change.kind === "link") await this.#setDns();
    }
    return hooks;
  }

  /** As wg-quick(8), right after the link goes up. */
  async #setDns(): Promise<void> {
    const { name, config } = this.#request;
    const { dns } = config.interface;
    if (dns === undefined) return;
    if (dns.servers.length === 0) {
      return this.#context.report.warn(
        "DNS has search domains, but no server: it changes nothing",
      );
    }
    await setDns(name, dns, this.#context, (change) => this.#make(change));
  }

  /** Without it what TCP sends through is found too long and cut by and by: no reason to fail. */
  async #clampSegments(): Promise<void> {
    try {
      await this.#make({ kind: "mss" });
    } catch (error) {
      this.#context.interrupts.signal.throwIfAborted();
      this.#context.report.warn(messageOf(error));
    }
  }

  async #make(change: Change): Promise<void> {
    await this.#heed();
    this.#state.record(change);
    const { name, file } = this.#request;
    const command = commandOf(change, name, file);
    if (command !== "") this.#context.report.step(command);
    try {
      await this.#apply(change);
    } catch (error) {
      // What was interrupted fails in ways of its own.
      this.#context.interrupts.signal.throwIfAborted();
      throw error;
    }
  }

  /** Ends here if a signal came: they are heard between two turns of the event loop only. */
  async #heed(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#context.interrupts.signal.throwIfAborted();
  }

  async #apply(change: Change): Promise<void> {
    const { machine, interrupts } = this.#context;
    const { name, file, settings, names } = this.#request;
    switch (change.kind) {
      case "interface":
        return await this.#start();
      case "configuration":
        await unlessAborted(
          machine.configure(name, settings),
          interrupts.signal,
        );
        if (names === undefined) return;
        return await unlessAborted(
          machine.configure(name, names),
          interrupts.signal,
        );
      case "mark":
        return await unlessAborted(
          machine.configure(name, `set=1\nfwmark=${change.mark}\n\n`),
          interrupts.signal,
        );
      case "hook":
        return await machine.runHook(change.command, name, interrupts.signal)
          .catch((error) => {
            throw new Failure(
              `${hookPlace(change, file)}: ${messageOf(error)}`,
            );
          });
      case "dns":
        return await machine.nameService.set(change, name, interrupts.signal);
      default:
        return await machine.apply(name, this.#index, change);
    }
  }

  async #start(): Promise<void> {
    const { machine, interrupts } = this.#context;
    const { name } = this.#request;
    this.#daemon = await machine.startDaemon(
      name,
      (identity) => this.#state.recordDaemon(identity),
      interrupts.signal,
    );
    const index = machine.indexOf(name);
    if (index === undefined) {
      throw new Failure(`the daemon made no interface ${name}`);
    }
    this.#index = index;
    this.#state.recordIndex(index);
  }
}

/** What other tunnels have changed is no part of the machine as it was. */
export function withOthers(facts: Facts, others: readonly State[]): Facts {
  const { sourceValidMark } = facts.routing;
  const held = others.flatMap(({ changes }) => changes).find((change) =>
    change.kind === "sysctl" && change.name === SOURCE_VALID_MARK
  );
  if (held?.kind !== "sysctl") return facts;
  const { before } = held;
  return {
    ...facts,
    routing: {
      ...facts.routing,
      sourceValidMark: { ...sourceValidMark, before },
    },
  };
}

function split<T>(list: readonly T[], goesFirst: (one: T) => boolean) {
  return [
    list.filter(goesFirst),
    list.filter((one) => !goesFirst(one)),
  ] as const;
}

/** The reason first; then what could not be undone. */
function describe(error: unknown, failures: readonly string[]): Failure {
  const hint = error instanceof Failure ? error.hint : "";
  return new Failure(messageOf(error), {
    status: error instanceof Failure ? error.status : 1,
    hint: [hint, ...failures].filter((line) => line !== "").join("\n"),
    cause: error,
  });
}
