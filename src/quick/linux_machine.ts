/**
 * The real machine: what is looked up here, what is made in apply.ts, a process for the
 * daemon, a socket for its configuration.
 *
 * @module
 */

import { addresses } from "../../ffi/address.ts";
import { deleteLink, linkByIndex, linkByName } from "../../ffi/link.ts";
import { resolveHost } from "../../ffi/resolve.ts";
import { defaultRoutes } from "../../ffi/route.ts";
import { SystemError } from "../../ffi/libc.ts";
import { formatAddress } from "../config/address.ts";
import type { SaveOptions } from "../config/live_state.ts";
import { apply, revert } from "./apply.ts";
import { configure } from "./configure.ts";
import { removeStaleSocket } from "./control.ts";
import { startDaemon, stopDaemon } from "./daemon.ts";
import { linuxNameService } from "./dns.ts";
import type { Resolver } from "./endpoints.ts";
import { runHook } from "./hooks.ts";
import type { Machine } from "./machine.ts";
import { saveState } from "./save.ts";
import { mtuTo, PathProbe } from "./path_probe.ts";
import type { Facts } from "./plan.ts";
import { daemonMark, lookUpRouting } from "./routing_facts.ts";
import { scopeOf } from "./scopes.ts";

const ENODEV = 19;

/**
 * The machine that this program runs on.
 *
 * @param options what reading a configuration takes, for saving one
 */
export function linuxMachine(options: SaveOptions = {}): Machine {
  return {
    indexOf: (name) => linkByName(name)?.index,
    facts: lookUpFacts,
    probe: (endpoints, mark) => new PathProbe(endpoints, mark),
    forwards,
    nameService: linuxNameService(),
    apply,
    revert,
    deleteLink: (index) => ignoring(ENODEV, () => deleteLink(index)),
    startDaemon,
    stopDaemon,
    configure,
    removeStaleSocket,
    save: (state) => saveState(state, options),
    runHook,
  };
}

/** Names as every other program of the machine resolves them. */
export function systemResolver(): Resolver {
  return { resolve: resolveHost, scopeOf, delay };
}

async function lookUpFacts(
  name: string,
  endpoints: readonly Uint8Array[],
  given?: number,
): Promise<Facts> {
  const mark = given ?? await daemonMark(name);
  const ipv6 = hasIPv6(name);
  return {
    paths: endpoints.map((address) => ({ address, mtu: mtuTo(address, mark) })),
    defaultMtu: defaultMtu(),
    ipv6,
    owners: addressOwners(),
    routing: lookUpRouting(mark, ipv6),
  };
}

/** In at least one IP version. */
function forwards(name: string): boolean {
  return ["ipv4", "ipv6"].some((version) =>
    ["all", name].some((place) =>
      readOrZero(`/proc/sys/net/${version}/conf/${place}/forwarding`) !== "0"
    )
  );
}

function readOrZero(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return "0"; // A kernel without IPv6.
  }
}

function defaultMtu(): number | undefined {
  const route = defaultRoutes().toSorted((a, b) => a.priority - b.priority)[0];
  if (route === undefined) return undefined;
  return route.mtu ?? linkByIndex(route.interfaceIndex)?.mtu;
}

function hasIPv6(name: string): boolean {
  try {
    const path = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
    return Deno.readTextFileSync(path).trim() === "0";
  } catch {
    return false; // A kernel without IPv6.
  }
}

function addressOwners(): Map<string, string> {
  return new Map(
    addresses().map(({ address, index }) => [
      formatAddress(address),
      linkByIndex(index)?.name ?? `interface ${index}`,
    ]),
  );
}

function ignoring(errno: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === errno)) throw error;
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
