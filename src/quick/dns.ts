/**
 * Name servers: DNS of the configuration, while the tunnel is up.
 *
 * ```text
 * resolvconf is there            it is told, as wg-quick(8) does
 * resolv.conf asks resolved      resolvectl tells it
 * else, and where those fail     /etc/resolv.conf is written
 * cannot be written either       a warning: DNS is never the reason that `up` fails
 * ```
 *
 * Each way is written down before it is tried, so that also what half failed is taken back.
 *
 * @module
 */

import type { DnsConfig } from "../config/config.ts";
import { linkByName } from "../../ffi/link.ts";
import {
  type DnsChange,
  RESOLV_CONF,
  resolvconfInput,
  resolvedCommands,
  undoDnsCommand,
  undoFileCommand,
} from "./dns_change.ts";
import { DnsFile } from "./dns_file.ts";
import {
  resolvconfRecord,
  resolvedIsAsked,
  runProgram,
} from "./dns_programs.ts";
import { messageOf } from "./failure.ts";
import { isBusy } from "./lock.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Machine, NameService, Report } from "./machine.ts";
import { RUNTIME_FOLDER, type State } from "./state.ts";

/** The name service of this machine. */
export function linuxNameService(
  path = RESOLV_CONF,
  folder = RUNTIME_FOLDER,
): NameService {
  const file = new DnsFile({
    path,
    folder,
    isUp: (state) => isUp(state, folder),
  });
  return {
    ways: (name, dns) => waysOf(name, dns, file),
    set: (change, name, signal) => set(change, name, signal, file),
    restore: (change, name, report) => restore(change, name, report, file),
    restoreLost: async (name, report) => {
      const before = await file.restoreLost(name);
      if (before !== undefined) report.step(undoFileCommand(before));
      return before !== undefined;
    },
  };
}

/** What {@linkcode setDns} works with. */
export interface DnsContext {
  readonly machine: Pick<Machine, "nameService">;
  readonly report: Report;
  readonly interrupts: Interrupts;
}

/**
 * Tells the machine its name servers, in the first way that works.
 *
 * @param make writes a change down, and goes the way
 * @throws only what the work was interrupted with
 */
export async function setDns(
  name: string,
  dns: DnsConfig,
  { machine, report, interrupts }: DnsContext,
  make: (change: DnsChange) => Promise<void>,
): Promise<void> {
  const problems: string[] = [];
  for (const change of machine.nameService.ways(name, dns)) {
    try {
      await make(change);
      for (const problem of problems) {
        report.warn(`${problem}: the name servers are set in another way`);
      }
      return;
    } catch (error) {
      interrupts.signal.throwIfAborted();
      problems.push(messageOf(error));
    }
  }
  report.warn(
    `the name servers of ${name} are not in use: ${problems.join("; ")}`,
    `names are looked up as before; tell the machine \`nameserver ${
      dns.servers[0]
    }\` in another way, or leave DNS out of the file`,
  );
}

function waysOf(name: string, dns: DnsConfig, file: DnsFile): DnsChange[] {
  const ways: DnsChange[] = [];
  const record = resolvconfRecord(name);
  if (record !== undefined) {
    ways.push({ kind: "dns", dns, how: "resolvconf", record });
  }
  if (resolvedIsAsked(file.look())) {
    ways.push({ kind: "dns", dns, how: "resolved" });
  }
  return [...ways, file.plan(name, dns)];
}

async function set(
  change: DnsChange,
  name: string,
  signal: AbortSignal,
  file: DnsFile,
): Promise<void> {
  switch (change.how) {
    case "resolvconf": {
      const command = ["resolvconf", "-a", change.record, "-m", "0", "-x"];
      return await runProgram(command, resolvconfInput(change.dns), signal);
    }
    case "resolved":
      for (const command of resolvedCommands(name, change.dns)) {
        await runProgram(command, "", signal);
      }
      return;
    case "file":
      return await file.set(change).catch((error) => {
        throw new Error(`cannot write ${RESOLV_CONF}: ${messageOf(error)}`);
      });
  }
}

async function restore(
  change: DnsChange,
  name: string,
  report: Report,
  file: DnsFile,
): Promise<void> {
  if (change.how === "file") {
    if (await file.restore(change, name) === "restored") {
      report.step(undoDnsCommand(change, name));
    }
    return;
  }
  const command = undoDnsCommand(change, name);
  report.step(command);
  try {
    await runProgram(command.split(" "), "");
  } catch (error) {
    // It may have failed to begin with, and then there is nothing to take back.
    report.warn(messageOf(error));
  }
}

/** A tunnel that another caktus is taking down at this moment counts as down. */
function isUp({ name, index }: State, folder: string): boolean {
  return index !== undefined && linkByName(name)?.index === index &&
    !isBusy(folder, name);
}
