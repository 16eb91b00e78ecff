/**
 * Endpoints of `set`, `setconf`, `addconf` and `syncconf`: names become addresses.
 *
 * A resolver that does not answer is asked again, as often as
 * WG_ENDPOINT_RESOLUTION_RETRIES says (15, or `infinity`), after 1 s and then
 * 1.2 times longer each time, 20 s at most. A name that does not exist is an
 * error at once.
 *
 * @module
 */

import { ResolveError, resolveHost } from "../../ffi/resolve.ts";
import type { DeviceChange, Endpoint } from "../config/config.ts";
import { literalEndpoint, type ScopeOf } from "../config/endpoint.ts";
import { PARSING_ERROR } from "../config/wg_only_conf.ts";
import {
  type ChangeDraft,
  type EndpointWord,
  toChange,
} from "../config/wg_only_draft.ts";
import { quoted, WordError } from "../config/wg_only_words.ts";
import { scopeOf } from "../quick/scopes.ts";

const FIRST_DELAY_MILLISECONDS = 1_000;
const DELAY_GROWTH = 1.2;
const LONGEST_DELAY_MILLISECONDS = 20_000;
const USUAL_RETRIES = 15;
const MOST_RETRIES = 0x7fffffff;

/** What finding a host needs; tests put their own here. */
export interface Lookup {
  /** @throws ResolveError */
  resolve(host: string): Promise<{ address: Uint8Array; scope: number }>;
  readonly scopeOf: ScopeOf;
  delay(milliseconds: number): Promise<void>;
  /** WG_ENDPOINT_RESOLUTION_RETRIES as it was set. */
  readonly retries: string | undefined;
}

/** Names as every other program of the machine resolves them. */
export const systemLookup: Lookup = {
  resolve: resolveHost,
  scopeOf,
  delay: (milliseconds) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds)),
  get retries() {
    return Deno.env.get("WG_ENDPOINT_RESOLUTION_RETRIES");
  },
};

/**
 * The change that a draft asks for.
 *
 * @param tell is told each time that a resolver is asked again
 * @throws WordError at the first endpoint that cannot be resolved
 */
export async function resolveDraft(
  draft: ChangeDraft,
  lookup: Lookup,
  tell: (line: string) => void,
): Promise<DeviceChange> {
  const endpoints: (Endpoint | undefined)[] = [];
  for (const { endpoint } of draft.peers) {
    endpoints.push(endpoint && await resolveEndpoint(endpoint, lookup, tell));
  }
  return toChange(draft, endpoints);
}

async function resolveEndpoint(
  word: EndpointWord,
  lookup: Lookup,
  tell: (line: string) => void,
): Promise<Endpoint> {
  const retries = retriesOf(lookup.retries);
  const literal = literalEndpoint(word, lookup.scopeOf);
  if (literal !== undefined) return literal;
  let delay = FIRST_DELAY_MILLISECONDS;
  for (let again = 0;; again++) {
    try {
      return { ...await lookup.resolve(word.host), port: word.port };
    } catch (error) {
      if (!(error instanceof ResolveError)) throw error;
      const problem = `${reasonOf(error)}: ${quoted(word.written)}`;
      if (!error.temporary || again >= retries) throw refusal(problem, word);
      const seconds = (delay / 1000).toFixed(2);
      tell(`${problem}. Trying again in ${seconds} seconds...`);
      await lookup.delay(delay);
      delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MILLISECONDS);
    }
  }
}

function refusal(problem: string, { place }: EndpointWord): WordError {
  if (place === undefined) return new WordError(problem);
  return new WordError(problem, `${place}: Endpoint`, PARSING_ERROR);
}

/** How often a resolver that does not answer is asked again. */
function retriesOf(value: string | undefined): number {
  if (value === undefined) return USUAL_RETRIES;
  if (value === "infinity") return Infinity;
  const retries = /^\s*\+?[0-9]+$|^$/.test(value) ? Number(value) : NaN;
  if (retries <= MOST_RETRIES) return retries;
  throw new WordError(
    `Unable to parse WG_ENDPOINT_RESOLUTION_RETRIES: ${quoted(value)}`,
    "it is a number, or infinity",
  );
}

/** What gai_strerror(3) of glibc says of a resolver's failure. */
function reasonOf({ code, message }: ResolveError): string {
  return GAI_REASONS.get(code) ?? message;
}

const GAI_REASONS: ReadonlyMap<number, string> = new Map([
  [-2, "Name or service not known"],
  [-3, "Temporary failure in name resolution"],
  [-4, "Non-recoverable failure in name resolution"],
  [-5, "No address associated with hostname"],
  [-6, "ai_family not supported"],
  [-10, "Memory allocation failure"],
]);
