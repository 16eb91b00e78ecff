/**
 * IP prefixes (CIDR, RFC 4632): the AllowedIPs of a peer and the Address of an interface.
 *
 * ```text
 * 10.0.0.0/24   a prefix: an address whose host bits are zero, and a length
 * 10.0.0.1/24   an interface's address: host bits kept
 * 10.0.0.1      the same with /32, or /128 for IPv6
 * ```
 *
 * Readers throw a SyntaxError that says what is wrong with the text and does
 * not repeat it; whoever knows the place adds both.
 *
 * @module
 */

import { bytesEqual, formatAddress, parseAddress } from "./address.ts";
import type { InterfaceAddress, Prefix } from "./config.ts";

/** A prefix, and whether it was written with host bits, which are masked off. */
export interface ParsedPrefix {
  prefix: Prefix;
  hostBitsSet: boolean;
}

/**
 * Reads `ADDRESS/LENGTH` or `ADDRESS`, masking off host bits.
 *
 * @throws SyntaxError with what is wrong
 */
export function parsePrefix(text: string): ParsedPrefix {
  const { address, length } = parseInterfaceAddress(text);
  const prefix = maskPrefix(address, length);
  return { prefix, hostBitsSet: !bytesEqual(prefix.address, address) };
}

/**
 * Reads `ADDRESS/LENGTH` or `ADDRESS`, keeping host bits.
 *
 * @throws SyntaxError with what is wrong
 */
export function parseInterfaceAddress(text: string): InterfaceAddress {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(host);
  if (address === undefined) throw new SyntaxError(addressProblem(host));
  const most = address.length * 8;
  if (slash < 0) return { address, length: most };
  return { address, length: parseLength(text.slice(slash + 1), most) };
}

/** Writes `ADDRESS/LENGTH`; the length always stands there, as wg(8) prints it. */
export function formatPrefix(prefix: Prefix | InterfaceAddress): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}

/** The prefix of this length that holds the address. */
export function maskPrefix(address: Uint8Array, length: number): Prefix {
  const masked = Uint8Array.from(address, (byte, i) => {
    const bits = Math.min(8, Math.max(0, length - 8 * i));
    return byte & (0xff00 >> bits);
  });
  return { address: masked, length };
}

/** Whether the address lies inside the prefix; never where their families differ. */
export function prefixContains(prefix: Prefix, address: Uint8Array): boolean {
  if (prefix.address.length !== address.length) return false;
  return bytesEqual(maskPrefix(address, prefix.length).address, prefix.address);
}

/** Whether two prefixes are the same. */
export function prefixesEqual(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && bytesEqual(a.address, b.address);
}

function parseLength(text: string, most: number): number {
  if (/^(0|[1-9][0-9]{0,2})$/.test(text) && Number(text) <= most) {
    return Number(text);
  }
  const netmask = most === 32 ? netmaskLength(text) : undefined;
  throw new SyntaxError(
    netmask === undefined
      ? `the length behind the slash must be 0 to ${most}`
      : `a netmask is written as its length: /${netmask}`,
  );
}

/** The length that a dotted netmask such as 255.255.255.0 stands for. */
function netmaskLength(text: string): number | undefined {
  const mask = parseAddress(text);
  if (mask?.length !== 4) return undefined;
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}

function addressProblem(text: string): string {
  if (text === "") return "the address is missing";
  if (/^[0-9.]+$/.test(text)) {
    return "an IPv4 address is four numbers of 0 to 255, as 10.0.0.1";
  }
  if (/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)) {
    return "an IPv6 address is eight groups of hex digits, as fd00::1";
  }
  return "not an IP address, as 10.0.0.1/24 or fd00::1/64";
}
