/**
 * A name server for a host of a test: `dns_responder.ts 203.0.113.53 vpn.test=10.8.0.2,fd08::2 …` answers A and
 * AAAA on that address (RFC 1035 §4.1), and says that there is no other name.
 *
 * ```text
 * 0 id · 2 flags · 4 questions · 6 answers · 8 authorities · 10 more
 * 12 name, type u16, class u16   answer: 0xc00c, type, class, lifetime u32 = 0, length u16, address
 * ```
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { parseAddress } from "../../src/config/address.ts";

const HEAD = 12, A = 1, AAAA = 28;
const ANSWER = 0x8180, NO_SUCH_NAME = 3;

const [listens, ...words] = Deno.args;
const zone = new Map(
  words.map((word) => {
    const [name = "", addresses = ""] = word.split("=");
    const list = addresses.split(",").flatMap((text) =>
      parseAddress(text) ?? []
    );
    return [name, list];
  }),
);

/** The name that is asked for, and where its question ends. */
function questionOf(query: Uint8Array): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEAD;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(
      new TextDecoder().decode(query.subarray(at + 1, at + 1 + length)),
    );
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 5 };
}

/** The answer to a query. */
function answerTo(query: Uint8Array): Uint8Array {
  const { name, end } = questionOf(query);
  const known = zone.get(name);
  const type = query[end - 3]!;
  const found = (known ?? []).filter(({ length }) =>
    type === A && length === 4 || type === AAAA && length === 16
  );
  const head = query.slice(0, end);
  const view = new DataView(head.buffer);
  view.setUint16(2, ANSWER | (known ? 0 : NO_SUCH_NAME));
  view.setUint16(6, found.length);
  view.setUint32(8, 0);
  const records = found.flatMap((address) => [
    ...[0xc0, HEAD, 0, type, 0, 1, 0, 0, 0, 0, 0, address.length],
    ...address,
  ]);
  return Uint8Array.from([...head, ...records]);
}

const socket = createSocket("udp4");
socket.on("message", (query, from) => {
  socket.send(answerTo(new Uint8Array(query)), from.port, from.address);
});
socket.bind(53, listens, () => console.log("ready"));
