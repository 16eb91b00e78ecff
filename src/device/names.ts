/**
 * The names of peers: given by the configuration, and resolved by whoever may ask the network.
 *
 * ```text
 * setNames ──▶ quest of each peer ──seek.ts──▶ lookUp(name) ┄┄▶ found(name, addresses)
 * ```
 *
 * @module
 */

import type { Endpoint } from "../config/config.ts";
import type { PeerName } from "../config/uapi_names.ts";
import { initiate } from "./initiate.ts";
import type { Peer } from "./peer.ts";
import { isAmong, type Quest, seekEndpoint, wasHeard } from "./seek.ts";
import { sendStaged } from "./send.ts";
import type { State } from "./state.ts";

/** Gives peers their names; all others have none. One that is nowhere yet is looked for at once. */
export function setNames(
  state: State,
  names: readonly PeerName[],
  now: number,
): void {
  const byKey = new Map(names.map((name) => [name.publicKey.toHex(), name]));
  for (const [key, peer] of state.peers) {
    const name = byKey.get(key);
    if (name === undefined) peer.quest = undefined;
    else if (!isSamePlace(peer.quest?.name, name) || peer.quest?.isDoubted) {
      peer.quest = newQuest(name);
    }
    if (peer.endpoint === undefined) seekEndpoint(state, peer, now, false);
  }
}

/** The names that {@linkcode setNames} gave, as far as they still hold. */
export function namesOf(state: State): PeerName[] {
  return [...state.peers.values()].flatMap(({ quest }) => quest?.name ?? []);
}

/**
 * The name of a peer was resolved.
 *
 * @param endpoints the preferred one first; none where it could not be resolved
 */
export function found(
  state: State,
  name: PeerName,
  endpoints: readonly Endpoint[],
  now: number,
): void {
  const peer = state.peers.get(name.publicKey.toHex());
  const quest = peer?.quest;
  // Meanwhile it may have got another.
  if (peer === undefined || quest?.name !== name) return;
  quest.isAsked = false;
  if (quest.isDoubted) {
    const holds = peer.endpoint && isAmong(endpoints, peer.endpoint);
    if (!holds) return void (peer.quest = undefined);
    quest.isDoubted = false;
  }
  if (endpoints.length === 0) {
    quest.askedAt = -Infinity;
    return;
  }
  quest.candidates = endpoints;
  if (peer.endpoint === undefined) {
    return arrive(state, peer, endpoints[0]!, now);
  }
  if (wasHeard(peer, now) || isAmong(endpoints, peer.endpoint)) return;
  peer.endpoint = endpoints[0]!;
  if (state.isUp && peer.timers.awaitsResponse()) {
    initiate(state, peer, now, true);
  }
}

/** There is an endpoint now: what waited for it goes out, and a persistent keepalive begins. */
function arrive(
  state: State,
  peer: Peer,
  endpoint: Endpoint,
  now: number,
): void {
  peer.endpoint = endpoint;
  peer.timers.handshakeComplete();
  if (!state.isUp) return;
  peer.timers.started(now);
  sendStaged(state, peer, now);
}

function newQuest(name: PeerName): Quest {
  return {
    name,
    candidates: [],
    askedAt: -Infinity,
    isAsked: false,
    isDoubted: false,
  };
}

function isSamePlace(a: PeerName | undefined, b: PeerName): boolean {
  return a !== undefined && a.host === b.host && a.port === b.port;
}
