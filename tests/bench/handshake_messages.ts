/**
 * Initiations of many peers to one responder, made before they are sent.
 *
 * ```text
 * a slot each, in the order in which they are sent; the sender index is the slot's number
 *   round 0: initiator 0, 1, 2, … │ round 1: initiator 0, 1, 2, … │ …
 * ```
 *
 * @module
 */

import { platformKeyAgreement } from "../../src/driver/key_agreement.ts";
import { CookieHolder } from "../../src/noise/cookie.ts";
import { createInitiation } from "../../src/noise/handshake.ts";
import { clamp, decodeKey, type PublicKey } from "../../src/noise/keys.ts";
import { writeInitiation } from "../../src/noise/messages.ts";
import { timestampOf } from "../../src/noise/tai64n.ts";

/** From one message to the next. */
export const SLOT_LENGTH = 160;

/** Who asks whom. */
export interface Initiators {
  /** The responder's public key, base64. */
  responder: string;
  /** The initiators' private keys, base64. */
  initiators: string[];
  /** How often each of them asks, beside once. */
  rounds: number;
}

/** Fills `buffer`, which has a slot for each message. */
export function writeInitiations(
  buffer: Uint8Array,
  { responder, initiators, rounds }: Initiators,
): void {
  for (const [i, key] of initiators.entries()) {
    const next = initiator(key, decodeKey(responder) as PublicKey);
    for (let round = 0; round <= rounds; round++) {
      const number = round * initiators.length + i;
      buffer.set(next(round, number), number * SLOT_LENGTH);
    }
  }
}

/** One peer of the responder: makes its initiation of a round, under an index. */
function initiator(
  privateText: string,
  remoteStatic: PublicKey,
): (round: number, index: number) => Uint8Array {
  const keyAgreement = platformKeyAgreement();
  const staticPrivate = clamp(decodeKey(privateText)!);
  const staticPublic = keyAgreement.publicKeyOf(staticPrivate);
  const staticStatic = keyAgreement.dh(staticPrivate, remoteStatic)!;
  const cookies = new CookieHolder(remoteStatic);
  const start = Math.floor(Date.now() / 1_000);
  return (round, index) => {
    const { message } = createInitiation({
      staticPrivate,
      staticPublic,
      keyAgreement,
      ephemeralPrivate: clamp(crypto.getRandomValues(new Uint8Array(32))),
      remoteStatic,
      staticStatic,
      timestamp: timestampOf({ seconds: start + round, nanoseconds: 0 }),
    })!;
    const bytes = writeInitiation(message, index);
    cookies.addMacs(bytes, 0);
    return bytes;
  };
}
