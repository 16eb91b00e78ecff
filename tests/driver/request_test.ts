/** Requests of the UAPI, cut out of bytes that come in any pieces. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { MAX_REQUEST } from "../../src/config/uapi.ts";
import {
  partsOf,
  type Request,
  RequestReader,
} from "../../src/driver/request.ts";

const encoder = new TextEncoder();
const KEY = "ab".repeat(32);

/** What a client sends, and the requests that it makes. */
const CONVERSATIONS: [string, string, Request[]][] = [
  ["get", "get=1\n\n", [{ operation: "get=1", body: "" }]],
  ["set", `set=1\nprivate_key=${KEY}\nlisten_port=1\n\n`, [{
    operation: "set=1",
    body: `private_key=${KEY}\nlisten_port=1\n`,
  }]],
  ["an empty set", "set=1\n\n", [{ operation: "set=1", body: "" }]],
  ["carriage returns", "set=1\r\nfwmark=1\r\n\r\n", [{
    operation: "set=1",
    body: "fwmark=1\r\n",
  }]],
  ["get with something behind it", "get=1\nx\n\n", [{
    operation: "get=1",
    body: "x\n",
  }]],
  ["three in a row", "get=1\n\nset=1\nfwmark=0\n\ndrops=1\n\n", [
    { operation: "get=1", body: "" },
    { operation: "set=1", body: "fwmark=0\n" },
    { operation: "drops=1", body: "" },
  ]],
  ["blanks at a line's end stay", "set=1\nfwmark=1 \n \n\n", [{
    operation: "set=1",
    body: "fwmark=1 \n \n",
  }]],
  ["nothing but blank lines", "\n\n", [{ operation: "", body: "" }]],
  ["garbage", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", [{
    operation: "GET / HTTP/1.1",
    body: "Host: x\r\n",
  }]],
  ["a request and half of one", "get=1\n\nset=1\nfwm", [{
    operation: "get=1",
    body: "",
  }]],
  ["a line that never ends", "get=1", []],
];

/** Gives a reader the pieces and returns what it makes of them. */
function read(pieces: Uint8Array[]): Request[] {
  const reader = new RequestReader();
  return pieces.flatMap((piece) => {
    ok(reader.push(piece));
    return takeAll(reader);
  });
}

function takeAll(reader: RequestReader): Request[] {
  const requests: Request[] = [];
  for (let next = reader.take(); next; next = reader.take()) {
    requests.push(next);
  }
  return requests;
}

for (const [name, text, expected] of CONVERSATIONS) {
  Deno.test(`take() finds the requests of ${name}, wherever they are split`, () => {
    const bytes = encoder.encode(text);
    deepStrictEqual(read([bytes]), expected);
    deepStrictEqual(
      read([...bytes].map((byte) => Uint8Array.of(byte))),
      expected,
    );
    for (let at = 1; at < bytes.length; at++) {
      const pieces = [bytes.subarray(0, at), bytes.subarray(at)];
      deepStrictEqual(read(pieces), expected, `split at ${at}`);
    }
  });
}

Deno.test("push() copies: the caller may use its buffer again", () => {
  const reader = new RequestReader();
  const buffer = encoder.encode("get=1\n");
  reader.push(buffer);
  buffer.fill(0);
  reader.push(encoder.encode("\n"));
  deepStrictEqual(takeAll(reader), [{ operation: "get=1", body: "" }]);
});

Deno.test("pending tells whether a request was begun", () => {
  const reader = new RequestReader();
  strictEqual(reader.pending, false);
  reader.push(encoder.encode("get=1\n\nse"));
  takeAll(reader);
  strictEqual(reader.pending, true);
  reader.push(encoder.encode("t=1\n\n"));
  takeAll(reader);
  strictEqual(reader.pending, false);
});

Deno.test("push() refuses what is longer than any request, and soon finds the end of one as long as that", () => {
  const reader = new RequestReader();
  const line = encoder.encode(`allowed_ip=192.0.2.1/32\n`.repeat(2_730));
  reader.push(encoder.encode("set=1\n"));
  const start = performance.now();
  let length = 6;
  for (; length + line.length < MAX_REQUEST; length += line.length) {
    ok(reader.push(line));
    strictEqual(reader.take(), undefined);
  }
  // Looking at all of it again for each piece would take minutes.
  ok(performance.now() - start < 5_000);
  strictEqual(reader.push(new Uint8Array(MAX_REQUEST - length + 1)), false);
});

Deno.test("partsOf() cuts before every so many peers, and loses nothing", () => {
  const device = "private_key=00\nreplace_peers=true\n";
  const peers = [1, 2, 3, 4, 5].map((i) =>
    `public_key=${i}\nallowed_ip=10.0.0.${i}/32\n`
  );
  const body = device + peers.join("");
  deepStrictEqual([...partsOf(body, 2)], [
    device + peers[0],
    peers[1]! + peers[2],
    peers[3]! + peers[4],
  ]);
  deepStrictEqual([...partsOf(body, 100)], [body]);
  deepStrictEqual([...partsOf("", 2)], [""]);
  deepStrictEqual([...partsOf(peers.join(""), 1)], peers);
});
