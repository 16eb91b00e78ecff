import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { platformKeyAgreement } from "../../src/driver/key_agreement.ts";
import {
  type KeyAgreement,
  nobleKeyAgreement,
} from "../../src/noise/key_agreement.ts";
import type { PrivateKey, PublicKey } from "../../src/noise/keys.ts";
import { unhex, x25519Cases } from "./vectors.ts";

const privateKey = (text: string) => unhex(text) as PrivateKey;
const publicKey = (text: string) => unhex(text) as PublicKey;

/** One test for each implementation of X25519. */
function test(name: string, body: (agreement: KeyAgreement) => void): void {
  for (const agreement of [nobleKeyAgreement, platformKeyAgreement()]) {
    Deno.test(`${agreement.name}: ${name}`, () => body(agreement));
  }
}

test("dh() passes Wycheproof's x25519 cases, and refuses a zero secret", ({ dh }) => {
  const ran = { computed: 0, refused: 0 };
  for (const test of x25519Cases()) {
    const shared = dh(test.private as PrivateKey, test.public as PublicKey);
    if (test.flags.includes("ZeroSharedSecret")) {
      strictEqual(test.result, "acceptable");
      ok(test.shared.every((byte) => byte === 0));
      strictEqual(shared, undefined, `case ${test.id}`);
      ran.refused++;
    } else {
      deepStrictEqual(shared, test.shared, `case ${test.id}`);
      ran.computed++;
    }
  }
  deepStrictEqual(ran, { computed: 487, refused: 31 });
});

test("dh() passes the vectors of RFC 7748 section 5.2", ({ dh }) => {
  const vectors = [
    [
      "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
      "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
  ] as const;
  for (const [scalar, u, out] of vectors) {
    deepStrictEqual(dh(privateKey(scalar), publicKey(u)), unhex(out));
  }
});

test("dh() passes the iterations of RFC 7748 section 5.2", ({ dh }) => {
  const nine = "09" + "00".repeat(31);
  let [k, u] = [privateKey(nine), publicKey(nine)];
  const after: Record<number, string> = {
    1: "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
    1000: "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
  };
  for (let round = 1; round <= 1000; round++) {
    const out = dh(k, u)!;
    u = k as Uint8Array as PublicKey;
    k = out as PrivateKey;
    const expected = after[round];
    if (expected !== undefined) deepStrictEqual(out, unhex(expected));
  }
});

test("publicKeyOf() and dh() pass RFC 7748 section 6.1", ({ dh, publicKeyOf }) => {
  const alice = privateKey(
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  );
  const bob = privateKey(
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  );
  const alicePublic = publicKey(
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  );
  const bobPublic = publicKey(
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  );
  const shared = unhex(
    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
  );
  deepStrictEqual(publicKeyOf(alice), alicePublic);
  deepStrictEqual(publicKeyOf(bob), bobPublic);
  deepStrictEqual(dh(alice, bobPublic), shared);
  deepStrictEqual(dh(bob, alicePublic), shared);
});
