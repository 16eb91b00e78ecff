/**
 * `up` and `down`: from a word on the command line to the interface and back.
 *
 * @module
 */

import type { Config, Endpoint } from "../config/config.ts";
import { toDeviceChange } from "../config/device_change.ts";
import { refuseFullTunnel } from "../config/full_tunnel.ts";
import { formatSet } from "../config/uapi_set.ts";
import { down } from "../quick/down.ts";
import { resolveEndpoints, retriesFrom } from "../quick/endpoints.ts";
import { Failure } from "../quick/failure.ts";
import { stayUp } from "../quick/foreground.ts";
import { Interrupts } from "../quick/interrupts.ts";
import { linuxMachine, systemResolver } from "../quick/linux_machine.ts";
import {
  checkPrivileges,
  checkTunDevice,
  warnOfReaders,
} from "../quick/preflight.ts";
import type { UndoContext } from "../quick/undo.ts";
import { up, type UpRequest } from "../quick/up.ts";
import {
  type ConfigurationPlace,
  findConfiguration,
  interfaceOf,
  readConfiguration,
} from "./configuration.ts";
import { terminalReport } from "./output.ts";

/**
 * `up [NAME | FILE.conf] [--foreground]`
 *
 * @returns the exit status
 */
export async function runUp(
  words: readonly string[],
  foreground: boolean,
): Promise<number> {
  const word = onlyWord("up", words);
  return await interruptibly(async (context) => {
    checkPrivileges(["caktus", "up", ...words].join(" "));
    const place = findConfiguration(word);
    const request = await prepare(place, context);
    checkTunDevice();
    const daemon = await up(request, context);
    return foreground ? await stayUp(request.name, daemon, context) : 0;
  });
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
  warnOfReaders(path, report);
  config.warnings.forEach((warning) => report.warn(warning));
  refuseFullTunnel(config, file, []);
  const endpoints = await resolveEndpoints(
    config,
    file,
    systemResolver(retriesFrom(Deno.env.get("WG_ENDPOINT_RESOLUTION_RETRIES"))),
    report,
    interrupts.signal,
  );
  refuseFullTunnel(config, file, endpoints);
  return {
    name,
    file: path,
    config,
    settings: settingsOf(config, endpoints),
    endpoints: endpoints.flatMap((endpoint) => endpoint?.address ?? []),
  };
}

function settingsOf(
  config: Config,
  endpoints: readonly (Endpoint | undefined)[],
): string {
  const places = new Map(
    config.peers.map(({ endpoint }, i) => [endpoint, endpoints[i]]),
  );
  return formatSet(toDeviceChange(config, (text) => places.get(text)));
}

/**
 * Does work that a signal undoes. The signals are listened for to the end of the
 * process: one that comes between the last step and the exit would else kill it,
 * and its status would say that an interface which stands was undone.
 */
async function interruptibly(
  work: (context: UndoContext) => Promise<number>,
): Promise<number> {
  const interrupts = new Interrupts();
  interrupts.listen();
  return await work({
    machine: linuxMachine(),
    report: terminalReport,
    interrupts,
  });
}

function onlyWord(
  command: string,
  [word, ...more]: readonly string[],
): string | undefined {
  if (more.length === 0) return word;
  throw new Failure(`${command} takes one interface, not ${more.length + 1}`, {
    hint: `one after the other: caktus ${command} ${word}`,
  });
}
