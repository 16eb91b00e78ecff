/**
 * The limits of a counter (whitepaper §6.1), which is two unsigned halves of 32
 * bits, so that no BigInt is made for a packet.
 *
 * @module
 */

/** The high half of 2^60: REKEY-AFTER-MESSAGES, from where on an initiation is due. */
const REKEY_AFTER_MESSAGES_HIGH = 2 ** 28;

/** The halves of 2^64 − 2^13 − 1: REJECT-AFTER-MESSAGES, from where on nothing passes. */
export const REJECT_AFTER_MESSAGES = {
  low: 2 ** 32 - 2 ** 13 - 1,
  high: 2 ** 32 - 1,
};

/** Whether a counter has reached REJECT-AFTER-MESSAGES. */
export function isRejectedCounter(low: number, high: number): boolean {
  return high === REJECT_AFTER_MESSAGES.high &&
    low >= REJECT_AFTER_MESSAGES.low;
}

/** Whether a counter has reached REKEY-AFTER-MESSAGES. */
export function isWornCounter(high: number): boolean {
  return high >= REKEY_AFTER_MESSAGES_HIGH;
}
