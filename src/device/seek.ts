/**
 * Looking for a peer that does not answer: its name is resolved again, and its other addresses are tried.
 *
 * ```text
 * an initiation is not answered, or there is nowhere to send it
 *   a session younger than 135 s   nothing: the answer may still come
 *   another address is known       that one from now on, the other family first
 *   not asked in the last 30 s     lookUp(name) ┄┄▶ found(addresses)
 * ```
 *
 * Only who has a name is looked for, and only while a handshake is wanted: it is the retransmission of
 * the initiation that asks. So an idle tunnel asks nobody.
 *
 * @module
 */

import type { Endpoint } from "../config/config.ts";
import { sameDestination } from "../config/endpoint.ts";
import type { PeerName } from "../config/uapi_names.ts";
import type { Peer } from "./peer.ts";
import type { State } from "./state.ts";

/** Time after a handshake in which the next one is waited for: 120 s, and three tries. */
export const HANDSHAKE_OVERDUE_TIME = 135_000;
/** Least time between two questions for one peer. */
export const LOOKUP_INTERVAL = 30_000;

/** What is known of the name of a peer. */
export interface Quest {
  readonly name: PeerName;
  /** Where the name led when it was resolved last. */
  candidates: readonly Endpoint[];
  /** Milliseconds; -Infinity before the first time, and after one that failed. */
  askedAt: number;
  /** Whether an answer is awaited. */
  isAsked: boolean;
  /** Whether somebody said that the peer is elsewhere: unless the name leads there by now, it is of no use any more. */
  isDoubted: boolean;
}

/** An initiation was not answered. */
export function seek(state: State, peer: Peer, now: number): void {
  const { quest } = peer;
  if (quest === undefined || quest.isDoubted || wasHeard(peer, now)) return;
  tryNext(peer, quest);
  if (quest.isAsked || now - quest.askedAt < LOOKUP_INTERVAL) return;
  quest.isAsked = true;
  quest.askedAt = now;
  state.lookUp(quest.name);
}

/** An initiation has nowhere to go. It is due again as if it had been sent, and given up as late. */
export function seekEndpoint(
  state: State,
  peer: Peer,
  now: number,
  retry: boolean,
): void {
  if (peer.quest === undefined) return;
  if (!retry && peer.timers.awaitsResponse()) return;
  peer.timers.initiationSent(now, retry);
  seek(state, peer, now);
}

/** Somebody said where the peer is. */
export function doubt(state: State, peer: Peer, endpoint: Endpoint): void {
  const { quest, endpoint: at } = peer;
  if (quest === undefined || at === undefined) return;
  if (sameDestination(at, endpoint)) return;
  if (isAmong(quest.candidates, endpoint)) return;
  quest.isDoubted = true;
  if (quest.isAsked) return;
  quest.isAsked = true;
  state.lookUp(quest.name);
}

/** Whether a handshake with the peer was completed lately. */
export function wasHeard({ current }: Peer, now: number): boolean {
  return current !== undefined &&
    now - current.createdAt < HANDSHAKE_OVERDUE_TIME;
}

/** The next address behind the one that is silent, round and round. */
function tryNext(peer: Peer, { candidates }: Quest): void {
  if (candidates.length === 0 || peer.endpoint === undefined) return;
  const at = candidates.findIndex((each) =>
    sameDestination(each, peer.endpoint!)
  );
  peer.endpoint = candidates[(at + 1) % candidates.length]!;
}

/** Whether one of the endpoints leads to the same place. */
export function isAmong(
  endpoints: readonly Endpoint[],
  endpoint: Endpoint,
): boolean {
  return endpoints.some((each) => sameDestination(each, endpoint));
}
