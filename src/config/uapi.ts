/**
 * The text that wg(8) and a userspace WireGuard speak over a UNIX socket:
 * errors, limits and the keys of its lines
 * (https://www.wireguard.com/xplatform/#configuration-protocol).
 *
 * ```text
 * request      answer                                    file
 * get=1        lines of the device, then of each peer    uapi_get.ts
 * set=1 …      nothing                                   uapi_set.ts
 * drops=1      dropped packets by reason (only Caktus)   uapi_drops.ts
 * ```
 *
 * Every line is `key=value`; a blank line ends the request and the answer;
 * the last line of an answer is `errno=N`. A connection may carry many requests.
 *
 * @module
 */

/** How a request fails: the error numbers of Linux, negative, as wireguard-go sends them. */
export type Errno =
  | typeof EIO
  | typeof EPROTO
  | typeof EINVAL
  | typeof EADDRINUSE
  | typeof EOTHER
  | 0;

/** The request could not be read. */
export const EIO = -5;
/** A line is not `key=value`. */
export const EPROTO = -71;
/** A key is unknown, stands in the wrong place, or has a wrong value. */
export const EINVAL = -22;
/** The port is taken, or the mark could not be set. */
export const EADDRINUSE = -98;

/** Anything else went wrong. */
export const EOTHER = -55;

/** Bytes of the longest line that is read, as wireguard-go's scanner has it. */
export const MAX_LINE = 64 * 1024;

/** Bytes of the longest request worth reading: above 100,000 peers, or 1,000,000 prefixes. */
export const MAX_REQUEST = 64 * 1024 * 1024;

/** The end of an answer. */
export function formatErrno(errno: Errno): string {
  return `errno=${errno}\n\n`;
}

/** Splits `key=value` at the first `=`; undefined where there is none. */
export function splitLine(line: string): [string, string] | undefined {
  const equals = line.indexOf("=");
  if (equals < 0) return undefined;
  return [line.slice(0, equals), line.slice(equals + 1)];
}

/** A key of the protocol; "" for anything else, which may be part of a secret. */
export function printableKey(key: string): string {
  return /^[a-z_]{1,32}$/.test(key) ? key : "";
}

/** The lines before the blank one, a carriage return at their ends removed. */
export function* linesOf(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const next = end < 0 ? text.length : end;
    const line = text.slice(at, next).replace(/\r$/, "");
    if (line === "") return;
    yield line;
    at = next + 1;
  }
}

/** Reads a decimal number of 0 to `most`; undefined where it is none. */
export function parseDecimal(text: string, most: number): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}
