/**
 * The values of a configuration file, each by its type.
 *
 * Blanks inside a value do not count, as in wg(8). Every reader throws a
 * ConfigError that says what is wrong and what to do. It shows a value only
 * where the value cannot be a key, or part of one.
 *
 * @module
 */

import { decodeKey } from "../noise/keys.ts";
import { isShowable } from "./conf_keys.ts";
import { invisibleProblem, type Pair, problemOf } from "./conf_lines.ts";
import type { EndpointText, InterfaceAddress, RouteTable } from "./config.ts";
import { parseEndpointText, parsePort, type Services } from "./endpoint.ts";
import {
  type ParsedPrefix,
  parseInterfaceAddress,
  parsePrefix,
} from "./prefix.ts";
import { type TableNames, tableNumber } from "./route_table.ts";
import { booleanProblem } from "./strip.ts";

/** PrivateKey, PublicKey, PresharedKey: 32 bytes in base64. */
export function readKey(pair: Pair): Uint8Array {
  const text = clean(pair);
  const key = decodeKey(text);
  if (key === undefined) throw problemOf(pair, keyProblem(text));
  return key;
}

/** ListenPort: 0 to 65535, or a service's name; 0 chooses a free port. */
export function readListenPort(pair: Pair, services: Services): number {
  const text = clean(pair);
  return attempt(pair, "", () => parsePort(text, services, 0));
}

/** FwMark: a 32-bit number, decimal or 0x; `off` is 0. */
export function readFwmark(pair: Pair): number {
  const text = clean(pair);
  if (/^off$/i.test(text)) return 0;
  const digits = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text);
  const mark = digits ? Number(text) : NaN;
  if (mark <= 0xffffffff) return mark;
  throw problemOf(
    pair,
    "must be off, or a number of 0 to 4294967295, decimal or 0x…",
  );
}

/** PersistentKeepalive: 0 to 65535 seconds; `off` is 0. */
export function readKeepalive(pair: Pair): number {
  const text = clean(pair);
  return /^off$/i.test(text) ? 0 : readNumber(pair, text, 0, 65535, "off or ");
}

/** MTU: 68 (RFC 791) to 65535. */
export function readMtu(pair: Pair): number {
  return readNumber(pair, clean(pair), 68, 65535);
}

/** Table: `off`, a number, or a name; undefined for `auto`. */
export function readTable(
  pair: Pair,
  tables: TableNames,
): RouteTable | undefined {
  const name = clean(pair);
  if (/^auto$/i.test(name)) return undefined;
  if (/^off$/i.test(name)) return "off";
  const number = tableNumber(name, tables);
  if (number !== undefined) return { number, name };
  throw problemOf(
    pair,
    "must be auto, off, a number of 1 to 4294967295, or a name that stands in /etc/iproute2/rt_tables",
  );
}

/** Address: a list, of which blanks separate the items too, as in wg-quick(8). */
export function readAddresses(pair: Pair): InterfaceAddress[] {
  const spaced = withoutSurprises(pair).replace(/\s*\/\s*/g, "/");
  const items = listOf(spaced.replace(/\s+/g, ","));
  if (items.some((item) => /^255\.\d+\.\d+\.\d+$/.test(item))) {
    throw problemOf(pair, "a netmask is written as a length, as 10.0.0.1/24");
  }
  return items.map((item) =>
    attempt(pair, item, () => parseInterfaceAddress(item))
  );
}

/** AllowedIPs: a list, each item also as it was written. Nothing at all is an empty one. */
export function readAllowedIps(
  pair: Pair,
): (ParsedPrefix & { written: string })[] {
  const value = withoutSurprises(pair);
  return listOf(value).map((item) => {
    const words = item.split(/\s+/);
    if (words.length > 1 && words.every((word) => /[.:].*\/\d/.test(word))) {
      throw problemOf(pair, "separate the addresses by commas");
    }
    const written = words.join("");
    return { ...attempt(pair, written, () => parsePrefix(written)), written };
  });
}

/** Endpoint: `HOST:PORT`, nothing resolved. */
export function readEndpoint(pair: Pair, services: Services): EndpointText {
  const { line } = pair;
  const text = clean(pair);
  return {
    ...attempt(pair, text, () => parseEndpointText(text, services)),
    line,
  };
}

/** SaveConfig: true or false. */
export function readBoolean(pair: Pair): boolean {
  const text = clean(pair);
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  throw problemOf(
    pair,
    isShowable(text) ? booleanProblem(text) : "must be true or false",
  );
}

/** A hook's command; undefined where it is empty. */
export function readCommand(pair: Pair): string | undefined {
  if (pair.value.includes("\0")) throw problemOf(pair, "holds a NUL byte");
  if (/(^|[^\\])(\\\\)*\\$/.test(pair.value)) {
    throw problemOf(pair, CONTINUED);
  }
  return pair.value === "" ? undefined : pair.value;
}

/** The value without any blanks. */
export function clean(pair: Pair): string {
  const text = withoutSurprises(pair).replace(/\s+/g, "");
  if (text === "") {
    throw problemOf(pair, "is empty; give it a value, or remove the line");
  }
  return text;
}

const CONTINUED =
  "a backslash does not continue a line; write all of it on one line";

/** What people take for syntax, and what is invisible, is named before it is taken for a value. */
export function withoutSurprises(pair: Pair): string {
  const { value } = pair;
  const problem = surprise(value);
  if (problem !== undefined) throw problemOf(pair, problem);
  return value;
}

/** What people take for syntax, or nobody can see, in a value; undefined where there is nothing of it. */
export function surprise(value: string): string | undefined {
  if (/^["'“”‘’„«`]|["'“”‘’»`]$/.test(value)) {
    return "remove the quotes around the value";
  }
  if (value.includes(";")) return "a comment starts with #, not ;";
  if (value.endsWith("\\")) return CONTINUED;
  if (/<.*>|\$\{?[A-Za-z]|\{\{|\bYOUR_/.test(value)) {
    return "a placeholder still stands here; put the real value in its place";
  }
  return invisibleProblem(value);
}

function keyProblem(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) {
    return "is in hex; write the key in base64, 44 characters";
  }
  if (text.length !== 44) {
    const cure = /[_.*-]|xxxx/i.test(text)
      ? "is it still a placeholder?"
      : "copy the whole key";
    return `has ${text.length} characters, a key has 44; ${cure}`;
  }
  return "is no key in base64: letters, digits, + and /, and = at its end; copy it again";
}

function listOf(value: string): string[] {
  return value.split(",").map((item) => item.trim()).filter((item) => item);
}

function readNumber(
  pair: Pair,
  text: string,
  least: number,
  most: number,
  words = "",
): number {
  const number = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  const shown = /^-?[0-9]{1,9}$/.test(text) ? `is ${text}, ` : "";
  throw problemOf(
    pair,
    `${shown}must be ${words}a number of ${least} to ${most}`,
  );
}

/**
 * Runs a reader of bare text, and gives its error a place.
 *
 * @param shown what was read, for the error
 */
export function attempt<T>(pair: Pair, shown: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw problemOf(pair, show(shown) + error.message);
  }
}

/**
 * A value for an error; "" where it may be a key or part of one: a run of eight
 * or more characters of base64 that is no plain word.
 */
function show(text: string): string {
  const runs = text.match(/[A-Za-z0-9+/=]{8,}/g) ?? [];
  const plain = /^[\x21-\x7e]{1,60}$/.test(text);
  return plain && runs.every((run) => /^[a-z]+$/.test(run)) ? `${text}: ` : "";
}
