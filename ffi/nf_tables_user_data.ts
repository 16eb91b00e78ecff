/**
 * The comment of a rule, which nft and iptables show: it stands in the rule's
 * user data.
 *
 * ```text
 * 0 type u8 = 0 · 1 length u8 · 2 text with its NUL
 * ```
 *
 * @module
 */

import { cString, textOf } from "./memory.ts";

const COMMENT = 0;

/** User data that is a comment of at most 254 bytes. @throws {RangeError} */
export function commentData(comment: string): Uint8Array {
  const text = cString(comment);
  if (text.length > 255) throw new RangeError("a comment has up to 254 bytes");
  return Uint8Array.of(COMMENT, text.length, ...text);
}

/** The comment in a rule's user data; `undefined` where there is none. */
export function commentOf(userData: Uint8Array | undefined) {
  for (let at = 0; at + 2 <= (userData?.length ?? 0);) {
    const length = userData![at + 1]!;
    const value = userData!.subarray(at + 2, at + 2 + length);
    if (userData![at] === COMMENT) return textOf(value);
    at += 2 + length;
  }
  return undefined;
}
