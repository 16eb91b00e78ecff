import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import { dh, publicKeyOf } from "../../src/noise/crypto.ts";
import {
  consumeResponse,
  createInitiation,
  createResponse,
  type Initiator,
  readStatic,
  readTimestamp,
  type Responder,
  type StaticKeys,
  wipeInitiator,
  wipeResponder,
} from "../../src/noise/handshake.ts";
import {
  clamp,
  isZero,
  type PresharedKey,
  type PrivateKey,
  type PublicKey,
} from "../../src/noise/keys.ts";
import type { Initiation } from "../../src/noise/messages.ts";
import { LOW_ORDER_POINTS } from "./low_order_points.ts";

const TIMESTAMP = Uint8Array.from({ length: 12 }, (_, i) => i);

function privateKey(): PrivateKey {
  return clamp(randomBytes(32));
}

function staticKeys(): StaticKeys {
  const staticPrivate = privateKey();
  return { staticPrivate, staticPublic: publicKeyOf(staticPrivate) };
}

function presharedKey(): PresharedKey {
  return new Uint8Array(randomBytes(32)) as Uint8Array as PresharedKey;
}

/** Two parties who know each other, and what either needs for a handshake. */
class Pair {
  readonly initiator = staticKeys();
  readonly responder = staticKeys();
  readonly staticStatic = dh(
    this.initiator.staticPrivate,
    this.responder.staticPublic,
  )!;

  createInitiation(): { message: Initiation; state: Initiator } {
    return createInitiation({
      ...this.initiator,
      ephemeralPrivate: privateKey(),
      remoteStatic: this.responder.staticPublic,
      staticStatic: this.staticStatic,
      timestamp: TIMESTAMP,
    })!;
  }

  consumeInitiation(message: Initiation): Responder {
    const state = readStatic(message, this.responder)!;
    deepStrictEqual(
      readTimestamp(state, message, this.staticStatic),
      TIMESTAMP,
    );
    return state;
  }
}

Deno.test("createResponse() and consumeResponse() derive one session", () => {
  for (const psk of [undefined, presharedKey()]) {
    const pair = new Pair();
    const { message, state } = pair.createInitiation();
    const responder = pair.consumeInitiation(message);
    deepStrictEqual(responder.remoteStatic, pair.initiator.staticPublic);
    const response = createResponse(responder, privateKey(), psk)!;
    const keys = consumeResponse(state, response.message, psk)!;
    deepStrictEqual(keys.send, response.keys.receive);
    deepStrictEqual(keys.receive, response.keys.send);
    ok(!isZero(keys.send) && !isZero(keys.receive));
  }
});

Deno.test("consumeResponse() treats no preshared key as one of zeros", () => {
  const pair = new Pair();
  const { message, state } = pair.createInitiation();
  const zeros = new Uint8Array(32) as PresharedKey;
  const response = createResponse(
    pair.consumeInitiation(message),
    privateKey(),
    zeros,
  )!;
  deepStrictEqual(
    consumeResponse(state, response.message, undefined)!.send,
    response.keys.receive,
  );
});

Deno.test("consumeResponse() refuses another preshared key", () => {
  const pair = new Pair();
  const { message, state } = pair.createInitiation();
  const responder = pair.consumeInitiation(message);
  const response = createResponse(responder, privateKey(), presharedKey())!;
  strictEqual(
    consumeResponse(state, response.message, presharedKey()),
    undefined,
  );
});

Deno.test("consumeResponse() leaves the handshake whole when a response is forged", () => {
  const pair = new Pair();
  const { message, state } = pair.createInitiation();
  const responder = pair.consumeInitiation(message);
  const response = createResponse(responder, privateKey(), undefined)!;
  const forgeries = [
    { ephemeral: publicKeyOf(privateKey()), empty: new Uint8Array(16) },
    { ephemeral: response.message.ephemeral, empty: new Uint8Array(16) },
    { ephemeral: publicKeyOf(privateKey()), empty: response.message.empty },
    { ephemeral: new Uint8Array(32), empty: response.message.empty },
  ];
  for (const forged of forgeries) {
    strictEqual(consumeResponse(state, forged, undefined), undefined);
  }
  deepStrictEqual(
    consumeResponse(state, response.message, undefined)!.send,
    response.keys.receive,
  );
});

Deno.test("readStatic() and readTimestamp() refuse a message of one wrong bit", () => {
  const pair = new Pair();
  const { message } = pair.createInitiation();
  for (const field of ["ephemeral", "static", "timestamp"] as const) {
    for (let at = 0; at < message[field].length; at++) {
      const wrong = { ...message, [field]: message[field].slice() };
      wrong[field][at]! ^= 1 << at % 8;
      const state = readStatic(wrong, pair.responder);
      strictEqual(state === undefined, field !== "timestamp", `${field} ${at}`);
      if (state === undefined) continue;
      strictEqual(readTimestamp(state, wrong, pair.staticStatic), undefined);
    }
  }
});

Deno.test("readTimestamp() refuses who claims the static key of another", () => {
  const pair = new Pair();
  const thief = staticKeys();
  const { message } = createInitiation({
    staticPrivate: thief.staticPrivate,
    staticPublic: pair.initiator.staticPublic,
    ephemeralPrivate: privateKey(),
    remoteStatic: pair.responder.staticPublic,
    staticStatic: dh(thief.staticPrivate, pair.responder.staticPublic)!,
    timestamp: TIMESTAMP,
  })!;
  const state = readStatic(message, pair.responder)!;
  deepStrictEqual(state.remoteStatic, pair.initiator.staticPublic);
  strictEqual(readTimestamp(state, message, pair.staticStatic), undefined);
});

Deno.test("createInitiation() refuses a static key of low order", () => {
  for (const point of LOW_ORDER_POINTS) {
    const ephemeralPrivate = privateKey();
    const created = createInitiation({
      ...staticKeys(),
      ephemeralPrivate,
      remoteStatic: point as PublicKey,
      staticStatic: new Uint8Array(32),
      timestamp: TIMESTAMP,
    });
    strictEqual(created, undefined);
    ok(isZero(ephemeralPrivate));
  }
});

Deno.test("readStatic() refuses an ephemeral key of low order", () => {
  const pair = new Pair();
  const { message } = pair.createInitiation();
  for (const point of LOW_ORDER_POINTS) {
    const wrong = { ...message, ephemeral: point };
    strictEqual(readStatic(wrong, pair.responder), undefined);
  }
});

Deno.test("createResponse() refuses a key of low order in either DH", () => {
  for (const point of LOW_ORDER_POINTS) {
    for (const field of ["remoteEphemeral", "remoteStatic"] as const) {
      const pair = new Pair();
      const state = pair.consumeInitiation(pair.createInitiation().message);
      const wrong = { ...state, [field]: point as PublicKey };
      const ephemeralPrivate = privateKey();
      strictEqual(
        createResponse(wrong, ephemeralPrivate, undefined),
        undefined,
      );
      ok(isZero(ephemeralPrivate));
    }
  }
});

Deno.test("consumeResponse() refuses an ephemeral key of low order", () => {
  const { state } = new Pair().createInitiation();
  for (const ephemeral of LOW_ORDER_POINTS) {
    const message = { ephemeral, empty: new Uint8Array(16) };
    strictEqual(consumeResponse(state, message, undefined), undefined);
  }
  ok(!isZero(state.ephemeralPrivate));
});

Deno.test("a handshake that ends zeroes its ephemeral keys and no static one", () => {
  const pair = new Pair();
  const { message, state } = pair.createInitiation();
  const responder = pair.consumeInitiation(message);
  const ephemeralPrivate = privateKey();
  const response = createResponse(responder, ephemeralPrivate, undefined)!;
  ok(isZero(ephemeralPrivate));
  ok(!isZero(state.ephemeralPrivate));
  consumeResponse(state, response.message, undefined);
  ok(isZero(state.ephemeralPrivate));
  ok(!isZero(pair.initiator.staticPrivate));
  ok(!isZero(pair.responder.staticPrivate));
  ok(!isZero(pair.staticStatic));
});

Deno.test("wipeInitiator() and wipeResponder() end a handshake for good", () => {
  const pair = new Pair();
  const { message, state } = pair.createInitiation();
  const responder = pair.consumeInitiation(message);
  wipeInitiator(state);
  ok(isZero(state.ephemeralPrivate));
  const other = pair.consumeInitiation(message);
  wipeResponder(responder);
  const wiped = createResponse(responder, privateKey(), undefined)!;
  const whole = createResponse(other, privateKey(), undefined)!;
  for (const response of [wiped, whole]) {
    strictEqual(consumeResponse(state, response.message, undefined), undefined);
  }
});
