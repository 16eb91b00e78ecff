import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import {
  checkedKeyAgreement,
  platformKeyAgreement,
} from "../../src/driver/key_agreement.ts";
import {
  type KeyAgreement,
  nobleKeyAgreement,
  passesKnownAnswers,
} from "../../src/noise/key_agreement.ts";
import {
  clamp,
  type PrivateKey,
  type PublicKey,
} from "../../src/noise/keys.ts";
import { LOW_ORDER_POINTS } from "../noise/low_order_points.ts";

const random = () => new Uint8Array(randomBytes(32));
const platform = platformKeyAgreement();

Deno.test("the platform's X25519 is noble's on random pairs, clamped or not", () => {
  for (let run = 0; run < 200; run++) {
    const raw = random();
    const key = run % 2 === 0 ? clamp(raw) : raw as PrivateKey;
    const point = random() as PublicKey;
    deepStrictEqual(
      platform.publicKeyOf(key),
      nobleKeyAgreement.publicKeyOf(key),
    );
    deepStrictEqual(
      platform.dh(key, point),
      nobleKeyAgreement.dh(key, point),
    );
  }
});

Deno.test("the platform's dh() refuses the seven points of low order, whatever the masked bit is", () => {
  for (const point of LOW_ORDER_POINTS) {
    const highBit = point.slice();
    highBit[31]! |= 0x80;
    for (const low of [point, highBit]) {
      strictEqual(platform.dh(clamp(random()), low as PublicKey), undefined);
    }
  }
});

Deno.test("what is kept of a key never answers for another", () => {
  const keys = Array.from({ length: 8 }, () => clamp(random()));
  const points = keys.map((key) => platform.publicKeyOf(key));
  for (let round = 0; round < 2; round++) {
    for (const key of keys) {
      for (const point of points) {
        deepStrictEqual(
          platform.dh(key, point),
          nobleKeyAgreement.dh(key, point),
        );
      }
    }
  }
});

Deno.test("publicKeyOf() and dh() give arrays of the caller's own", () => {
  const key = clamp(random());
  const point = platform.publicKeyOf(key);
  const shared = platform.dh(key, point)!;
  const copies = [point.slice(), shared.slice()];
  shared.fill(0);
  platform.publicKeyOf(key).fill(0);
  deepStrictEqual([platform.publicKeyOf(key), platform.dh(key, point)], copies);
});

Deno.test("passesKnownAnswers() passes both implementations", () => {
  ok(passesKnownAnswers(nobleKeyAgreement));
  ok(passesKnownAnswers(platform));
});

/** Ways in which an implementation could be wrong. */
const BROKEN: Record<string, Partial<KeyAgreement>> = {
  "another public key": { publicKeyOf: () => random() as PublicKey },
  "another secret": { dh: () => random() },
  "a secret with one wrong bit": {
    dh: (key, point) => {
      const shared = platform.dh(key, point);
      if (shared !== undefined) shared[31]! ^= 1;
      return shared;
    },
  },
  "zeros for a point of low order": {
    dh: (key, point) => platform.dh(key, point) ?? new Uint8Array(32),
  },
  "no secret at all": { dh: () => undefined },
  "the masked bit taken for part of the point": {
    dh: (key, point) => point[31]! >= 0x80 ? random() : platform.dh(key, point),
  },
  "an exception": {
    dh: () => {
      throw new Error("not supported");
    },
  },
};

for (const [fault, functions] of Object.entries(BROKEN)) {
  Deno.test(`checkedKeyAgreement() falls back to noble from one that gives ${fault}`, () => {
    const broken = { ...platform, ...functions };
    strictEqual(checkedKeyAgreement(broken), nobleKeyAgreement);
  });
}

Deno.test("checkedKeyAgreement() takes the platform's where it is right", () => {
  strictEqual(checkedKeyAgreement().name, "platform");
});
