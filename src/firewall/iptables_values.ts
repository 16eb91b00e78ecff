/**
 * Values in rules as text and as bytes: networks, marks, numbers, texts.
 *
 * ```text
 * 10.0.0.0/8   10/8   10.0.0.1   192.168.0.0/255.255.0.0   fd00::/8    network
 * 0x1   0x1/0xff   1                                                   mark
 * "two words"   one_word                                               text, as it is listed
 * ```
 *
 * @module
 */

import { formatAddress, parseAddress } from "../config/address.ts";
import { type Family, IptablesError, type Network } from "./iptables_rule.ts";

/** An address of the family; undefined where the text is none. */
export function addressOf(
  text: string,
  family: Family,
): Uint8Array | undefined {
  const address = parseAddress(text);
  return address?.length === (family === 4 ? 4 : 16) ? address : undefined;
}

/** The same. @throws IptablesError */
export function needAddress(text: string, family: Family): Uint8Array {
  const address = addressOf(text, family);
  if (address === undefined) {
    throw new IptablesError(`bad IPv${family} address "${text}"`);
  }
  return address;
}

/** Whether the text is a host's name, to be resolved: neither address nor number. */
export function isHostName(text: string): boolean {
  return !text.includes(":") && /[a-z]/i.test(text);
}

/**
 * The mask behind a slash: a length, or an address of ones and zeros.
 *
 * @throws IptablesError
 */
export function parseMask(
  text: string | undefined,
  family: Family,
): Uint8Array {
  const bits = family === 4 ? 32 : 128;
  if (text === undefined) return maskOf(bits, bits);
  if (/^\d+$/.test(text) && Number(text) <= bits) {
    return maskOf(Number(text), bits);
  }
  const mask = addressOf(text, family);
  if (mask === undefined) {
    throw new IptablesError(`invalid mask \`${text}' specified`);
  }
  return mask;
}

/** `10/8` is 10.0.0.0/8. */
export function completeIPv4(text: string): string {
  if (!/^\d+(\.\d+){0,2}$/.test(text)) return text;
  return [...text.split("."), "0", "0", "0"].slice(0, 4).join(".");
}

/** Without the bits that the mask leaves open. */
export function masked(address: Uint8Array, mask: Uint8Array): Network {
  return { address: address.map((byte, i) => byte & mask[i]!), mask };
}

/** The number of leading ones; undefined where a one follows a zero. */
export function maskLength(mask: Uint8Array): number | undefined {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0"));
  return /^(1*)0*$/.exec(bits.join(""))?.[1]?.length;
}

/** `ADDRESS/LENGTH`, or the mask in full where it has gaps. */
export function formatNetwork({ address, mask }: Network): string {
  const length = maskLength(mask) ?? formatAddress(mask);
  return `${formatAddress(address)}/${length}`;
}

/** A number in decimal, or with 0x in hexadecimal. @throws IptablesError */
export function numberOf(
  text: string,
  what: string,
  highest = 0xffffffff,
): number {
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? readNumber(text) : NaN;
  if (!(number <= highest)) {
    throw new IptablesError(`${what}: bad value "${text}"`);
  }
  return number;
}

/** `VALUE` or `VALUE/MASK`. @throws IptablesError */
export function markOf(
  text: string,
  what: string,
): { value: number; mask: number | undefined } {
  const [value = "", mask, more] = text.split("/");
  if (more !== undefined) {
    throw new IptablesError(`${what}: bad value "${text}"`);
  }
  return {
    value: numberOf(value, what),
    mask: mask === undefined ? undefined : numberOf(mask, what),
  };
}

export function hexadecimal(value: number): string {
  return `0x${value.toString(16)}`;
}

/** A text as iptables lists it: quoted unless it is one plain word. */
export function quoted(text: string): string {
  if (/^[\w-]+$/.test(text)) return text;
  return `"${text.replace(/["\\']/g, "\\$&")}"`;
}

function maskOf(length: number, bits: number): Uint8Array {
  return Uint8Array.from(
    { length: bits / 8 },
    (_, i) => 0xff00 >> Math.min(8, Math.max(0, length - 8 * i)) & 0xff,
  );
}

/** As strtoul(3): a leading 0 is octal. */
function readNumber(text: string): number {
  return /^0\d/.test(text) ? parseInt(text, 8) : Number(text);
}
