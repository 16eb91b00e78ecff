/**
 * The one socket of this process for links, addresses, routes and rules
 * (rtnetlink(7)), and what their messages have in common.
 *
 * @module
 */

import { Netlink, NETLINK_ROUTE } from "./netlink.ts";
import { AF_INET, AF_INET6 } from "./socket_address.ts";

let socket: Netlink | undefined;

/** The socket, opened at its first use. @throws {SystemError} */
export function rtnetlink(): Netlink {
  return socket ??= new Netlink(NETLINK_ROUTE);
}

/** AF_INET or AF_INET6, by the length of an address. */
export function familyOf(address: Uint8Array): number {
  return address.length === 4 ? AF_INET : AF_INET6;
}

/** The IP families of a dump; `undefined` is both. */
export function familiesOf(family: 4 | 6 | undefined): readonly number[] {
  if (family === undefined) return [AF_INET, AF_INET6];
  return [family === 4 ? AF_INET : AF_INET6];
}

/** A struct of `length` bytes and its view, zeroed. */
export function head(length: number): [Uint8Array, DataView] {
  const bytes = new Uint8Array(length);
  return [bytes, new DataView(bytes.buffer)];
}
