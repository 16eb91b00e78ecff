/**
 * The real machine: netlink for links, addresses and routes, a process for the
 * daemon, a socket for its configuration.
 *
 * @module
 */

import { addAddress, addresses } from "../../ffi/address.ts";
import {
  deleteLink,
  linkByIndex,
  linkByName,
  setLink,
} from "../../ffi/link.ts";
import { resolveHost } from "../../ffi/resolve.ts";
import { addRoute, defaultRoutes, routeTo } from "../../ffi/route.ts";
import { SystemError } from "../../ffi/libc.ts";
import { formatAddress } from "../config/address.ts";
import { parseInterfaceAddress, parsePrefix } from "../config/prefix.ts";
import type { LinkChange } from "./change.ts";
import { configure } from "./configure.ts";
import { removeStaleSocket } from "./control.ts";
import { startDaemon, stopDaemon } from "./daemon.ts";
import type { Resolver } from "./endpoints.ts";
import { Failure } from "./failure.ts";
import { runHook } from "./hooks.ts";
import type { Machine } from "./machine.ts";
import type { Facts } from "./plan.ts";
import { scopeOf } from "./scopes.ts";

const EEXIST = 17;
const ENODEV = 19;

/** The machine that this program runs on. */
export function linuxMachine(): Machine {
  return {
    indexOf: (name) => linkByName(name)?.index,
    facts: lookUpFacts,
    apply,
    deleteLink: (index) => ignoring(ENODEV, () => deleteLink(index)),
    startDaemon,
    stopDaemon,
    configure,
    removeStaleSocket,
    runHook,
  };
}

/** Names as every other program of the machine resolves them. */
export function systemResolver(retries: number): Resolver {
  return { resolve: resolveHost, scopeOf, delay, retries };
}

function lookUpFacts(name: string, endpoints: readonly Uint8Array[]): Facts {
  return {
    paths: endpoints.map((address) => ({ address, mtu: mtuTo(address) })),
    defaultMtu: defaultMtu(),
    ipv6: hasIPv6(name),
    owners: addressOwners(),
  };
}

/** MTU of the route to an address; undefined where there is none. */
function mtuTo(address: Uint8Array): number | undefined {
  const route = routeTo(address);
  if (route === undefined) return undefined;
  return route.mtu ?? linkByIndex(route.interfaceIndex)?.mtu;
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

function apply(name: string, index: number, change: LinkChange): void {
  try {
    applyByNetlink(index, change);
  } catch (error) {
    throw error instanceof SystemError ? refusal(name, change, error) : error;
  }
}

function applyByNetlink(index: number, change: LinkChange): void {
  switch (change.kind) {
    case "address": {
      const { address, length } = parseInterfaceAddress(change.address);
      return addAddress(index, address, length);
    }
    case "link":
      return setLink(index, { mtu: change.mtu, up: true });
    case "route": {
      const { address, length } = parsePrefix(change.prefix).prefix;
      return addRoute({ index, destination: address, length });
    }
  }
}

/** The kernel's refusal in words, with the way out. */
function refusal(
  name: string,
  change: LinkChange,
  error: SystemError,
): Failure {
  const options = { cause: error };
  switch (change.kind) {
    case "address":
      return new Failure(
        `cannot give ${name} the address ${change.address}: ${error.message}`,
        options,
      );
    case "link":
      return new Failure(
        `cannot set the MTU of ${name} to ${change.mtu}: ${error.message}`,
        options,
      );
    case "route":
      return error.errno !== EEXIST
        ? new Failure(
          `cannot route ${change.prefix} to ${name}: ${error.message}`,
          options,
        )
        : new Failure(`there is a route to ${change.prefix} already`, {
          hint:
            `see where it leads: ip route show ${change.prefix}; choose other networks for AllowedIPs, or delete it`,
          ...options,
        });
  }
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
