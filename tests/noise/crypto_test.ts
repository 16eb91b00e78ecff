import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import {
  constantTimeEqual,
  dh,
  hash,
  kdf1,
  kdf2,
  kdf3,
  mac,
  open,
  publicKeyOf,
  seal,
  xopen,
  xseal,
} from "../../src/noise/crypto.ts";
import {
  clamp,
  type PrivateKey,
  type PublicKey,
} from "../../src/noise/keys.ts";
import { LOW_ORDER_POINTS } from "./low_order_points.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const random = (length: number) => new Uint8Array(randomBytes(length));

/** wireguard-go's table: key, input, and the three outputs. */
const KDF_TABLE = [
  [
    "746573742d6b6579",
    "746573742d696e707574",
    "6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633",
    "df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a",
    "fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24",
  ],
  [
    "776972656775617264",
    "776972656775617264",
    "491d43bbfdaa8750aaf535e334ecbfe5129967cd64635101c566d4caefda96e8",
    "1e71a379baefd8a79aa4662212fcafe19a23e2b609a3db7d6bcba8f560e3d25f",
    "31e1ae48bddfbe5de38f295e5452b1909a1b4e38e183926af3780b0c1e1f0160",
  ],
  [
    "",
    "",
    "8387b46bf43eccfcf349552a095d8315c4055beb90208fb1be23b894bc2ed5d0",
    "58a0e5f6faefccf4807bff1f05fa8a9217945762040bcec2f4b4a62bdfe0e86e",
    "0ce6ea98ec548f8e281e93e32db65621c45eb18dc6f0a7ad94178610a2f7338e",
  ],
] as const;

Deno.test("kdf1(), kdf2() and kdf3() give wireguard-go's outputs", () => {
  for (const [key, input, ...outputs] of KDF_TABLE) {
    const [k, i] = [unhex(key), unhex(input)];
    deepStrictEqual([kdf1(k, i)].map(hex), outputs.slice(0, 1));
    deepStrictEqual(kdf2(k, i).map(hex), outputs.slice(0, 2));
    deepStrictEqual(kdf3(k, i).map(hex), outputs.slice(0, 3));
  }
});

Deno.test("hash() and mac() take their input in parts", () => {
  const [key, first, second] = [random(32), random(40), random(70)];
  const whole = new Uint8Array([...first, ...second]);
  deepStrictEqual(hash(first, second), hash(whole));
  deepStrictEqual(mac(key, first, second), mac(key, whole));
  strictEqual(hash().length, 32);
  strictEqual(mac(key).length, 16);
});

Deno.test("dh() refuses the seven points of low order", () => {
  strictEqual(LOW_ORDER_POINTS.length, 7);
  for (const point of LOW_ORDER_POINTS) {
    strictEqual(dh(clamp(random(32)), point as PublicKey), undefined);
    const highBit = point.slice();
    highBit[31]! |= 0x80; // RFC 7748 §5: this bit is masked
    strictEqual(dh(clamp(random(32)), highBit as PublicKey), undefined);
  }
});

Deno.test("dh() of either side is the same, clamped beforehand or not", () => {
  const [a, b] = [random(32) as PrivateKey, random(32) as PrivateKey];
  const shared = dh(a, publicKeyOf(b));
  ok(shared !== undefined);
  deepStrictEqual(dh(b, publicKeyOf(a)), shared);
  deepStrictEqual(dh(clamp(a), publicKeyOf(clamp(b))), shared);
});

Deno.test("publicKeyOf() gives what node:crypto gives", () => {
  const prefix = unhex("302e020100300506032b656e04220420"); // PKCS #8, RFC 8410 §7
  for (let run = 0; run < 20; run++) {
    const key = random(32) as PrivateKey;
    const there = createPublicKey(createPrivateKey({
      key: Buffer.from([...prefix, ...key]),
      format: "der",
      type: "pkcs8",
    })).export({ format: "der", type: "spki" });
    strictEqual(hex(publicKeyOf(key)), hex(there.subarray(-32)));
  }
});

Deno.test("open() and xopen() undo seal() and xseal(), and refuse one wrong bit", () => {
  const [key, nonce, plain, auth] = [32, 24, 40, 32].map(random) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const sealed = seal(key, plain, auth);
  const xsealed = xseal(key, nonce, plain, auth);
  deepStrictEqual(open(key, sealed, auth), plain);
  deepStrictEqual(xopen(key, nonce, xsealed, auth), plain);
  for (let at = 0; at < sealed.length; at++) {
    sealed[at]! ^= 1;
    xsealed[at]! ^= 1;
    strictEqual(open(key, sealed, auth), undefined);
    strictEqual(xopen(key, nonce, xsealed, auth), undefined);
    sealed[at]! ^= 1;
    xsealed[at]! ^= 1;
  }
  strictEqual(open(key, sealed, random(32)), undefined);
  strictEqual(open(key, sealed.subarray(0, 15), auth), undefined);
  strictEqual(xopen(key, nonce, xsealed, random(32)), undefined);
});

Deno.test("constantTimeEqual() compares every byte and the length", () => {
  const bytes = random(16);
  ok(constantTimeEqual(bytes, bytes.slice()));
  ok(!constantTimeEqual(bytes, bytes.subarray(0, 15)));
  for (let at = 0; at < 16; at++) {
    const other = bytes.slice();
    other[at]! ^= 0x80;
    ok(!constantTimeEqual(bytes, other));
  }
});
