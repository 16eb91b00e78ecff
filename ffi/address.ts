/**
 * Addresses of interfaces by rtnetlink: what `ip address` shows and sets.
 *
 * ```text
 * struct ifaddrmsg, 8 bytes:
 *   0 family u8 · 1 prefix length u8 · 2 flags u8 · 3 scope u8 · 4 index u32
 * ```
 *
 * @module
 */

import {
  attribute,
  decodeAttributes,
  NLM_F_CREATE,
  NLM_F_EXCL,
  u32Payload,
  viewOf,
} from "./netlink_message.ts";
import { familiesOf, familyOf, head, rtnetlink } from "./rtnetlink.ts";

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

const HEAD_LENGTH = 8;
/** The other end of a point-to-point link; else the address itself. */
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;

/** The kernel is to add no route to the address's network. */
const NO_PREFIX_ROUTE = 0x200;

/** Another machine has it too (RFC 4862 §5.4). */
const DUPLICATE = 0x08;
const DEPRECATED = 0x20;
/** It is not known yet whether another machine has it. */
const TENTATIVE = 0x40;

/** Reachable on this machine alone, as 127.0.0.1 is. */
const SCOPE_HOST = 254;

/** An address that an interface has. */
export interface InterfaceAddress {
  /** Index of the interface. */
  readonly index: number;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly prefixLength: number;
  /** 0 global, 253 link, 254 host (rtnetlink(7)). */
  readonly scope: number;
  /** Whether it may be used, and whether it should (RFC 4862 §5.5.4); IPv4 knows only "preferred". */
  readonly state: "preferred" | "deprecated" | "unusable";
}

/**
 * The addresses of `family` (or both) on the interface `index` (or all).
 *
 * @throws {SystemError} of call "RTM_GETADDR"; an interface that is not there has none
 */
export function addresses(family?: 4 | 6, index = 0): InterfaceAddress[] {
  return familiesOf(family).flatMap((number) => {
    const [request, view] = head(HEAD_LENGTH);
    request[0] = number;
    // The kernel's own filter would fail for an interface that is gone.
    view.setUint32(4, 0, true);
    return rtnetlink().dump("RTM_GETADDR", RTM_GETADDR, request)
      .filter((body) => body[0] === number)
      .map(decode)
      .filter((found) => index === 0 || found.index === index);
  });
}

/**
 * Gives an interface an address, as `ip address add`.
 *
 * @param noPrefixRoute whether the address's network is not to be routed to the interface
 * @throws {SystemError} of call "RTM_NEWADDR": EEXIST where it has it already,
 * EACCES where IPv6 is switched off
 */
export function addAddress(
  index: number,
  address: Uint8Array,
  prefixLength: number,
  noPrefixRoute = false,
): void {
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  const parts = encode(index, address, prefixLength);
  if (noPrefixRoute) {
    parts.push(attribute(IFA_FLAGS, u32Payload(NO_PREFIX_ROUTE)));
  }
  rtnetlink().change("RTM_NEWADDR", RTM_NEWADDR, flags, ...parts);
}

/** Takes an address away. @throws {SystemError} of call "RTM_DELADDR": EADDRNOTAVAIL */
export function deleteAddress(
  index: number,
  address: Uint8Array,
  prefixLength: number,
): void {
  const parts = encode(index, address, prefixLength);
  rtnetlink().change("RTM_DELADDR", RTM_DELADDR, 0, ...parts);
}

function encode(
  index: number,
  address: Uint8Array,
  prefixLength: number,
): Uint8Array[] {
  const [request, view] = head(HEAD_LENGTH);
  request[0] = familyOf(address);
  request[1] = prefixLength;
  const loopback = address.length === 4 && address[0] === 127;
  request[3] = loopback ? SCOPE_HOST : 0;
  view.setUint32(4, index, true);
  return [
    request,
    attribute(IFA_LOCAL, address),
    attribute(IFA_ADDRESS, address),
  ];
}

function decode(body: Uint8Array): InterfaceAddress {
  const found = decodeAttributes(body.subarray(HEAD_LENGTH));
  return {
    index: viewOf(body).getUint32(4, true),
    address: found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS) ?? new Uint8Array(),
    prefixLength: body[1]!,
    scope: body[3]!,
    state: stateOf(body[2]!),
  };
}

function stateOf(flags: number): InterfaceAddress["state"] {
  if ((flags & (TENTATIVE | DUPLICATE)) !== 0) return "unusable";
  return (flags & DEPRECATED) !== 0 ? "deprecated" : "preferred";
}
