import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert";
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import {
  addMac1,
  addMac2,
  checkMac1,
  checkMac2,
  CookieChecker,
  CookieHolder,
  cookieKey,
  mac1Key,
} from "../../src/noise/cookie.ts";
import { publicKeyOf } from "../../src/noise/crypto.ts";
import { clamp } from "../../src/noise/keys.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));
const SENDER = 0xcafe0001;
const ADDRESS = new Uint8Array([192, 0, 2, 1]);
const PORT = 51820;
/** Two minutes, §5.4.7. */
const LIFETIME = 120_000;
const ZEROS = new Uint8Array(16);

function initiation(): Uint8Array {
  const message = random(148);
  message.set([1, 0, 0, 0, 0x01, 0x00, 0xfe, 0xca]);
  message.fill(0, 116);
  return message;
}

function response(): Uint8Array {
  const message = random(92);
  message.set([2, 0, 0, 0]);
  message.fill(0, 60);
  return message;
}

/** An initiator's holder and the responder's checker. */
function pair(): { holder: CookieHolder; checker: CookieChecker } {
  const responder = publicKeyOf(clamp(random(32)));
  return {
    holder: new CookieHolder(responder),
    checker: new CookieChecker(responder, random),
  };
}

/** A reply to `message` as the checker gives it at `now`. */
function reply(checker: CookieChecker, message: Uint8Array, now = 0) {
  return checker.createCookieReply(message, SENDER, ADDRESS, PORT, now);
}

Deno.test("mac1Key() and cookieKey() are hashes of a label and the public key", () => {
  const publicKey = publicKeyOf(clamp(random(32)));
  for (
    const [key, label] of [
      [mac1Key(publicKey), "mac1----"],
      [cookieKey(publicKey), "cookie--"],
    ] as const
  ) {
    const expected = createHash("blake2s256").update(label).update(publicKey);
    strictEqual(Buffer.from(key).toString("hex"), expected.digest("hex"));
  }
});

Deno.test("checkMac1() covers every byte before mac1 and mac1 itself, and not mac2", () => {
  const key = random(32);
  for (const message of [initiation(), response()]) {
    addMac1(message, key);
    for (let at = 0; at < message.length; at++) {
      message[at]! ^= 0x10;
      strictEqual(checkMac1(message, key), at >= message.length - 16);
      message[at]! ^= 0x10;
    }
    ok(!checkMac1(message, random(32)));
  }
});

Deno.test("checkMac2() covers every byte of the message", () => {
  const cookie = random(16);
  for (const message of [initiation(), response()]) {
    addMac1(message, random(32));
    addMac2(message, cookie);
    ok(checkMac2(message, cookie));
    for (let at = 0; at < message.length; at++) {
      message[at]! ^= 0x10;
      ok(!checkMac2(message, cookie));
      message[at]! ^= 0x10;
    }
    ok(!checkMac2(message, random(16)));
  }
});

Deno.test("a cookie goes from checker to holder, and then mac2 is right", () => {
  for (const message of [initiation(), response()]) {
    const { holder, checker } = pair();
    holder.addMacs(message, 0);
    ok(checker.checkMac1(message));
    ok(!checker.checkMac2(message, ADDRESS, PORT, 0));
    deepStrictEqual(message.slice(-16), ZEROS);

    const answer = reply(checker, message);
    deepStrictEqual([...answer.slice(0, 8)], [3, 0, 0, 0, 1, 0, 0xfe, 0xca]);
    ok(holder.consumeCookieReply(answer, 0));

    const next = initiation();
    holder.addMacs(next, 0);
    ok(checker.checkMac1(next));
    ok(checker.checkMac2(next, ADDRESS, PORT, 0));
  }
});

Deno.test("CookieChecker.checkMac2() binds a cookie to its address and port", () => {
  const { holder, checker } = pair();
  const first = initiation();
  holder.addMacs(first, 0);
  ok(holder.consumeCookieReply(reply(checker, first), 0));
  const message = initiation();
  holder.addMacs(message, 0);
  ok(checker.checkMac2(message, ADDRESS, PORT, 0));
  ok(!checker.checkMac2(message, ADDRESS, PORT + 1, 0));
  ok(!checker.checkMac2(message, ADDRESS, PORT ^ 0x100, 0));
  ok(!checker.checkMac2(message, new Uint8Array([192, 0, 2, 2]), PORT, 0));
  ok(!checker.checkMac2(message, random(16), PORT, 0));
});

Deno.test("CookieChecker draws a new secret after 120 s", () => {
  const { holder, checker } = pair();
  const first = initiation();
  holder.addMacs(first, 0);
  ok(holder.consumeCookieReply(reply(checker, first, 0), LIFETIME - 1));
  const message = initiation();
  holder.addMacs(message, LIFETIME - 1);
  ok(checker.checkMac2(message, ADDRESS, PORT, LIFETIME - 1));
  ok(!checker.checkMac2(message, ADDRESS, PORT, LIFETIME));
});

Deno.test("CookieHolder uses a cookie for 120 s", () => {
  const { holder, checker } = pair();
  const first = initiation();
  holder.addMacs(first, 0);
  ok(holder.consumeCookieReply(reply(checker, first), 1000));
  const message = initiation();
  holder.addMacs(message, 1000 + LIFETIME - 1);
  notDeepStrictEqual(message.slice(-16), ZEROS);
  const late = initiation();
  holder.addMacs(late, 1000 + LIFETIME);
  deepStrictEqual(late.slice(-16), ZEROS);
});

Deno.test("CookieHolder takes a reply to its last message only, and once", () => {
  const { holder, checker } = pair();
  const [first, second, foreign] = [initiation(), initiation(), initiation()];
  addMac1(foreign, random(32));
  ok(!holder.consumeCookieReply(reply(checker, foreign), 0), "none sent");
  holder.addMacs(first, 0);
  holder.addMacs(second, 0);
  ok(!holder.consumeCookieReply(reply(checker, foreign), 0), "never sent");
  ok(!holder.consumeCookieReply(reply(checker, first), 0), "not the last");
  const answer = reply(checker, second);
  ok(holder.consumeCookieReply(answer, 0), "the last");
  ok(!holder.consumeCookieReply(answer, 0), "the same again");
  ok(!holder.consumeCookieReply(reply(checker, second), 0), "answered");
});

Deno.test("CookieHolder ignores a forged reply and keeps waiting for the true one", () => {
  const { holder, checker } = pair();
  const message = initiation();
  holder.addMacs(message, 0);
  const answer = reply(checker, message);
  for (let at = 8; at < 64; at++) {
    const forged = answer.slice();
    forged[at]! ^= 1;
    ok(!holder.consumeCookieReply(forged, 0));
  }
  const stranger = new CookieChecker(publicKeyOf(clamp(random(32))), random);
  ok(!holder.consumeCookieReply(reply(stranger, message), 0));
  const next = initiation();
  ok(holder.consumeCookieReply(answer, 0));
  holder.addMacs(next, 0);
  ok(checker.checkMac2(next, ADDRESS, PORT, 0));
});

Deno.test("CookieChecker.createCookieReply() never repeats a nonce", () => {
  const { checker } = pair();
  const message = initiation();
  notDeepStrictEqual(
    reply(checker, message).slice(8, 32),
    reply(checker, message).slice(8, 32),
  );
});
