/**
 * `reload`: an interface that is up becomes what its file says now.
 *
 * ```text
 * lock ─▶ what a fresh `up` would make ─▶ less what the state file says was made
 *      ─▶ undo what the file no longer asks for
 *      ─▶ the daemon: keys, peers, port, as far as they differ
 *      ─▶ make what is new, each written down before
 *      ─▶ a step failed: all steps back; then the state file anew
 * ```
 *
 * What did not change is not touched: sessions go on, and so does what runs through them. Hooks are not run;
 * those of `down` are from then on the new file's.
 *
 * @module
 */

import type { Config, DeviceChange, EndpointText } from "../config/config.ts";
import { toDeviceChange } from "../config/device_change.ts";
import { syncChange } from "../config/sync_change.ts";
import { formatSetNames } from "../config/uapi_names.ts";
import { clamp } from "../noise/keys.ts";
import { type Change, hookChanges } from "./change.ts";
import { endpointTexts, peerNames, type Places } from "./endpoints.ts";
import { Failure } from "./failure.ts";
import { ROUTING_LOCK, waitForLock, withLock } from "./lock.ts";
import type { Machine } from "./machine.ts";
import { withProof } from "./mtu.ts";
import { planRest } from "./plan.ts";
import { isUnknownPlace, lookAtDevice, type Running } from "./reload_device.ts";
import {
  type MachineChange,
  machineChanges,
  ownMark,
  reloadDifference,
} from "./reload_difference.ts";
import { rewriteState } from "./reload_state.ts";
import { type ReloadContext, ReloadSteps } from "./reload_steps.ts";
import {
  readOtherStates,
  readState,
  RUNTIME_FOLDER,
  type State,
} from "./state.ts";
import { withOthers } from "./up.ts";

/** What is to be read anew. */
export interface ReloadRequest {
  readonly name: string;
  /** Absolute path of the file that was read; the one of `up` unless the user names another. */
  readonly file: string;
  readonly config: Config;
  /** Finds where some endpoints lead, as far as that is possible now. */
  readonly resolve: (texts: readonly EndpointText[]) => Promise<Places>;
}

/** What stands, before anything is done. */
interface Ground {
  readonly state: State;
  readonly running: Running;
  readonly places: Places;
  readonly folder: string;
}

/** The file that `up` used for an interface. @throws Failure where it is not up */
export function reloadedFile(name: string, folder = RUNTIME_FOLDER): string {
  const state = readState(folder, name);
  if (state === undefined) throw notUp(name);
  return state.config;
}

/**
 * Brings an interface to the state of its file.
 *
 * @throws Failure with all as it was before
 */
export async function reload(
  request: ReloadRequest,
  context: ReloadContext,
  folder = RUNTIME_FOLDER,
): Promise<void> {
  const { name, file, config } = request;
  await withLock(folder, name, async () => {
    const state = checkedState(name, context, folder);
    const running = await lookAtDevice(name, context.machine);
    const places = await resolveNew(request, running);
    const after = await waitForLock(
      folder,
      ROUTING_LOCK,
      () => bring({ state, running, places, folder }, request, context),
    );
    const hooks = [
      ...hookChanges("PreDown", config.interface.preDown, name),
      ...hookChanges("PostDown", config.interface.postDown, name),
    ];
    if (JSON.stringify(hooks) !== JSON.stringify(state.hooks)) {
      context.report.warn(
        "reload runs no hooks; those of `down` are the new file's from now on",
      );
    }
    const { saveConfig: saves = false } = config.interface;
    rewriteState(folder, {
      ...state,
      config: file,
      hooks,
      changes: after,
      saves,
    });
  });
}

/** Makes the steps, or takes them back. Returns what of `up` stands afterwards. */
async function bring(
  ground: Ground,
  request: ReloadRequest,
  context: ReloadContext,
): Promise<readonly Change[]> {
  const { state, running, places, folder } = ground;
  const { config, file } = request;
  const wanted = await planAnew(ground, request, context);
  const mark = ownMark(config, state.changes, wanted);
  const { gone, added, after } = reloadDifference(state.changes, wanted, mark);
  const { fwmark, ...others } = deviceChange(config, running, places, mark);
  // Marked before a rule asks for it, and unmarked when none does any more.
  const marking: DeviceChange = fwmark ? { fwmark, peers: [] } : { peers: [] };
  const rest: DeviceChange = fwmark === 0 ? { fwmark, ...others } : others;
  const steps = new ReloadSteps(state, file, context, folder);
  try {
    for (const each of gone) await steps.takeBack(each);
    await steps.configure(marking, undefined, running);
    for (const each of added) await steps.make(each);
    await steps.restore(after);
    await steps.configure(rest, namesRequest(config, running), running);
    return await steps.nameServers(config.interface.dns, after);
  } catch (error) {
    await steps.allBack();
    rewriteState(folder, state);
    throw error;
  }
}

/** The least change of the device. */
function deviceChange(
  config: Config,
  { status }: Running,
  places: Places,
  mark: number | undefined,
): DeviceChange {
  const file = toDeviceChange(config, (text) => places.get(text));
  const { privateKey } = file;
  const wanted: DeviceChange = {
    ...file,
    ...privateKey && { privateKey: clamp(privateKey) },
    ...mark !== undefined && { fwmark: mark },
  };
  return syncChange(wanted, status, { keepFwmark: true });
}

/** What a fresh `up` would make of the machine. */
async function planAnew(
  { state, running, places, folder }: Ground,
  { name, config }: ReloadRequest,
  { machine, report }: ReloadContext,
): Promise<MachineChange[]> {
  const kept = new Set(config.peers.map(({ publicKey }) => publicKey.toHex()));
  const live = running.status.peers.filter(({ publicKey }) =>
    kept.has(publicKey.toHex())
  ).flatMap(({ endpoint }) => endpoint ?? []);
  const addresses = [...live, ...places.values()].map(({ address }) => address);
  const proven = await prove(config, addresses, running, machine);
  const facts = withOthers(
    await machine.facts(name, addresses),
    [...readOtherStates(folder, name), state],
  );
  const paths = withProof(facts.paths, proven);
  const owners = new Map(
    [...facts.owners].filter(([, owner]) => owner !== name),
  );
  const nextPriority = prioritiesOf(state, facts.routing.nextPriority);
  const routing = { ...facts.routing, nextPriority };
  const plan = planRest(config, name, { ...facts, paths, owners, routing });
  plan.warnings.forEach((warning) => report.warn(warning));
  return machineChanges(plan.changes);
}

/** How much the ways to the peers carry, as `up` asks them. */
async function prove(
  config: Config,
  addresses: readonly Uint8Array[],
  { status }: Running,
  machine: Machine,
): Promise<ReadonlyMap<string, number>> {
  if (config.interface.mtu !== undefined) return new Map();
  const probe = machine.probe(addresses, status.fwmark);
  try {
    return await probe.finish();
  } finally {
    probe.close();
  }
}

/** Rules that stand are planned where they stand. */
function prioritiesOf(
  { changes }: State,
  next: Readonly<Record<4 | 6, number>>,
): Record<4 | 6, number> {
  const first = (family: 4 | 6) =>
    Math.max(
      ...changes.flatMap((change) =>
        change.kind === "rule" && change.family === family
          ? [change.priority]
          : []
      ),
    );
  const of = (family: 4 | 6) =>
    Number.isFinite(first(family)) ? first(family) : next[family];
  return { 4: of(4), 6: of(6) };
}

/** Only of peers that are new, or elsewhere by the file: where the others are the daemon knows better. */
async function resolveNew(
  { config, resolve }: ReloadRequest,
  running: Running,
): Promise<Places> {
  const unknown = config.peers.filter((peer) => isUnknownPlace(peer, running));
  return await resolve(endpointTexts({ ...config, peers: unknown }));
}

/** The name servers stay those from before the tunnel: the machine's may be its own now. */
function namesRequest(config: Config, running: Running): string | undefined {
  const { nameservers } = running;
  const wanted = formatSetNames({ names: peerNames(config), nameservers });
  return wanted === formatSetNames(running) ? undefined : wanted;
}

function checkedState(
  name: string,
  { machine }: ReloadContext,
  folder: string,
): State {
  const state = readState(folder, name);
  if (state === undefined) throw notUp(name);
  const index = machine.indexOf(name);
  if (state.complete && index !== undefined && index === state.index) {
    return state;
  }
  throw new Failure(`${name} is not wholly up`, {
    hint: `bring it up anew: caktus down ${name}; caktus up ${name}`,
  });
}

function notUp(name: string): Failure {
  return new Failure(`${name} is not up, or was not brought up by caktus`, {
    hint: `bring it up: caktus up ${name}`,
  });
}
