/**
 * Handshakes of wireguard-go, replayed: the same keys, random numbers and
 * times must give the same bytes (tests/vectors/README.md tells how they were
 * recorded). Each message is made by its sender and read by its receiver.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import {
  checkMac1,
  checkMac2,
  CookieHolder,
  cookieKey,
  mac1Key,
  sealCookieReply,
} from "../../src/noise/cookie.ts";
import { dh, mac, publicKeyOf } from "../../src/noise/crypto.ts";
import {
  consumeResponse,
  createInitiation,
  createResponse,
  type Initiator,
  readStatic,
  readTimestamp,
  type Responder,
  type SessionKeys,
} from "../../src/noise/handshake.ts";
import type { PresharedKey, PrivateKey } from "../../src/noise/keys.ts";
import {
  readInitiation,
  readResponse,
  writeInitiation,
  writeResponse,
} from "../../src/noise/messages.ts";
import { timestampOf, type WallTime } from "../../src/noise/tai64n.ts";

type Role = "initiator" | "responder";

interface Step {
  kind: string;
  by: string;
  message: string;
  /** Of an initiation or a response, before clamping. */
  ephemeralPrivate?: string;
  /** Of an initiation or a response. */
  sender?: number;
  /** Of an initiation. */
  wall?: WallTime;
  /** Of a cookie reply: the checker's secret, and the bytes it has for the address. */
  secret?: string;
  source?: string;
  nonce?: string;
  /** Of data: the IP packet without padding; absent in a keepalive. */
  packet?: string;
}

interface Recorded {
  name: string;
  initiatorPrivate: string;
  responderPrivate: string;
  presharedKey?: string;
  initiatorSend: string;
  initiatorReceive: string;
  steps: Step[];
}

const path = new URL(
  "../vectors/wireguard_go_handshakes.json",
  import.meta.url,
);
const record: { handshakes: Recorded[] } = JSON.parse(
  Deno.readTextFileSync(path),
);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text = "") => new Uint8Array(Buffer.from(text, "hex"));
const privateKey = (text = "") => unhex(text) as Uint8Array as PrivateKey;

/** One end: its keys, what it holds of the other, and its counter. */
class End {
  readonly staticPrivate: PrivateKey;
  readonly staticPublic;
  holder!: CookieHolder;
  /** The cookie that it gave the other end. */
  cookie: Uint8Array | undefined;
  /** The index that it chose last. */
  index = 0;
  keys: SessionKeys | undefined;
  counter = 0;

  constructor(key: string) {
    this.staticPrivate = privateKey(key);
    this.staticPublic = publicKeyOf(this.staticPrivate);
  }
}

/** Both ends, played through the steps of one record. */
class Replay {
  readonly ends: Record<Role, End>;
  readonly psk: PresharedKey | undefined;
  readonly staticStatic: Uint8Array;
  initiator!: Initiator;
  responder!: Responder;
  /** The last handshake message; and the time in milliseconds. */
  last: Uint8Array = new Uint8Array();
  now = 0;

  constructor(recorded: Recorded) {
    const initiator = new End(recorded.initiatorPrivate);
    const responder = new End(recorded.responderPrivate);
    initiator.holder = new CookieHolder(responder.staticPublic);
    responder.holder = new CookieHolder(initiator.staticPublic);
    this.ends = { initiator, responder };
    this.psk = recorded.presharedKey === undefined
      ? undefined
      : unhex(recorded.presharedKey) as Uint8Array as PresharedKey;
    this.staticStatic = dh(initiator.staticPrivate, responder.staticPublic)!;
    deepStrictEqual(
      dh(responder.staticPrivate, initiator.staticPublic),
      this.staticStatic,
    );
  }

  play(step: Step): void {
    if (step.kind === "initiation") this.initiation(step);
    else if (step.kind === "response") this.response(step);
    else if (step.kind === "cookieReply") this.cookieReply(step);
    else this.data(step);
  }

  initiation(step: Step): void {
    const { initiator, responder } = this.ends;
    this.now = step.wall!.seconds * 1000;
    initiator.index = step.sender!;
    const created = createInitiation({
      staticPrivate: initiator.staticPrivate,
      staticPublic: initiator.staticPublic,
      ephemeralPrivate: privateKey(step.ephemeralPrivate),
      remoteStatic: responder.staticPublic,
      staticStatic: this.staticStatic,
      timestamp: timestampOf(step.wall!),
    })!;
    this.initiator = created.state;
    const message = writeInitiation(created.message, step.sender!);
    this.send(message, initiator, responder, step);
    const fields = readInitiation(message);
    strictEqual(fields.sender, step.sender);
    this.responder = readStatic(fields, responder)!;
    deepStrictEqual(this.responder.remoteStatic, initiator.staticPublic);
    deepStrictEqual(
      readTimestamp(this.responder, fields, this.staticStatic),
      timestampOf(step.wall!),
    );
  }

  response(step: Step): void {
    const { initiator, responder } = this.ends;
    responder.index = step.sender!;
    const created = createResponse(
      this.responder,
      privateKey(step.ephemeralPrivate),
      this.psk,
    )!;
    responder.keys = created.keys;
    const message = writeResponse(
      created.message,
      step.sender!,
      initiator.index,
    );
    this.send(message, responder, initiator, step);
    const fields = readResponse(message);
    deepStrictEqual([fields.sender, fields.receiver], [
      step.sender,
      initiator.index,
    ]);
    initiator.keys = consumeResponse(this.initiator, fields, this.psk);
  }

  /** Completes a handshake message as `from` does, and judges it as `to` does. */
  send(message: Uint8Array, from: End, to: End, step: Step): void {
    from.holder.addMacs(message, this.now);
    strictEqual(hex(message), step.message);
    ok(checkMac1(message, mac1Key(to.staticPublic)));
    if (to.cookie !== undefined) ok(checkMac2(message, to.cookie));
    this.last = message;
  }

  cookieReply(step: Step): void {
    const { from, to } = this.direction(step);
    from.cookie = mac(unhex(step.secret), unhex(step.source));
    const message = sealCookieReply(
      this.last,
      to.index,
      from.cookie,
      unhex(step.nonce),
      cookieKey(from.staticPublic),
    );
    strictEqual(hex(message), step.message);
    ok(to.holder.consumeCookieReply(message, this.now));
  }

  data(step: Step): void {
    const { from, to } = this.direction(step);
    const packet = unhex(step.packet);
    const padded = new Uint8Array(Math.ceil(packet.length / 16) * 16);
    padded.set(packet);
    const header = new Uint8Array(16);
    const view = new DataView(header.buffer);
    view.setUint32(0, 4, true);
    view.setUint32(4, to.index, true);
    view.setUint32(8, from.counter, true);
    const nonce = new Uint8Array(12);
    nonce.set(header.subarray(8), 4);
    const sealed = chacha20poly1305(from.keys!.send, nonce).encrypt(padded);
    strictEqual(hex(header) + hex(sealed), step.message);
    deepStrictEqual(
      chacha20poly1305(to.keys!.receive, nonce).decrypt(sealed),
      padded,
    );
    from.counter++;
  }

  direction(step: Step): { from: End; to: End } {
    const { initiator, responder } = this.ends;
    return step.by === "initiator"
      ? { from: initiator, to: responder }
      : { from: responder, to: initiator };
  }
}

for (const recorded of record.handshakes) {
  Deno.test(`wireguard-go's handshake replays byte for byte: ${recorded.name}`, () => {
    const replay = new Replay(recorded);
    for (const step of recorded.steps) replay.play(step);
    const keys = replay.ends.initiator.keys!;
    strictEqual(hex(keys.send), recorded.initiatorSend);
    strictEqual(hex(keys.receive), recorded.initiatorReceive);
  });
}

Deno.test("the record holds what it is meant to hold", () => {
  const count = (kind: string) =>
    record.handshakes.map((recorded) =>
      recorded.steps.filter((step) => step.kind === kind).length
    );
  deepStrictEqual(count("initiation"), [1, 1, 1, 2, 3]);
  deepStrictEqual(count("response"), [1, 1, 1, 1, 2]);
  deepStrictEqual(count("cookieReply"), [0, 0, 0, 1, 2]);
  deepStrictEqual(count("data"), [3, 3, 3, 3, 3]);
  deepStrictEqual(
    record.handshakes.map((recorded) => recorded.presharedKey !== undefined),
    [false, true, false, false, true],
  );
});
