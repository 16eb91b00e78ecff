/**
 * IP addresses as text (RFC 4291 §2.2, RFC 5952) and as 4 or 16 bytes.
 *
 * ```text
 * 10.0.0.1             4 bytes; four decimal numbers, no leading zeros
 * 2001:db8::1          16 bytes; groups of 1 to 4 hex digits, at most one "::"
 * ::ffff:10.0.0.1      16 bytes; the last 4 as IPv4
 * ```
 *
 * Reading is as strict as inet_pton(3); writing gives what inet_ntop(3) gives,
 * since that is what wg(8) prints. Zones (`%eth0`) are no part of an address;
 * see endpoint.ts.
 *
 * @module
 */

/**
 * Reads an IPv4 or IPv6 address.
 *
 * @returns 4 or 16 new bytes; undefined where the text is no address
 */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIPv6(text) : parseIPv4(text);
}

/** Writes 4 or 16 bytes as inet_ntop(3) does. */
export function formatAddress(address: Uint8Array): string {
  return address.length === 4 ? address.join(".") : formatIPv6(address);
}

/** Whether two addresses, or any two byte arrays, are equal. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const address = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) {
      return undefined;
    }
    address[i] = Number(part);
  }
  return address;
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = parseGroups(halves[1] ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const address = new Uint8Array(16);
  address.set(head, 0);
  address.set(tail, 16 - tail.length);
  return address;
}

/** @param last whether the address ends here, so that its last 4 bytes may stand as IPv4 */
function parseGroups(text: string, last: boolean): number[] | undefined {
  const bytes: number[] = [];
  if (text === "") return bytes;
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (last && i === groups.length - 1 && group.includes(".")) {
      const tail = parseIPv4(group);
      if (tail === undefined) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes.length > 16 ? undefined : bytes;
}

function formatIPv6(address: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, i) => (address[2 * i]! << 8) | address[2 * i + 1]!,
  );
  const zeros = longestZeros(groups);
  if (holdsIPv4(groups, zeros)) {
    const prefix = zeros.length === 6 ? "::" : "::ffff:";
    return prefix + address.subarray(12).join(".");
  }
  const text = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return text.join(":");
  const head = text.slice(0, zeros.start).join(":");
  return `${head}::${text.slice(zeros.start + zeros.length).join(":")}`;
}

/** The first of the longest runs of zero groups (RFC 5952 §4.2.3). */
function longestZeros(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** inet_ntop(3) writes the last 4 bytes of ::/96 and ::ffff:0:0/96 as IPv4. */
function holdsIPv4(
  groups: number[],
  zeros: { start: number; length: number },
): boolean {
  if (zeros.start !== 0) return false;
  return zeros.length === 6 || (zeros.length === 5 && groups[5] === 0xffff);
}
