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
import { type Change, commandOf, hookChanges } from "./change.ts";
import type { Daemon } from "./daemon.ts";
import { takeDown } from "./down.ts";
import { Failure, messageOf } from "./failure.ts";
import { unlessAborted } from "./interrupts.ts";
import { withLock } from "./lock.ts";
import { planOpening, planRest } from "./plan.ts";
import { readState, RUNTIME_FOLDER, StateFile } from "./state.ts";
import { hookPlace, type UndoContext } from "./undo.ts";

/** What is to come up. */
export interface UpRequest {
  readonly name: string;
  /** Absolute path of the configuration. */
  readonly file: string;
  readonly config: Config;
  /** The configuration as the daemon takes it: a `set=1` request. */
  readonly settings: string;
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
  #daemon: Daemon | undefined;
  #index = 0;

  constructor(request: UpRequest, context: UndoContext, folder: string) {
    this.#request = request;
    this.#context = context;
    this.#folder = folder;
    const { name, file, config } = request;
    this.#state = StateFile.create(folder, name, file, [
      ...hookChanges("PreDown", config.interface.preDown, name),
      ...hookChanges("PostDown", config.interface.postDown, name),
    ]);
  }

  async run(): Promise<Daemon> {
    try {
      await this.#climb();
    } catch (error) {
      const { state } = this.#state;
      const failures = await takeDown(state, this.#context, this.#folder);
      throw describe(error, failures);
    }
    return this.#daemon!;
  }

  async #climb(): Promise<void> {
    const { config, name, endpoints } = this.#request;
    const { machine, report } = this.#context;
    for (const change of planOpening(config, name)) await this.#make(change);
    const plan = planRest(config, name, machine.facts(name, endpoints));
    plan.warnings.forEach((warning) => report.warn(warning));
    for (const change of plan.changes) await this.#make(change);
    await this.#heed();
    this.#state.recordComplete();
  }

  async #make(change: Change): Promise<void> {
    await this.#heed();
    this.#state.record(change);
    const { name, file } = this.#request;
    this.#context.report.step(commandOf(change, name, file));
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
    const { name, file, settings } = this.#request;
    switch (change.kind) {
      case "interface":
        return await this.#start();
      case "configuration":
        return await unlessAborted(
          machine.configure(name, settings),
          interrupts.signal,
        );
      case "hook":
        return await machine.runHook(change.command, name, interrupts.signal)
          .catch((error) => {
            throw new Failure(
              `${hookPlace(change, file)}: ${messageOf(error)}`,
            );
          });
      default:
        machine.apply(name, this.#index, change);
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

/** The reason first; then what could not be undone. */
function describe(error: unknown, failures: readonly string[]): Failure {
  const hint = error instanceof Failure ? error.hint : "";
  return new Failure(messageOf(error), {
    status: error instanceof Failure ? error.status : 1,
    hint: [hint, ...failures].filter((line) => line !== "").join("\n"),
    cause: error,
  });
}
