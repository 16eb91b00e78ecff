/**
 * Network interfaces by rtnetlink: what `ip link` shows and sets.
 *
 * ```text
 * struct ifinfomsg, 16 bytes:
 *   0 family u8 · 2 type u16 · 4 index i32 · 8 flags u32 · 12 change u32
 * ```
 *
 * @module
 */

import { ENODEV } from "./errno.ts";
import { libc } from "./libc.ts";
import { SystemError } from "./system_error.ts";
import { cString, textOf } from "./memory.ts";
import {
  attribute,
  decodeAttributes,
  nested,
  u32Of,
  u32Payload,
  viewOf,
} from "./netlink_message.ts";
import { head, rtnetlink } from "./rtnetlink.ts";
import { AF_INET6 } from "./socket_address.ts";

const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_SETLINK = 19;

const HEAD_LENGTH = 16;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_AF_SPEC = 26;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const ADDR_GEN_MODE_NONE = 1;

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  /** Whether it was switched on, by whomever; not whether a cable is in it. */
  readonly up: boolean;
  readonly loopback: boolean;
  /** IFF_ flags of netdevice(7). */
  readonly flags: number;
  /** "tun", "veth", "wireguard"; absent for hardware. */
  readonly kind?: string;
}

/** What {@linkcode setLink} changes; what is absent stays. */
export interface LinkSettings {
  readonly up?: boolean;
  readonly mtu?: number;
  /** No link-local address when it goes up: it would solicit routers, and wake an idle tunnel. */
  readonly addressGenerationNone?: boolean;
}

/** All interfaces. @throws {SystemError} */
export function links(): Link[] {
  const [request] = head(HEAD_LENGTH);
  return rtnetlink().dump("RTM_GETLINK", RTM_GETLINK, request).map(decodeLink);
}

/** The interface `name`; undefined where there is none. @throws {SystemError} */
export function linkByName(name: string): Link | undefined {
  const [request] = head(HEAD_LENGTH);
  return getLink(request, attribute(IFLA_IFNAME, cString(name)));
}

/** The interface of this index; undefined where there is none. @throws {SystemError} */
export function linkByIndex(index: number): Link | undefined {
  const [request, view] = head(HEAD_LENGTH);
  view.setInt32(4, index, true);
  return getLink(request);
}

/** Index of the interface `name`; undefined where there is none. */
export function linkIndex(name: string): number | undefined {
  return libc.if_nametoindex(cString(name)) || undefined;
}

/**
 * Changes an interface, all or nothing.
 *
 * @throws {SystemError} of call "RTM_SETLINK": ENODEV where it is gone, EINVAL
 * for an MTU that it cannot have, EAFNOSUPPORT for address generation without IPv6
 */
export function setLink(index: number, settings: LinkSettings): void {
  const [request, view] = head(HEAD_LENGTH);
  view.setInt32(4, index, true);
  if (settings.up !== undefined) {
    view.setUint32(8, settings.up ? IFF_UP : 0, true);
    view.setUint32(12, IFF_UP, true);
  }
  const parts: Uint8Array[] = [request];
  if (settings.mtu !== undefined) {
    parts.push(attribute(IFLA_MTU, u32Payload(settings.mtu)));
  }
  if (settings.addressGenerationNone) parts.push(withoutGeneratedAddress());
  rtnetlink().change("RTM_SETLINK", RTM_SETLINK, 0, ...parts);
}

/** Deletes an interface. @throws {SystemError} of call "RTM_DELLINK": ENODEV where it is gone */
export function deleteLink(index: number): void {
  const [request, view] = head(HEAD_LENGTH);
  view.setInt32(4, index, true);
  rtnetlink().change("RTM_DELLINK", RTM_DELLINK, 0, request);
}

/** The link that a message's body describes. */
export function decodeLink(body: Uint8Array): Link {
  const view = viewOf(body);
  const found = decodeAttributes(body.subarray(HEAD_LENGTH));
  const flags = view.getUint32(8, true);
  const kind = kindOf(found.get(IFLA_LINKINFO));
  return {
    index: view.getInt32(4, true),
    name: textOf(found.get(IFLA_IFNAME) ?? new Uint8Array()),
    mtu: u32Of(found.get(IFLA_MTU)) ?? 0,
    up: (flags & IFF_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    flags,
    ...(kind === undefined ? {} : { kind }),
  };
}

function getLink(...parts: Uint8Array[]): Link | undefined {
  try {
    return decodeLink(rtnetlink().get("RTM_GETLINK", RTM_GETLINK, ...parts));
  } catch (error) {
    if (error instanceof SystemError && error.errno === ENODEV) {
      return undefined;
    }
    throw error;
  }
}

function withoutGeneratedAddress(): Uint8Array {
  const mode = new Uint8Array([ADDR_GEN_MODE_NONE]);
  const inet6 = nested(AF_INET6, attribute(IFLA_INET6_ADDR_GEN_MODE, mode));
  return nested(IFLA_AF_SPEC, inet6);
}

function kindOf(information: Uint8Array | undefined): string | undefined {
  if (information === undefined) return undefined;
  const kind = decodeAttributes(information).get(IFLA_INFO_KIND);
  return kind === undefined ? undefined : textOf(kind);
}
