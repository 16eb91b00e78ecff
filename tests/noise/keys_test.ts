import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import {
  clamp,
  decodeHex,
  decodeKey,
  encodeHex,
  encodeKey,
  isZero,
} from "../../src/noise/keys.ts";

const random = () => new Uint8Array(randomBytes(32));

Deno.test("encodeKey() writes what node's base64 writes, and decodeKey() reads it", () => {
  for (let run = 0; run < 100; run++) {
    const key = random();
    const text = Buffer.from(key).toString("base64");
    strictEqual(encodeKey(key), text);
    deepStrictEqual(decodeKey(text), key);
  }
});

Deno.test("decodeKey() takes a key in exactly one form", () => {
  const key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  deepStrictEqual(decodeKey(key), Uint8Array.from({ length: 32 }, (_, i) => i));
  const refused = [
    "",
    "=",
    key.slice(0, -1),
    key + "=",
    key + "\n",
    " " + key,
    key + " ",
    key.slice(1),
    "A" + key,
    key.replace("h8=", "h9="), // bits that no byte takes
    key.replace("h8=", "h+="),
    key.replace("8=", "=="), // 31 bytes
    key.replace("h8=", "h8A"), // 33 bytes
    key.replace("+", "-").replace("AAEC", "A-EC"), // base64url
    key.replace("AAEC", "A EC"),
    key.replace("AAEC", "A=EC"),
    key.replace("AAEC", "AÄEC"),
    key.replace("AAEC", "A\0EC"),
  ];
  for (const text of refused) strictEqual(decodeKey(text), undefined, text);
});

Deno.test("decodeKey() takes one in four last digits: those with no bits left over", () => {
  const digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const taken = [...digits].filter((digit) =>
    decodeKey("A".repeat(42) + digit + "=") !== undefined
  );
  deepStrictEqual(taken.join(""), "AEIMQUYcgkosw048");
});

Deno.test("decodeHex() reads 64 digits of either case and nothing else", () => {
  const key = random();
  const text = Buffer.from(key).toString("hex");
  strictEqual(encodeHex(key), text);
  deepStrictEqual(decodeHex(text), key);
  deepStrictEqual(decodeHex(text.toUpperCase()), key);
  const refused = ["", text.slice(1), text + "0", text.slice(2), "0x" + text];
  for (const at of [0, 31, 63]) {
    for (const digit of ["g", " ", "-", "\n", "\0", "é"]) {
      refused.push(text.slice(0, at) + digit + text.slice(at + 1));
    }
  }
  for (const wrong of refused) strictEqual(decodeHex(wrong), undefined, wrong);
});

Deno.test("clamp() sets and clears the bits of RFC 7748 section 5, in a copy", () => {
  const table = [
    ["00".repeat(32), "00".repeat(31) + "40"],
    ["ff".repeat(32), "f8" + "ff".repeat(30) + "7f"],
    ["07" + "00".repeat(30) + "80", "00".repeat(31) + "40"],
  ] as const;
  for (const [from, to] of table) {
    const bytes = decodeHex(from)!;
    strictEqual(encodeHex(clamp(bytes)), to);
    strictEqual(encodeHex(bytes), from);
  }
});

Deno.test("isZero() sees any bit", () => {
  const key = new Uint8Array(32);
  ok(isZero(key));
  for (let at = 0; at < 32; at++) {
    key[at] = 1 << at % 8;
    ok(!isZero(key));
    key[at] = 0;
  }
});
