/**
 * Endpoints as `up` and `reload` find them: names become addresses, as far as that is possible now.
 *
 * ```text
 * the resolver says where       that
 * it says there is no such host an error: the name is mistyped
 * it does not answer in time    a warning; the daemon goes on asking (src/device/seek.ts)
 * ```
 *
 * So `up` succeeds at boot, before the network is there. All names are asked for at once.
 *
 * @module
 */

import {
  type Config,
  ConfigError,
  type Endpoint,
  type EndpointText,
} from "../config/config.ts";
import { literalEndpoint, type ScopeOf } from "../config/endpoint.ts";
import type { PeerName } from "../config/uapi_names.ts";
import { messageOf } from "./failure.ts";
import { unlessAborted } from "./interrupts.ts";
import type { Report } from "./machine.ts";

/** Milliseconds for which a resolver is waited for. */
const PATIENCE = 5_000;

/** What resolving needs; tests put their own here. */
export interface Resolver {
  /**
   * The address that is preferred for a host.
   *
   * @throws an Error, with `temporary: true` where it may be known later
   */
  resolve(host: string): Promise<{ address: Uint8Array; scope: number }>;
  readonly scopeOf: ScopeOf;
  delay(milliseconds: number): Promise<void>;
}

/** Where endpoints lead; those that are not known yet are missing. */
export type Places = ReadonlyMap<EndpointText, Endpoint>;

/**
 * Where some endpoints of a file lead.
 *
 * @param file its name, for errors
 * @throws ConfigError at the line of an Endpoint whose host does not exist
 */
export async function resolveEndpoints(
  texts: readonly EndpointText[],
  file: string,
  resolver: Resolver,
  report: Report,
  signal: AbortSignal,
): Promise<Places> {
  const ask = (text: EndpointText) =>
    resolveEndpoint(text, file, resolver, report);
  const found = await unlessAborted(Promise.all(texts.map(ask)), signal);
  return new Map(texts.flatMap((text, i) => {
    const endpoint = found[i];
    return endpoint === undefined ? [] : [[text, endpoint]];
  }));
}

/** All endpoints that a file names. */
export function endpointTexts({ peers }: Config): EndpointText[] {
  return peers.flatMap(({ endpoint }) => endpoint ?? []);
}

/** Where peers are by the file, for the daemon to look again. */
export function peerNames({ peers }: Config): PeerName[] {
  return peers.flatMap(({ publicKey, endpoint }) =>
    endpoint ? [{ publicKey, host: endpoint.host, port: endpoint.port }] : []
  );
}

async function resolveEndpoint(
  text: EndpointText,
  file: string,
  resolver: Resolver,
  report: Report,
): Promise<Endpoint | undefined> {
  const literal = literalEndpoint(text, resolver.scopeOf);
  if (literal !== undefined) return literal;
  const { host, port, line } = text;
  const goesOn = (problem: string) =>
    report.warn(
      `${file}:${line}: Endpoint: ${host}: ${problem}; the tunnel goes on asking`,
    );
  try {
    const late = resolver.delay(PATIENCE).then(() => undefined);
    const found = await Promise.race([resolver.resolve(host), late]);
    if (found !== undefined) return { ...found, port };
    goesOn(`no answer in ${PATIENCE / 1_000} s`);
  } catch (error) {
    if (!isTemporary(error)) {
      throw new ConfigError(
        file,
        line,
        "Endpoint",
        `${host}: ${messageOf(error)}`,
      );
    }
    goesOn(messageOf(error));
  }
  return undefined;
}

function isTemporary(error: unknown): boolean {
  return error instanceof Error && "temporary" in error &&
    error.temporary === true;
}
