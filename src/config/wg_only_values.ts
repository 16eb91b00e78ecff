/**
 * The values that wg(8) takes on its command line and in its files, read as it
 * reads them and refused in its words.
 *
 * | value                | what is taken                                         |
 * |----------------------|-------------------------------------------------------|
 * | port                 | 0 to 65535, or a service's name                       |
 * | fwmark               | `off`, decimal or 0x… of 32 bits                      |
 * | keepalive            | `off`, or 0 to 65535 seconds                          |
 * | endpoint             | `HOST:PORT`, `[V6]:PORT`; nothing is resolved          |
 * | allowed IPs          | `[+\|-]ADDRESS[/LENGTH],…`; nothing at all is none     |
 * | key                  | 44 characters of base64                               |
 *
 * Stricter than the wg of 2021 where that would take something else than was
 * written: it cuts ports above 65535 to 16 bits.
 *
 * @module
 */

import { decodeKey } from "../noise/keys.ts";
import { bytesEqual, parseAddress } from "./address.ts";
import type { AllowedIpChange } from "./config.ts";
import { type HostAndPort, parseEndpointText } from "./endpoint.ts";
import type { Services } from "./endpoint.ts";
import { maskPrefix, parsePrefix } from "./prefix.ts";
import { quoted, WordError } from "./wg_only_words.ts";

/** What an allowed-ips word asks for. */
export interface AllowedIpsWord {
  readonly changes: AllowedIpChange[];
  /** Whether these are all that the peer has; not where one has a sign before it. */
  readonly replace: boolean;
  /** Lines about addresses with host bits, in wg's words. */
  readonly warnings: readonly string[];
}

/** A port to listen on. */
export function readPort(text: string, services: Services): number {
  if (text === "") throw new WordError("Unable to parse empty port");
  if (/^[0-9]+$/.test(text)) {
    if (Number(text) <= 65535) return Number(text);
    throw new WordError(`Port is not 0-65535: ${quoted(text)}`);
  }
  const port = services(text);
  if (port !== undefined) return port;
  throw new WordError(
    `Servname not supported for ai_socktype: ${quoted(text)}`,
    "a port is a number of 0 to 65535, or the name of a UDP service",
  );
}

/** A mark of the socket; 0 is off. */
export function readFwmark(text: string): number {
  if (/^off$/i.test(text)) return 0;
  const mark = /^(0x[0-9a-fA-F]+|[0-9]+)$/.test(text) ? Number(text) : NaN;
  if (mark <= 0xffffffff) return mark;
  throw new WordError(
    `Fwmark is neither 0/off nor 0-0xffffffff: ${quoted(text)}`,
  );
}

/** Seconds between keepalives; 0 is off. */
export function readKeepalive(text: string): number {
  if (/^off$/i.test(text)) return 0;
  const seconds = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (seconds <= 65535) return seconds;
  throw new WordError(
    `Persistent keepalive interval is neither 0/off nor 1-65535: ${
      quoted(text)
    }`,
  );
}

/** The 32 bytes of a key. No error shows any of it. */
export function readKey(text: string): Uint8Array {
  const key = decodeKey(text);
  if (key !== undefined) return key;
  throw new WordError(
    "Key is not the correct length or format",
    text.length === 44
      ? "it is not base64: letters, digits, + and /, and = at its end"
      : `it has ${text.length} characters, a key has 44`,
  );
}

/** Host and port of an endpoint. */
export function readEndpoint(text: string, services: Services): HostAndPort {
  if (text === "") throw new WordError("Unable to parse empty endpoint");
  if (text.startsWith("[") && !text.includes("]")) {
    throw new WordError(
      `Unable to find matching brace of endpoint: ${quoted(text)}`,
    );
  }
  const port = /^(?:\[[^\]]*\]|(?!\[).*):([^:]+)$/.exec(text)?.[1];
  if (port === undefined) {
    throw new WordError(`Unable to find port of endpoint: ${quoted(text)}`);
  }
  if (!/^[0-9]+$/.test(port) && services(port) === undefined) {
    throw new WordError(
      `Servname not supported for ai_socktype: ${quoted(text)}`,
    );
  }
  try {
    return parseEndpointText(text, services);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WordError(
      `Unable to parse endpoint: ${quoted(text)}`,
      error.message,
    );
  }
}

/** Addresses that a peer may have; blanks were taken out. */
export function readAllowedIps(text: string): AllowedIpsWord {
  const items = text === "" ? [] : text.split(",");
  // Lists that a program wrote end in a comma at times.
  if (items.at(-1) === "") items.pop();
  const warnings: string[] = [];
  const changes = items.map((item) => readAllowedIp(item, warnings));
  const replace = !items.some((item) => /^[+-]/.test(item));
  return { changes, replace, warnings };
}

function readAllowedIp(item: string, warnings: string[]): AllowedIpChange {
  const remove = item.startsWith("-");
  const written = item.replace(/^[+-]/, "");
  const [host, length] = splitAtSlash(written);
  const address = parseAddress(host);
  if (address === undefined) {
    throw new WordError(`Unable to parse IP address: ${quoted(host)}`);
  }
  const most = address.length * 8;
  const bits = length ?? String(most);
  if (!/^[0-9]+$/.test(bits) || Number(bits) > most) {
    throw new WordError(
      `AllowedIP is not in the correct format: ${quoted(written)}`,
      problemOf(written),
    );
  }
  const prefix = maskPrefix(address, Number(bits));
  if (!bytesEqual(prefix.address, address)) {
    warnings.push(
      `Warning: AllowedIP has nonzero host part: ${host}/${bits}`,
    );
  }
  return remove ? { prefix, remove } : { prefix };
}

function splitAtSlash(text: string): [string, string | undefined] {
  const slash = text.indexOf("/");
  if (slash < 0) return [text, undefined];
  return [text.slice(0, slash), text.slice(slash + 1)];
}

/** What is wrong with the length, in our words. */
function problemOf(text: string): string {
  try {
    parsePrefix(text);
    return "";
  } catch (error) {
    return error instanceof SyntaxError ? error.message : "";
  }
}
