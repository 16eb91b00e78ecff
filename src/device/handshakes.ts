/**
 * Dealing with what waits in handshake_queue.ts.
 *
 * @module
 */

import { COOKIE_REPLY, readWord } from "../noise/messages.ts";
import { sendInitiation } from "./initiate.ts";
import {
  handleCookieReply,
  handleHandshakeMessage,
} from "./receive_handshake.ts";
import type { State } from "./state.ts";

/** Deals with one handshake that waits, if any does; what it sends waits for the next flush. */
export function handleWaiting(state: State, now: number): void {
  const waiting = state.handshakes.take();
  if (waiting === undefined) return;
  if ("peer" in waiting) {
    return sendInitiation(state, waiting.peer, now, waiting.retry);
  }
  const { message, from } = waiting;
  if (readWord(message, 0) === COOKIE_REPLY) {
    handleCookieReply(state, message, now);
  } else handleHandshakeMessage(state, message, from, now);
}
