/**
 * How many handshakes one source may cost us under load (whitepaper §5.3): a
 * token bucket of 5 for each IPv4 address or IPv6 /64, refilled 20 times a
 * second.
 *
 * It is asked only about sources that have proved their address by a cookie.
 *
 * @module
 */

/** Milliseconds in which a bucket gains one token. */
const REFILL_TIME = 50;
/** Tokens in a full bucket. */
const BURST = 5;
/** Sources that are remembered; beyond it, full buckets are forgotten first. */
const CAPACITY = 8192;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Buckets of all sources. */
export class RateLimiter {
  #buckets = new Map<string, Bucket>();

  /** Takes a token of the source's bucket; false when it is empty, or when too many sources ask. */
  allow(address: Uint8Array, now: number): boolean {
    const bucket = this.#bucket(sourceKey(address), now);
    if (bucket === undefined) return false;
    const gained = (now - bucket.filledAt) / REFILL_TIME;
    bucket.tokens = Math.min(BURST, bucket.tokens + gained);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #bucket(key: string, now: number): Bucket | undefined {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= CAPACITY) this.#forgetFull(now);
    if (this.#buckets.size >= CAPACITY) return undefined;
    const bucket = { tokens: BURST, filledAt: now };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** A source whose bucket has filled up again is like one that was never seen. */
  #forgetFull(now: number): void {
    for (const [key, { tokens, filledAt }] of this.#buckets) {
      const missing = BURST - tokens;
      if (now - filledAt >= missing * REFILL_TIME) this.#buckets.delete(key);
    }
  }
}

/** The whole IPv4 address, or the IPv6 network of 64 bits that one customer has. */
function sourceKey(address: Uint8Array): string {
  return address.subarray(0, address.length === 4 ? 4 : 8).toHex();
}
