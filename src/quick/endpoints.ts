/**
 * Endpoints: names become addresses, once, as `wg` does it.
 *
 * A resolver that does not answer is asked again, as often as WG_ENDPOINT_RESOLUTION_RETRIES
 * says (15, or `infinity`), after 1 s and then 1.2 times longer each time, 20 s at most.
 * A name that does not exist is an error at once.
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
import { messageOf } from "./failure.ts";
import { unlessAborted } from "./interrupts.ts";
import type { Report } from "./machine.ts";

const FIRST_DELAY_MILLISECONDS = 1_000;
const DELAY_GROWTH = 1.2;
const LONGEST_DELAY_MILLISECONDS = 20_000;
const USUAL_RETRIES = 15;

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
  /** How often a resolver that does not answer is asked again. */
  readonly retries: number;
}

/**
 * Where each peer is, in the order of `config.peers`; undefined for one without Endpoint.
 *
 * @param file its name, for errors
 * @throws ConfigError at the line of an Endpoint that cannot be resolved
 */
export async function resolveEndpoints(
  config: Config,
  file: string,
  resolver: Resolver,
  report: Report,
  signal: AbortSignal,
): Promise<(Endpoint | undefined)[]> {
  const endpoints: (Endpoint | undefined)[] = [];
  for (const { endpoint } of config.peers) {
    endpoints.push(
      endpoint &&
        await resolveEndpoint(endpoint, file, resolver, report, signal),
    );
  }
  return endpoints;
}

/** Reads WG_ENDPOINT_RESOLUTION_RETRIES. */
export function retriesFrom(value: string | undefined): number {
  if (value === "infinity") return Infinity;
  return /^\d+$/.test(value ?? "") ? Number(value) : USUAL_RETRIES;
}

async function resolveEndpoint(
  endpoint: EndpointText,
  file: string,
  resolver: Resolver,
  report: Report,
  signal: AbortSignal,
): Promise<Endpoint> {
  const literal = literalEndpoint(endpoint, resolver.scopeOf);
  if (literal !== undefined) return literal;
  const { host, port, line } = endpoint;
  let delay = FIRST_DELAY_MILLISECONDS;
  for (let retries = 0;; retries++) {
    try {
      const found = await unlessAborted(resolver.resolve(host), signal);
      return { ...found, port };
    } catch (error) {
      signal.throwIfAborted();
      const problem = `${host}: ${messageOf(error)}`;
      if (!isTemporary(error) || retries >= resolver.retries) {
        throw new ConfigError(file, line, "Endpoint", problem);
      }
      report.warn(
        `${file}:${line}: Endpoint: ${problem}; trying again in ${
          (delay / 1000).toFixed(2)
        } seconds`,
      );
      await unlessAborted(resolver.delay(delay), signal);
      delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MILLISECONDS);
    }
  }
}

function isTemporary(error: unknown): boolean {
  return error instanceof Error && "temporary" in error &&
    error.temporary === true;
}
