import { deepStrictEqual, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { blake2s as nobleBlake2s } from "@noble/hashes/blake2.js";
import { hmac } from "@noble/hashes/hmac.js";
import fc from "fast-check";
import { blake2s, Expander, hmacBlake2s } from "../../src/noise/blake2s.ts";
import { hash, mac } from "../../src/noise/crypto.ts";
import { keyedBlake2sHashes, unhex } from "./vectors.ts";

Deno.test("hash() passes RFC 7693 appendix B", () => {
  deepStrictEqual(
    hash(new TextEncoder().encode("abc")),
    unhex("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
  );
});

const NO_KEY = new Uint8Array(0);

/** The sequence of RFC 7693 appendix E: Fibonacci's, the top byte of each number. */
function sequence(length: number, seed: number): Uint8Array {
  let [a, b] = [Math.imul(0xdead4bad, seed), 1];
  return Uint8Array.from({ length }, () => {
    [a, b] = [b, (a + b) | 0];
    return b >>> 24;
  });
}

Deno.test("BLAKE2s passes the self-test of RFC 7693 appendix E", () => {
  const grand: Uint8Array[] = [];
  for (const size of [16, 20, 28, 32]) {
    for (const length of [0, 3, 64, 65, 255, 1024]) {
      const [input, key] = [sequence(length, length), sequence(size, size)];
      grand.push(blake2s(size, NO_KEY, [input]));
      grand.push(blake2s(size, key, [input]));
      if (size === 32) deepStrictEqual(hash(input), grand.at(-2));
      if (size === 16) deepStrictEqual(mac(key, input), grand.at(-1));
    }
  }
  strictEqual(grand.length, 48);
  deepStrictEqual(
    hash(...grand),
    unhex("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"),
  );
});

Deno.test("BLAKE2s with a key passes the known answers of its authors", () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);
  const hashes = keyedBlake2sHashes();
  hashes.forEach((expected, length) => {
    const input = Uint8Array.from({ length }, (_, i) => i);
    deepStrictEqual(blake2s(32, key, [input]), expected);
  });
  strictEqual(hashes.length, 256);
});

const bytes = (maxLength: number, minLength = 0) =>
  fc.uint8Array({ minLength, maxLength });

Deno.test("blake2s() is noble's, of any parts, key and length", () => {
  fc.assert(
    fc.property(
      fc.array(bytes(200), { maxLength: 4 }),
      bytes(32),
      fc.integer({ min: 1, max: 32 }),
      (parts, key, dkLen) => {
        const whole = new Uint8Array(Buffer.concat(parts));
        const options = key.length > 0 ? { key, dkLen } : { dkLen };
        deepStrictEqual(
          blake2s(dkLen, key, parts),
          nobleBlake2s(whole, options),
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("hmacBlake2s() is noble's, with a key shorter or longer than a block", () => {
  fc.assert(
    fc.property(bytes(150), bytes(200), (key, message) => {
      deepStrictEqual(
        hmacBlake2s(key, message),
        hmac(nobleBlake2s, key, message),
      );
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("Expander.next() is HKDF-Expand with noble's HMAC", () => {
  fc.assert(
    fc.property(bytes(64), (secret) => {
      const expander = new Expander(secret);
      let previous = new Uint8Array(0);
      for (let counter = 1; counter <= 4; counter++) {
        const whole = Uint8Array.of(...previous, counter);
        previous = hmac(nobleBlake2s, secret, whole);
        deepStrictEqual(expander.next(), previous);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("blake2s() gives arrays of its own, and leaves its input alone", () => {
  const [key, part] = [sequence(32, 1), sequence(70, 2)];
  const first = blake2s(32, key, [part]);
  const kept = first.slice();
  blake2s(32, key, [sequence(90, 3)]);
  deepStrictEqual(first, kept);
  deepStrictEqual([key, part], [sequence(32, 1), sequence(70, 2)]);
});
