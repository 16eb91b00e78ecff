/**
 * The real machine as `reload` needs it: taking away single addresses and routes, and looking for them.
 *
 * @module
 */

import { addresses, deleteAddress } from "../../ffi/address.ts";
import { EADDRNOTAVAIL, ESRCH } from "../../ffi/errno.ts";
import { SystemError } from "../../ffi/libc.ts";
import { deleteRoute, routes } from "../../ffi/route.ts";
import { bytesEqual } from "../config/address.ts";
import { parseInterfaceAddress, parsePrefix } from "../config/prefix.ts";
import { MAIN_TABLE } from "../config/route_table.ts";
import type { AddressChange, RouteChange } from "./change.ts";
import { request } from "./control.ts";
import { linuxMachine } from "./linux_machine.ts";
import type { ReloadMachine } from "./machine.ts";

/** The machine that this program runs on. */
export function reloadMachine(
  ...options: Parameters<typeof linuxMachine>
): ReloadMachine {
  return { ...linuxMachine(...options), ask: request, withdraw, isThere };
}

function withdraw(index: number, change: AddressChange | RouteChange): void {
  try {
    if (change.kind === "address") {
      const { address, length } = parseInterfaceAddress(change.address);
      deleteAddress(index, address, length);
    } else deleteRoute(routeOf(index, change));
  } catch (error) {
    const gone = error instanceof SystemError &&
      [EADDRNOTAVAIL, ESRCH].includes(error.errno);
    if (!gone) throw error;
  }
}

function isThere(index: number, change: AddressChange | RouteChange): boolean {
  if (change.kind === "address") {
    const { address, length } = parseInterfaceAddress(change.address);
    return addresses(undefined, index).some((found) =>
      found.prefixLength === length && bytesEqual(found.address, address)
    );
  }
  const { destination, length, table } = routeOf(index, change);
  const family = destination.length === 4 ? 4 : 6;
  return routes({ family, index, table }).some((found) =>
    found.length === length && bytesEqual(found.destination, destination)
  );
}

function routeOf(index: number, { prefix, table = MAIN_TABLE }: RouteChange) {
  const { address, length } = parsePrefix(prefix).prefix;
  return { index, destination: address, length, table };
}
