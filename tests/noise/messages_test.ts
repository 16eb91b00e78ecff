import { deepStrictEqual, strictEqual } from "node:assert";
import { randomBytes } from "node:crypto";
import {
  mac1At,
  mac2At,
  messageType,
  readCookieReply,
  readInitiation,
  readResponse,
  readWord,
  writeCookieReply,
  writeInitiation,
  writeResponse,
  writeWord,
} from "../../src/noise/messages.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));
/** `[from, bytes]` put one after another, with their places checked. */
function layout(...fields: [at: number, bytes: Uint8Array][]): Uint8Array {
  const message: number[] = [];
  for (const [at, bytes] of fields) {
    strictEqual(message.length, at);
    message.push(...bytes);
  }
  return new Uint8Array(message);
}

const SENDER = 0xf1e2d3c4;
const RECEIVER = 0x01020304;
const SENDER_BYTES = new Uint8Array([0xc4, 0xd3, 0xe2, 0xf1]);
const RECEIVER_BYTES = new Uint8Array([4, 3, 2, 1]);

Deno.test("writeInitiation() and readInitiation() have the layout of section 5.4.2", () => {
  const fields = {
    ephemeral: random(32),
    static: random(48),
    timestamp: random(28),
  };
  const message = layout(
    [0, new Uint8Array([1, 0, 0, 0])],
    [4, SENDER_BYTES],
    [8, fields.ephemeral],
    [40, fields.static],
    [88, fields.timestamp],
    [116, new Uint8Array(16)],
    [132, new Uint8Array(16)],
  );
  strictEqual(message.length, 148);
  deepStrictEqual(writeInitiation(fields, SENDER), message);
  deepStrictEqual(readInitiation(message), { sender: SENDER, ...fields });
  deepStrictEqual([mac1At(message), mac2At(message)], [116, 132]);
});

Deno.test("writeResponse() and readResponse() have the layout of section 5.4.3", () => {
  const fields = { ephemeral: random(32), empty: random(16) };
  const message = layout(
    [0, new Uint8Array([2, 0, 0, 0])],
    [4, SENDER_BYTES],
    [8, RECEIVER_BYTES],
    [12, fields.ephemeral],
    [44, fields.empty],
    [60, new Uint8Array(16)],
    [76, new Uint8Array(16)],
  );
  strictEqual(message.length, 92);
  deepStrictEqual(writeResponse(fields, SENDER, RECEIVER), message);
  deepStrictEqual(readResponse(message), {
    sender: SENDER,
    receiver: RECEIVER,
    ...fields,
  });
  deepStrictEqual([mac1At(message), mac2At(message)], [60, 76]);
});

Deno.test("writeCookieReply() and readCookieReply() have the layout of section 5.4.7", () => {
  const fields = { receiver: SENDER, nonce: random(24), cookie: random(32) };
  const message = layout(
    [0, new Uint8Array([3, 0, 0, 0])],
    [4, SENDER_BYTES],
    [8, fields.nonce],
    [32, fields.cookie],
  );
  strictEqual(message.length, 64);
  deepStrictEqual(writeCookieReply(fields), message);
  deepStrictEqual(readCookieReply(message), fields);
});

Deno.test("messageType() knows a message by its type and length", () => {
  const lengths = { 1: [148], 2: [92], 3: [64], 4: [32, 33, 48, 1452, 65535] };
  for (let type = 0; type < 256; type++) {
    const fit: number[] = lengths[type as 1 | 2 | 3 | 4] ?? [];
    const bytes = new Uint8Array(65536 + 3);
    bytes[3] = type;
    for (
      const length of [0, 1, 3, 4, 31, 32, 33, 48, 63, 64, 65, 91, 92, 93]
        .concat([147, 148, 149, 1452, 65535])
    ) {
      const fits = fit.includes(length) || type === 4 && length >= 32;
      strictEqual(messageType(bytes, 3, length), fits ? type : 0);
    }
  }
});

Deno.test("messageType() wants the reserved bytes zero", () => {
  const bytes = new Uint8Array(148);
  for (const type of [1, 2, 3, 4]) {
    const length = [148, 92, 64, 32][type - 1]!;
    for (const at of [1, 2, 3]) {
      bytes.fill(0);
      bytes[0] = type;
      strictEqual(messageType(bytes, 0, length), type);
      bytes[at] = 0x80;
      strictEqual(messageType(bytes, 0, length), 0);
    }
  }
});

Deno.test("readWord() and writeWord() are little-endian and unsigned at any place", () => {
  const bytes = new Uint8Array(9);
  for (const value of [0, 1, 0x80000000, 0xffffffff, 0x12345678]) {
    for (const at of [0, 1, 2, 3, 5]) {
      writeWord(bytes, at, value);
      strictEqual(readWord(bytes, at), value);
      strictEqual(new DataView(bytes.buffer).getUint32(at, true), value);
    }
  }
});
