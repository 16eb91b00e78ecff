/**
 * The token bucket of each source (whitepaper §5.3): 5 at once, then 20 a
 * second.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import { RateLimiter } from "../../src/device/rate_limiter.ts";
import { address } from "./addresses.ts";

const CAPACITY = 8192;

/** Milliseconds, and whether the source is let through then. */
const STEPS: [number, boolean][] = [
  [0, true],
  [0, true],
  [0, true],
  [0, true],
  [0, true],
  [0, false],
  [50, true],
  [50, false],
  [150, true],
  [150, true],
  [150, false],
  [175, false],
  [200, true],
  [200, false],
  [1_000, true],
  [1_000, true],
  [1_000, true],
  [1_000, true],
  [1_000, true],
  [1_000, false],
];

for (const source of ["192.0.2.1", "2001:db8::1"]) {
  Deno.test(`allow() lets ${source} burst by 5, then one each 50 ms`, () => {
    const limiter = new RateLimiter();
    for (const [now, allowed] of STEPS) {
      strictEqual(limiter.allow(address(source), now), allowed, `${now}`);
    }
  });
}

Deno.test("allow() counts each IPv4 address for itself", () => {
  const limiter = new RateLimiter();
  for (let i = 0; i < 6; i++) limiter.allow(address("192.0.2.1"), 0);
  strictEqual(limiter.allow(address("192.0.2.1"), 0), false);
  strictEqual(limiter.allow(address("192.0.2.2"), 0), true);
});

Deno.test("allow() counts an IPv6 network of 64 bits as one source", () => {
  const limiter = new RateLimiter();
  for (let i = 1; i < 6; i++) {
    strictEqual(limiter.allow(address(`2001:db8:1:1::${i}`), 0), true);
  }
  strictEqual(limiter.allow(address("2001:db8:1:1:ffff::"), 0), false);
  strictEqual(limiter.allow(address("2001:db8:1:2::1"), 0), true);
});

Deno.test("allow() takes no IPv4 address for the IPv6 network of the same bytes", () => {
  const limiter = new RateLimiter();
  for (let i = 0; i < 6; i++) limiter.allow(address("32.1.13.184"), 0);
  strictEqual(limiter.allow(address("2001:db8::"), 0), true);
});

Deno.test("allow() remembers a bounded number of sources, and forgets full buckets for new ones", () => {
  const limiter = new RateLimiter();
  const source = (i: number) => Uint8Array.of(10, 0, i >> 8, i);
  for (let i = 0; i < CAPACITY; i++) {
    strictEqual(limiter.allow(source(i), 0), true);
  }
  strictEqual(limiter.allow(source(CAPACITY), 0), false);
  strictEqual(limiter.allow(source(0), 0), true);
  strictEqual(limiter.allow(source(CAPACITY), 49), false);
  strictEqual(limiter.allow(source(CAPACITY), 50), true);
});
