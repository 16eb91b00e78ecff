/**
 * Telling peers at once that this machine is elsewhere, or awake again.
 *
 * ```text
 * in touch: it has a session, awaits one, or is kept alive
 *   an initiation is under way             again, now: the last one went the old way
 *   the last handshake is 5 s old or more  a new one
 *   younger                                an empty packet, by which the peer learns the address
 * ```
 *
 * @module
 */

import { REKEY_TIMEOUT } from "./constants.ts";
import { initiate } from "./initiate.ts";
import type { Peer } from "./peer.ts";
import { sendKeepalive } from "./send.ts";
import type { State } from "./state.ts";

/** Whether the peer expects to hear of this machine. */
export function isInTouch({ current, timers }: Peer): boolean {
  return current !== undefined || timers.awaitsResponse() ||
    timers.persistentInterval > 0;
}

/** Lets a peer hear of this machine. */
export function greet(state: State, peer: Peer, now: number): void {
  if (!state.isUp) return;
  if (peer.timers.awaitsResponse()) return peer.timers.initiationLost(now);
  if (now - peer.handshakeSentAt < REKEY_TIMEOUT) {
    return sendKeepalive(state, peer, now);
  }
  initiate(state, peer, now, false);
}
