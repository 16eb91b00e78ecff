/**
 * The constants of whitepaper §6.1, and the bounds that the paper leaves open.
 * Times are in milliseconds. The limits by count are in transport/counter.ts.
 *
 * @module
 */

/** Age at which an initiator that sends data makes a new session. */
export const REKEY_AFTER_TIME = 120_000;
/** Age at which a session neither seals nor opens. */
export const REJECT_AFTER_TIME = 180_000;
/** Time over which initiations are repeated; the last one still waits for its answer. */
export const REKEY_ATTEMPT_TIME = 90_000;
/** Time after which an unanswered initiation is sent again, and before which none is. */
export const REKEY_TIMEOUT = 5_000;
/** Time without a reply after which a receiver of data sends a keepalive. */
export const KEEPALIVE_TIMEOUT = 10_000;
/** Upper bound of the random delay added to an initiation. */
export const MAX_JITTER = 334;
/** Age at which an initiator that only receives makes a new session (§6.2): one keepalive and one initiation before its end. */
export const REKEY_AFTER_TIME_RECEIVING = REJECT_AFTER_TIME -
  KEEPALIVE_TIMEOUT - REKEY_TIMEOUT;
/** Silence after which a peer's keys are wiped (§6.3). */
export const ZERO_KEYS_AFTER_TIME = 3 * REJECT_AFTER_TIME;
/** Least time between two initiations that are accepted from one peer. */
export const INITIATION_INTERVAL = 20;
/** Packets of a peer that wait for a handshake. */
export const MAX_STAGED = 128;
