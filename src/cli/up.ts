/**
 * `up` and `down`: from a word on the command line to the interface and back.
 *
 * @module
 */

import { toDeviceChange } from "../config/device_change.ts";
import { formatSetNames } from "../config/uapi_names.ts";
import { formatSet } from "../config/uapi_set.ts";
import { parseTime, startGuard } from "../quick/confirm.ts";
import { request as askDaemon } from "../quick/control.ts";
import { type Daemon, stopDaemon } from "../quick/daemon.ts";
import { down } from "../quick/down.ts";
import {
  endpointTexts,
  peerNames,
  resolveEndpoints,
} from "../quick/endpoints.ts";
import { Hangups, stayUp } from "../quick/foreground.ts";
import { systemResolver } from "../quick/linux_machine.ts";
import { machineNameservers } from "../quick/nameservers.ts";
import {
  checkPrivileges,
  checkTunDevice,
  warnOfReaders,
} from "../quick/preflight.ts";
import { ServiceManager } from "../quick/service_manager.ts";
import type { UndoContext } from "../quick/undo.ts";
import { up, type UpRequest } from "../quick/up.ts";
import { onlyWord } from "./arguments.ts";
import {
  type ConfigurationPlace,
  findConfiguration,
  interfaceOf,
  readConfiguration,
} from "./configuration.ts";
import { interruptibly } from "./interruptible.ts";
import { programName } from "./names.ts";
import { reloadQuietly } from "./reload.ts";

/**
 * `up [NAME | FILE.conf] [--foreground] [--confirm TIME]`
 *
 * @returns the exit status
 */
export async function runUp(
  words: readonly string[],
  foreground: boolean,
  confirm?: string,
): Promise<number> {
  const seconds = confirm === undefined ? 0 : parseTime(confirm);
  const word = onlyWord("up", words);
  return await interruptibly(async (context) => {
    checkPrivileges(["caktus", "up", ...words].join(" "));
    const place = findConfiguration(word);
    const request = await prepare(place, context);
    checkTunDevice();
    const climb = () =>
      seconds > 0
        ? upUnderGuard(request, seconds, context)
        : up(request, context);
    if (foreground) return await stayInForeground(request.name, climb, context);
    await climb();
    return 0;
  });
}

/** Brings an interface up and stays, as a service does: its manager is told, and HUP is heard. */
async function stayInForeground(
  name: string,
  climb: () => Promise<Daemon>,
  context: UndoContext,
): Promise<number> {
  const manager = new ServiceManager();
  const hangups = new Hangups(context.interrupts);
  const daemon = await climb();
  manager.ready(`${name} is up`);
  manager.watch(() => askDaemon(name, "set=1\n\n"));
  return await stayUp(name, daemon, context, {
    hangups,
    reload: () => reloadQuietly(name, context),
    stopping: () => manager.stopping(),
  });
}

/** Brings an interface up that goes down again unless somebody confirms it. */
async function upUnderGuard(
  request: UpRequest,
  seconds: number,
  context: UndoContext,
): Promise<Daemon> {
  const { name } = request;
  const guard = await startGuard(name, seconds);
  try {
    const daemon = await up({ ...request, guard }, context);
    context.report.warn(
      `${name} goes down again in ${seconds} s, unless you confirm it`,
      `caktus confirm ${name}`,
    );
    return daemon;
  } catch (error) {
    await stopDaemon(guard);
    throw error;
  }
}

/**
 * `down [NAME | FILE.conf]`
 *
 * @returns the exit status
 */
export async function runDown(words: readonly string[]): Promise<number> {
  const name = interfaceOf(onlyWord("down", words));
  return await interruptibly(async (context) => {
    checkPrivileges(["caktus", "down", ...words].join(" "));
    await down(name, context);
    return 0;
  });
}

/** Reads and checks everything that can be known before the machine is touched. */
async function prepare(
  { name, file }: ConfigurationPlace,
  { report, interrupts }: UndoContext,
): Promise<UpRequest> {
  const config = readConfiguration(file);
  const path = Deno.realPathSync(file);
  // As wg-quick the same has been said in its words.
  if (programName() !== "wg-quick") warnOfReaders(path, report);
  config.warnings.forEach((warning) => report.warn(warning));
  const places = await resolveEndpoints(
    endpointTexts(config),
    file,
    systemResolver(),
    report,
    interrupts.signal,
  );
  return {
    name,
    file: path,
    config,
    settings: formatSet(toDeviceChange(config, (text) => places.get(text))),
    names: formatSetNames({
      names: peerNames(config),
      nameservers: machineNameservers(),
    }),
    endpoints: [...places.values()].map(({ address }) => address),
  };
}
