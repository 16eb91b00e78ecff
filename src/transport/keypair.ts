/**
 * A session's keys and counters (whitepaper §5.4.5, §5.4.6, §6.1).
 *
 * A keypair knows neither its peer nor a clock.
 *
 * @module
 */

import {
  isRejectedCounter,
  isWornCounter,
  REJECT_AFTER_MESSAGES,
} from "./counter.ts";
import { ReplayWindow } from "./replay_window.ts";

/** One session, in both directions. */
export interface Keypair {
  /** 32 bytes each; all zeros once wiped. */
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** The index by which the other side names this session. */
  readonly localIndex: number;
  /** The index by which we name it to the other side. */
  readonly remoteIndex: number;
  readonly isInitiator: boolean;
  /** Milliseconds, when the session was derived. */
  readonly createdAt: number;
  /** The counter of the next packet to send. */
  sendLow: number;
  sendHigh: number;
  readonly received: ReplayWindow;
  /** Whether the initiator has asked for a new session because this one is about to end. */
  refreshed: boolean;
}

/** What {@linkcode createKeypair} needs to know. */
export type KeypairOptions = Pick<
  Keypair,
  | "sendKey"
  | "receiveKey"
  | "localIndex"
  | "remoteIndex"
  | "isInitiator"
  | "createdAt"
>;

/** A session that has sent and received nothing; it owns the keys it is given. */
export function createKeypair(options: KeypairOptions): Keypair {
  return {
    ...options,
    sendLow: 0,
    sendHigh: 0,
    received: new ReplayWindow(),
    refreshed: false,
  };
}

/** Moves to the next send counter; take the present one before. */
export function advanceCounter(keypair: Keypair): void {
  keypair.sendLow = (keypair.sendLow + 1) >>> 0;
  if (keypair.sendLow === 0) keypair.sendHigh++;
}

/** Whether the send counter has reached REJECT-AFTER-MESSAGES. */
export function isExhausted(keypair: Keypair): boolean {
  return isRejectedCounter(keypair.sendLow, keypair.sendHigh);
}

/** Whether the send counter has passed REKEY-AFTER-MESSAGES. */
export function isWorn(keypair: Keypair): boolean {
  return isWornCounter(keypair.sendHigh);
}

/** Makes a session send nothing more: its next packet starts a handshake. */
export function exhaust(keypair: Keypair): void {
  keypair.sendLow = REJECT_AFTER_MESSAGES.low;
  keypair.sendHigh = REJECT_AFTER_MESSAGES.high;
}

/** Overwrites the keys; the engine may still hold copies that it made itself. */
export function wipe(keypair: Keypair): void {
  keypair.sendKey.fill(0);
  keypair.receiveKey.fill(0);
  exhaust(keypair);
}
