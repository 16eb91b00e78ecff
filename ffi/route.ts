/**
 * Routes by rtnetlink: what `ip route` shows, sets and asks.
 *
 * ```text
 * struct rtmsg, 12 bytes:
 *   0 family u8 · 1 destination length u8 · 2 source length u8 · 3 TOS u8
 *   4 table u8 · 5 protocol u8 · 6 scope u8 · 7 type u8 · 8 flags u32
 * ```
 *
 * @module
 */

import {
  EACCES,
  EHOSTUNREACH,
  EINVAL,
  ENETUNREACH,
  ENOENT,
  EOPNOTSUPP,
} from "./errno.ts";
import { SystemError } from "./system_error.ts";
import {
  attribute,
  decodeAttributes,
  NLM_F_CREATE,
  NLM_F_EXCL,
  u32Of,
  u32Payload,
  viewOf,
} from "./netlink_message.ts";
import { familiesOf, familyOf, head, rtnetlink } from "./rtnetlink.ts";
import { AF_INET } from "./socket_address.ts";

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;

const HEAD_LENGTH = 12;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTAX_MTU = 2;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RTA_MARK = 16;
/** A gateway of the other family: { family u16, address }. */
const RTA_VIA = 18;
/** struct rtnexthop: 0 length u16 · 4 interface i32 · 8 attributes. */
const NEXT_HOP_LENGTH = 8;

/** The table that holds what `ip route` shows. */
export const TABLE_MAIN = 254;
/** The table of this machine's own addresses, which the kernel fills. */
export const TABLE_LOCAL = 255;
/** In `rtm_table` where the number is above 255. */
const TABLE_COMPAT = 252;
const PROTOCOL_BOOT = 3;
const SCOPE_LINK = 253;
/** "Any" when a route is deleted. */
const SCOPE_NOWHERE = 255;
/** A route's kind (rtnetlink(7)): datagrams leave by it. */
export const TYPE_UNICAST = 1;
/** A route's kind: datagrams come to this machine. */
export const TYPE_LOCAL = 2;
/** A route that the kernel learned for one destination. */
const RTM_F_CLONED = 0x200;

/** Asks to be told the table that a way was found in; of IPv6 it is told always, and the question refused. */
const RTM_F_LOOKUP_TABLE = 0x1000;

/** One way of a route; a route with several next hops is several of these. */
export interface Route {
  /** 4 or 16 bytes; zeros where `length` is 0. */
  readonly destination: Uint8Array;
  readonly length: number;
  readonly table: number;
  /** Index of the interface that datagrams leave by; 0 where they leave by none. */
  readonly interfaceIndex: number;
  /** {@linkcode TYPE_UNICAST}, {@linkcode TYPE_LOCAL} or another of rtnetlink(7). */
  readonly type: number;
  /** Who made it: 2 kernel, 3 boot, 4 static, … */
  readonly protocol: number;
  readonly scope: number;
  /** The metric: the lowest wins. */
  readonly priority: number;
  /** 4 or 16 bytes; a v4 route may have a v6 gateway. */
  readonly gateway?: Uint8Array;
  /** The local address that datagrams bear. */
  readonly source?: Uint8Array;
  /** Where the route has an MTU of its own. */
  readonly mtu?: number;
}

/** Which routes {@linkcode routes} lists. */
export interface RouteFilter {
  readonly family?: 4 | 6;
  /** Index of the interface. */
  readonly index?: number;
  readonly table?: number;
}

/** The routes that a filter lets through; all tables unless it names one. @throws {SystemError} */
export function routes(filter: RouteFilter = {}): Route[] {
  return familiesOf(filter.family)
    .flatMap((family) => dumpRoutes(family, filter.table))
    .filter(({ interfaceIndex, table }) =>
      (filter.index ?? interfaceIndex) === interfaceIndex &&
      (filter.table ?? table) === table
    );
}

/** The ways out of this machine to anywhere, in the main table. @throws {SystemError} */
export function defaultRoutes(): Route[] {
  return routes({ table: TABLE_MAIN })
    .filter(({ length, type }) => length === 0 && type === TYPE_UNICAST);
}

/** A route that leads into an interface. */
export interface InterfaceRoute {
  /** Index of the interface. */
  readonly index: number;
  /** 4 or 16 bytes, host bits zero. */
  readonly destination: Uint8Array;
  readonly length: number;
  /** The main table unless told otherwise. */
  readonly table?: number;
}

/**
 * Adds a route, as `ip route add DESTINATION dev INTERFACE table TABLE`.
 *
 * @throws {SystemError} of call "RTM_NEWROUTE": EEXIST where one leads there
 * already, ENETDOWN while the interface is down, ENODEV where it is gone
 */
export function addRoute(route: InterfaceRoute): void {
  const parts = encode(route);
  const scope = route.destination.length === 4 ? SCOPE_LINK : 0;
  parts[0]!.set([PROTOCOL_BOOT, scope, TYPE_UNICAST], 5);
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  rtnetlink().change("RTM_NEWROUTE", RTM_NEWROUTE, flags, ...parts);
}

/** Deletes a route, whoever made it. @throws {SystemError} of call "RTM_DELROUTE": ESRCH */
export function deleteRoute(route: InterfaceRoute): void {
  const parts = encode(route);
  parts[0]!.set([0, SCOPE_NOWHERE, 0], 5);
  rtnetlink().change("RTM_DELROUTE", RTM_DELROUTE, 0, ...parts);
}

/**
 * The way that a datagram to `address` takes, as `ip route get`.
 *
 * @param mark of the datagram, for the rules; 0 is none
 * @returns undefined where it takes none: unreachable, prohibited or no route
 * @throws {SystemError} of call "RTM_GETROUTE"
 */
export function routeTo(address: Uint8Array, mark = 0): Route | undefined {
  const [request, view] = head(HEAD_LENGTH);
  request[0] = familyOf(address);
  request[1] = address.length * 8;
  if (address.length === 4) view.setUint32(8, RTM_F_LOOKUP_TABLE, true);
  const parts = [request, attribute(RTA_DST, address)];
  if (mark !== 0) parts.push(attribute(RTA_MARK, u32Payload(mark)));
  try {
    const answer = rtnetlink().get("RTM_GETROUTE", RTM_GETROUTE, ...parts);
    return decode(answer)[0];
  } catch (error) {
    if (error instanceof SystemError && NO_ROUTE.has(error.errno)) {
      return undefined;
    }
    throw error;
  }
}

/** EACCES is what a prohibit route says, EINVAL a blackhole, EOPNOTSUPP a kernel that was started without IPv6. */
const NO_ROUTE = new Set([
  ENETUNREACH,
  EHOSTUNREACH,
  EACCES,
  EINVAL,
  EOPNOTSUPP,
]);

function dumpRoutes(family: number, table = 0): Route[] {
  const [request] = head(HEAD_LENGTH);
  request[0] = family;
  request[4] = table > 255 ? TABLE_COMPAT : table;
  const parts = [request];
  if (table !== 0) parts.push(attribute(RTA_TABLE, u32Payload(table)));
  try {
    return rtnetlink().dump("RTM_GETROUTE", RTM_GETROUTE, ...parts)
      .filter((body) => body[0] === family && !isLearned(body))
      .flatMap(decode);
  } catch (error) {
    // The kernel makes a table with its first route.
    if (error instanceof SystemError && error.errno === ENOENT) return [];
    throw error;
  }
}

function isLearned(body: Uint8Array): boolean {
  return (viewOf(body).getUint32(8, true) & RTM_F_CLONED) !== 0;
}

function encode(route: InterfaceRoute): Uint8Array[] {
  const table = route.table ?? TABLE_MAIN;
  const [request] = head(HEAD_LENGTH);
  request[0] = familyOf(route.destination);
  request[1] = route.length;
  request[4] = table > 255 ? TABLE_COMPAT : table;
  return [
    request,
    attribute(RTA_DST, route.destination),
    attribute(RTA_OIF, u32Payload(route.index)),
    attribute(RTA_TABLE, u32Payload(table)),
  ];
}

/** The ways of the route that a message's body describes. */
function decode(body: Uint8Array): Route[] {
  const found = decodeAttributes(body.subarray(HEAD_LENGTH));
  const width = body[0] === AF_INET ? 4 : 16;
  const shared = {
    destination: found.get(RTA_DST) ?? new Uint8Array(width),
    length: body[1]!,
    table: u32Of(found.get(RTA_TABLE)) ?? body[4]!,
    type: body[7]!,
    protocol: body[5]!,
    scope: body[6]!,
    priority: u32Of(found.get(RTA_PRIORITY)) ?? 0,
    ...present("source", found.get(RTA_PREFSRC)),
    ...present("mtu", mtuOf(found.get(RTA_METRICS))),
  };
  const hops = found.get(RTA_MULTIPATH);
  if (hops === undefined) return [{ ...shared, ...hop(found, 0) }];
  return [...nextHops(hops)].map((one) => ({ ...shared, ...one }));
}

type Hop = Pick<Route, "interfaceIndex" | "gateway">;

function hop(found: Map<number, Uint8Array>, index: number): Hop {
  const gateway = found.get(RTA_GATEWAY) ?? found.get(RTA_VIA)?.subarray(2);
  return {
    interfaceIndex: u32Of(found.get(RTA_OIF)) ?? index,
    ...present("gateway", gateway),
  };
}

function* nextHops(bytes: Uint8Array): Generator<Hop> {
  const view = viewOf(bytes);
  for (let at = 0; at + NEXT_HOP_LENGTH <= bytes.length;) {
    const length = view.getUint16(at, true);
    if (length < NEXT_HOP_LENGTH) return;
    const own = bytes.subarray(at + NEXT_HOP_LENGTH, at + length);
    yield hop(decodeAttributes(own), view.getInt32(at + 4, true));
    at += (length + 3) & ~3;
  }
}

function mtuOf(metrics: Uint8Array | undefined): number | undefined {
  if (metrics === undefined) return undefined;
  return u32Of(decodeAttributes(metrics).get(RTAX_MTU));
}

/** The property `name`, or none where there is no value. */
function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [K in Name]?: Value } {
  return value === undefined ? {} : { [name]: value } as { [K in Name]: Value };
}
