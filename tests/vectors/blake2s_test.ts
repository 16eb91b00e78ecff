import { deepStrictEqual, strictEqual } from "node:assert";
import { blake2s } from "@noble/hashes/blake2.js";
import { hash, mac } from "../../src/noise/crypto.ts";
import { keyedBlake2sHashes, unhex } from "./vectors.ts";

Deno.test("hash() passes RFC 7693 appendix B", () => {
  deepStrictEqual(
    hash(new TextEncoder().encode("abc")),
    unhex("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
  );
});

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
      grand.push(blake2s(input, { dkLen: size }));
      grand.push(blake2s(input, { dkLen: size, key }));
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
    deepStrictEqual(blake2s(input, { key, dkLen: 32 }), expected);
  });
  strictEqual(hashes.length, 256);
});
