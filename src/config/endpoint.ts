/**
 * Endpoints: where a peer is reached over UDP, as text and as address and port.
 *
 * ```text
 * vpn.example.com:51820       a name, resolved by whoever may ask the network
 * 192.0.2.1:51820             IPv4
 * [2001:db8::1]:51820         IPv6, in brackets
 * [fe80::1%eth0]:51820        link-local IPv6 with the interface it is on
 * ```
 *
 * An interface's name and its index are the kernel's to translate: functions
 * that need it take a `Scopes` lookup. Readers throw a SyntaxError that says what
 * is wrong and does not repeat the text.
 *
 * @module
 */

import { bytesEqual, formatAddress, parseAddress } from "./address.ts";
import type { Endpoint, EndpointText } from "./config.ts";

/** Index of a network interface by its name; undefined where there is none. */
export type ScopeOf = (name: string) => number | undefined;
/** Name of a network interface by its index; undefined where there is none. */
export type ScopeName = (index: number) => string | undefined;
/** Port of a UDP service by its name (services(5)); undefined where it is unknown. */
export type Services = (name: string) => number | undefined;

/** Host and port of an Endpoint line. */
export type HostAndPort = Omit<EndpointText, "line">;

/**
 * Reads `HOST:PORT`, where HOST is a name or an address; nothing is resolved.
 *
 * @throws SyntaxError with what is wrong and what to do
 */
export function parseEndpointText(
  text: string,
  services: Services = () => undefined,
): HostAndPort {
  const scheme = /^[a-z]+:\/\//i.exec(text);
  if (scheme) throw new SyntaxError(`remove ${scheme[0]}: only HOST:PORT`);
  const colon = splitAtPort(text);
  const bracketed = text.startsWith("[");
  const host = bracketed ? text.slice(1, colon - 1) : text.slice(0, colon);
  checkHost(host);
  return { host, port: parsePort(text.slice(colon + 1), services) };
}

/**
 * Reads an endpoint whose host is an address, as UAPI requires it (netip.ParseAddrPort of Go).
 *
 * @throws SyntaxError where the host is a name, or the text is no endpoint
 */
export function parseEndpoint(text: string, scopeOf?: ScopeOf): Endpoint {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([0-9.]+)):([0-9]+)$/.exec(text);
  const port = Number(match?.[3] ?? NaN);
  const endpoint = literalEndpoint(
    { host: match?.[1] ?? match?.[2] ?? "", port },
    scopeOf,
  );
  if (endpoint === undefined || !(port <= 65535)) {
    throw new SyntaxError("not an IP address and port");
  }
  return endpoint;
}

/**
 * The endpoint whose host is an address; undefined where it is a name, or its
 * zone names no interface. Asks no resolver.
 */
export function literalEndpoint(
  { host, port }: HostAndPort,
  scopeOf: ScopeOf = () => undefined,
): Endpoint | undefined {
  const [text, zone] = splitZone(host);
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  if (zone === undefined) return { address, port, scope: 0 };
  if (address.length !== 16) return undefined;
  const scope = /^[0-9]{1,9}$/.test(zone) ? Number(zone) : scopeOf(zone);
  return scope === undefined ? undefined : { address, port, scope };
}

/** Writes `ADDRESS:PORT` as wg(8) prints it; an unnamed scope stands as its number. */
export function formatEndpoint(
  { address, port, scope }: Endpoint,
  scopeName: ScopeName = () => undefined,
): string {
  if (address.length === 4) return `${formatAddress(address)}:${port}`;
  const zone = scope === 0 ? "" : `%${scopeName(scope) ?? scope}`;
  return `[${formatAddress(address)}${zone}]:${port}`;
}

/** Whether both send to the same place from the same address. */
export function endpointsEqual(a: Endpoint, b: Endpoint): boolean {
  if (a === b) return true;
  if (!sameDestination(a, b)) return false;
  if (a.source === undefined || b.source === undefined) {
    return a.source === b.source;
  }
  return bytesEqual(a.source, b.source);
}

/** Whether both send to the same place, from whatever address. */
export function sameDestination(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.scope === b.scope &&
    bytesEqual(a.address, b.address);
}

/** The endpoint with the choice of the local address left to the kernel; itself where it is so already. */
export function withoutSource(endpoint: Endpoint): Endpoint {
  if (endpoint.source === undefined) return endpoint;
  const { address, port, scope } = endpoint;
  return { address, port, scope };
}

/**
 * Reads a port: a number of 1 to 65535, or a service's name.
 *
 * @throws SyntaxError with what is wrong
 */
export function parsePort(
  text: string,
  services: Services,
  least = 1,
): number {
  if (/^[0-9]+$/.test(text)) {
    const port = Number(text);
    if (port >= least && port <= 65535) return port;
    throw new SyntaxError(
      text.length > 12
        ? `port must be ${least} to 65535`
        : `port is ${text}, must be ${least} to 65535`,
    );
  }
  const port = /^[a-zA-Z][a-zA-Z0-9_.+-]*$/.test(text)
    ? services(text)
    : undefined;
  if (port !== undefined) return port;
  throw new SyntaxError(`port must be a number of ${least} to 65535`);
}

/** Index of the colon before the port. */
function splitAtPort(text: string): number {
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    if (end < 0) throw new SyntaxError("the bracket ] is missing");
    if (text[end + 1] !== ":" || text.length === end + 2) {
      throw new SyntaxError("the port is missing, as in [fd00::1]:51820");
    }
    return end + 1;
  }
  if (text.includes(",")) {
    throw new SyntaxError("a peer has one endpoint; remove the others");
  }
  const colon = text.lastIndexOf(":");
  if (colon !== text.indexOf(":")) {
    throw new SyntaxError(
      "an IPv6 address stands in brackets, its port behind them, as [fd00::1]:51820",
    );
  }
  if (colon < 0 || colon === text.length - 1) {
    throw new SyntaxError("the port is missing, as in vpn.example.com:51820");
  }
  return colon;
}

function checkHost(host: string): void {
  if (host === "") throw new SyntaxError("the host before the port is missing");
  const [text, zone] = splitZone(host);
  if (text.includes(":")) {
    if (parseAddress(text) === undefined || zone === "") {
      throw new SyntaxError("not an IPv6 address, as fd00::1");
    }
  } else if (/^[0-9.]+$/.test(host)) {
    if (parseAddress(host) === undefined) {
      throw new SyntaxError("an IPv4 address is four numbers of 0 to 255");
    }
  } else checkName(host);
}

/** A host name of letters, digits, hyphens and dots (RFC 1123 §2.1); `_` stands in real ones. */
function checkName(host: string): void {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  if (name.length > 253) throw new SyntaxError("the host name is too long");
  const label = /^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$/;
  if (!name.split(".").every((part) => label.test(part))) {
    throw new SyntaxError(
      "a host name has only letters, digits, hyphens and dots",
    );
  }
}

function splitZone(host: string): [string, string | undefined] {
  const percent = host.indexOf("%");
  if (percent < 0) return [host, undefined];
  return [host.slice(0, percent), host.slice(percent + 1)];
}
