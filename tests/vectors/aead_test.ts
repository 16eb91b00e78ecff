import { deepStrictEqual, strictEqual, throws } from "node:assert";
import {
  chacha20,
  chacha20poly1305,
  xchacha20poly1305,
} from "@noble/ciphers/chacha.js";
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { open, seal, xopen, xseal } from "../../src/noise/crypto.ts";
import { transportCases, transportNonce } from "./transport_shape.ts";
import {
  type AeadCase,
  chacha20Poly1305Cases,
  type Rfc8439Case,
  rfc8439Cases,
  xchacha20Poly1305Cases,
} from "./vectors.ts";

const whole = (sealed: Uint8Array, tag: Uint8Array) =>
  new Uint8Array([...sealed, ...tag]);

type Cipher = typeof chacha20poly1305 | typeof xchacha20poly1305;

/** Runs one case; returns what it was a case of. */
function run(cipher: Cipher, nonceLength: number, test: AeadCase): string {
  const { key, nonce, auth, plain } = test;
  const sealed = whole(test.sealed, test.tag);
  const name = `case ${test.id}`;
  if (nonce.length !== nonceLength) {
    strictEqual(test.result, "invalid");
    throws(() => cipher(key, nonce, auth).encrypt(plain), name);
    return "nonce refused";
  }
  if (test.result === "invalid") {
    throws(() => cipher(key, nonce, auth).decrypt(sealed), name);
    return "tag refused";
  }
  deepStrictEqual(cipher(key, nonce, auth).encrypt(plain), sealed, name);
  deepStrictEqual(cipher(key, nonce, auth).decrypt(sealed), plain, name);
  return "sealed and opened";
}

function runAll(cipher: Cipher, nonceLength: number, tests: AeadCase[]) {
  const ran: Record<string, number> = {};
  for (const test of tests) {
    const what = run(cipher, nonceLength, test);
    ran[what] = (ran[what] ?? 0) + 1;
  }
  return ran;
}

Deno.test("noble passes Wycheproof's ChaCha20-Poly1305 cases", () => {
  deepStrictEqual(runAll(chacha20poly1305, 12, chacha20Poly1305Cases()), {
    "sealed and opened": 256,
    "tag refused": 60,
    "nonce refused": 9,
  });
});

Deno.test("noble passes Wycheproof's XChaCha20-Poly1305 cases", () => {
  deepStrictEqual(runAll(xchacha20poly1305, 24, xchacha20Poly1305Cases()), {
    "sealed and opened": 246,
    "tag refused": 60,
    "nonce refused": 9,
  });
});

Deno.test("xseal() and xopen() pass Wycheproof's cases of a nonce of 24 bytes", () => {
  let ran = 0;
  for (const test of xchacha20Poly1305Cases()) {
    const { key, nonce, auth, plain } = test;
    if (nonce.length !== 24) continue;
    const sealed = whole(test.sealed, test.tag);
    const valid = test.result === "valid";
    if (valid) deepStrictEqual(xseal(key, nonce, plain, auth), sealed);
    deepStrictEqual(
      xopen(key, nonce, sealed, auth),
      valid ? plain : undefined,
      `case ${test.id}`,
    );
    ran++;
  }
  strictEqual(ran, 306);
});

Deno.test("seal() and open() of Wycheproof's messages are noble's under a zero nonce", () => {
  let ran = 0;
  for (const { key, auth, plain } of chacha20Poly1305Cases()) {
    const sealed = seal(key, plain, auth);
    deepStrictEqual(
      sealed,
      chacha20poly1305(key, new Uint8Array(12), auth).encrypt(plain),
    );
    deepStrictEqual(open(key, sealed, auth), plain);
    ran++;
  }
  strictEqual(ran, 325);
});

/** What noble makes of the inputs of a vector, and what it should make. */
function rfc8439(test: Rfc8439Case): [Uint8Array, Uint8Array] {
  const { key } = test;
  switch (test.kind) {
    case "block":
      return [
        chacha20(
          key,
          test.nonce,
          new Uint8Array(64),
          undefined,
          test.counter,
        ),
        test.out,
      ];
    case "cipher":
      return [
        chacha20(key, test.nonce, test.plain, undefined, test.counter),
        test.out,
      ];
    case "poly1305":
      return [poly1305(test.message, key), test.tag];
    case "poly1305 key":
      return [chacha20(key, test.nonce, new Uint8Array(32)), test.out];
    case "aead":
      return [
        chacha20poly1305(key, test.nonce, test.auth).encrypt(test.plain),
        whole(test.sealed, test.tag),
      ];
  }
}

Deno.test("noble passes the vectors of RFC 8439", () => {
  const ran: Record<string, number> = {};
  for (const test of rfc8439Cases()) {
    const [made, expected] = rfc8439(test);
    deepStrictEqual(made, expected, test.section);
    ran[test.kind] = (ran[test.kind] ?? 0) + 1;
  }
  deepStrictEqual(ran, {
    "block": 6,
    "cipher": 4,
    "poly1305": 12,
    "poly1305 key": 4,
    "aead": 2,
  });
});

Deno.test("transportCases() keeps each key and message, and a nonce where it can", () => {
  const cases = chacha20Poly1305Cases();
  const shaped = transportCases();
  strictEqual(shaped.length, 325);
  let keptNonces = 0;
  shaped.forEach(({ key, plain, counterLow, counterHigh }, i) => {
    deepStrictEqual([key, plain], [cases[i]!.key, cases[i]!.plain]);
    const nonce = transportNonce(counterLow, counterHigh);
    if (cases[i]!.nonce.length < 8) return;
    deepStrictEqual(nonce.subarray(4), cases[i]!.nonce.subarray(-8));
    keptNonces++;
  });
  strictEqual(keptNonces, 324);
});
