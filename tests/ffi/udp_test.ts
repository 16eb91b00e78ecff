/**
 * Sockets, sending and receiving, on loopback.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";

import { openPair, UdpSocket } from "../../ffi/udp.ts";
import { at, datagrams, End, LOOPBACK_V4, LOOPBACK_V6 } from "./datagrams.ts";

const FAMILIES = [4, 6] as const;

Deno.test("openPair() binds one port in both families", () => {
  const pair = openPair(0, 0);
  ok(pair.port > 0);
  strictEqual(pair.v4?.port, pair.port);
  strictEqual(pair.v6?.port, pair.port);
  pair.v4?.close();
  pair.v6?.close();
});

Deno.test("openPair() tells of a port that is taken in either family, and keeps no socket", () => {
  for (const family of FAMILIES) {
    const owner = UdpSocket.open(family, 0, 0);
    for (let i = 0; i < 2000; i++) {
      throws(() => openPair(owner.port, 0), {
        name: "SystemError",
        call: "bind",
        code: "EADDRINUSE",
      });
    }
    owner.close();
  }
});

Deno.test("Receiver tells place, length and sender of single datagrams, and names a sender by one object", async () => {
  for (const family of FAMILIES) {
    using left = new End(), right = new End();
    for (let i = 0; i < 10; i++) {
      left.buffer.fill(i + 1, i * 100, i * 100 + 20 + i);
      left.sender.add(i * 100, 20 + i, 0, at(right, family));
    }
    left.sender.flush();
    const got = await right.receive(family, 10);
    deepStrictEqual(
      datagrams(got),
      Array.from({ length: 10 }, (_, i) => new Uint8Array(20 + i).fill(i + 1)),
    );
    strictEqual(new Set(got.map((message) => message.from)).size, 1);
    const { from } = got[0]!;
    const own = family === 4 ? LOOPBACK_V4 : LOOPBACK_V6;
    deepStrictEqual(from, { ...at(left, family), source: own });
    deepStrictEqual(left.errors, []);
  }
});

Deno.test("Receiver keeps one object a sender while 200 of them take turns", async () => {
  using right = new End();
  const ends = Array.from({ length: 200 }, () => new End(0, 1, 64));
  const seen = new Map<number, object>();
  for (let round = 0; round < 3; round++) {
    for (const end of ends) {
      end.sender.add(0, 8, 0, at(right, 4));
      end.sender.flush();
    }
    for (const { from } of await right.receive(4, 200)) {
      if (round > 0 && seen.get(from.port) === from) seen.set(-from.port, from);
      seen.set(from.port, from);
    }
  }
  const kept = [...seen.keys()].filter((port) => port < 0).length;
  ends.forEach((end) => end[Symbol.dispose]());
  ok(kept > 150, `${kept} of 200 kept their object`);
});

Deno.test("Sender sends a train, and Receiver takes it as one message", async () => {
  for (const family of FAMILIES) {
    using left = new End(), right = new End();
    const length = 43 * 1452 + 100;
    for (let i = 0; i < length; i++) left.buffer[i] = Math.floor(i / 1452) + i;
    left.sender.add(0, length, 1452, at(right, family));
    left.sender.add(5, 9, 1452, at(right, family)); // shorter than a segment: one datagram
    left.sender.flush();
    const got = await right.receive(family, 45);
    strictEqual(got[0]!.segment, 1452);
    deepStrictEqual(got.map((m) => m.bytes.length), [length, 9]);
    deepStrictEqual(got[0]!.bytes, left.buffer.slice(0, length));
    strictEqual(got[1]!.segment, 0);
  }
});

Deno.test("Sender sends from the source that is asked, v4 and v6, trains too", async () => {
  using left = new End(), right = new End();
  const source = new Uint8Array([127, 0, 0, 77]);
  left.sender.add(0, 30, 0, { ...at(right, 4), source });
  left.sender.add(0, 30, 10, { ...at(right, 4), source });
  left.sender.add(0, 30, 0, { ...at(right, 6), source: LOOPBACK_V6 });
  left.sender.add(0, 30, 10, { ...at(right, 6), source: LOOPBACK_V6 });
  left.sender.flush();
  const v4 = await right.receive(4, 4), v6 = await right.receive(6, 4);
  deepStrictEqual(v4.map((m) => m.from.address), [source, source]);
  deepStrictEqual(v6.map((m) => m.from.address), [LOOPBACK_V6, LOOPBACK_V6]);
  strictEqual(v6[1]!.segment, 10);
  // and the answer goes back from the address that was asked
  right.sender.add(0, 5, 0, v4[0]!.from);
  right.sender.flush();
  const [answer] = await left.receive(4, 1);
  deepStrictEqual(answer!.from.address, LOOPBACK_V4);
  deepStrictEqual(answer!.from.source, source);
  deepStrictEqual([left.errors, left.gone], [[], []]);
});

Deno.test("Sender goes on without a source that is gone, and tells of it", async () => {
  const v4 = new Uint8Array([192, 0, 2, 1]);
  const v6 = new Uint8Array([0x20, 1, 0xd, 0xb8, ...new Uint8Array(12)]);
  for (const [family, source] of [[4, v4], [6, v6]] as const) {
    using left = new End(), right = new End();
    const to = { ...at(right, family), source };
    left.sender.add(0, 30, 0, to);
    left.sender.add(0, 100, 10, to);
    left.sender.add(0, 31, 0, to);
    left.sender.flush();
    const lengths = datagrams(await right.receive(family, 12)).map((d) =>
      d.length
    );
    deepStrictEqual(lengths, [30, ...new Array(10).fill(10), 31]);
    strictEqual(left.gone[0], to);
    deepStrictEqual(left.errors, []);
  }
});

Deno.test("Sender counts what cannot be sent and sends the rest", async () => {
  using left = new End(), right = new End();
  const nowhere = {
    address: new Uint8Array([255, 255, 255, 255]),
    port: 9,
    scope: 0,
  };
  left.sender.add(0, 30, 0, at(right, 4));
  left.sender.add(0, 60, 20, nowhere); // EACCES: broadcast
  left.sender.add(0, 65_508, 0, at(right, 4)); // EMSGSIZE
  left.sender.add(0, 31, 0, at(right, 4));
  left.sender.add(0, 32, 0, at(right, 6));
  left.sender.flush();
  deepStrictEqual((await right.receive(4, 2)).map((m) => m.bytes.length), [
    30,
    31,
  ]);
  deepStrictEqual((await right.receive(6, 1)).map((m) => m.bytes.length), [32]);
  deepStrictEqual(left.errors, [{ errno: 13, datagrams: 3 }, {
    errno: 90,
    datagrams: 1,
  }]);
});

Deno.test("Sender counts what goes to a family that has no socket", () => {
  using left = new End();
  left.sender.setSockets({ v4: left.sockets.v4!.fd });
  left.sender.add(0, 30, 10, at(left, 6));
  left.sender.flush();
  deepStrictEqual(left.errors, [{ errno: 97, datagrams: 3 }]);
});

Deno.test("A closed port of a peer stops neither receiving nor sending", async () => {
  for (const family of FAMILIES) {
    using left = new End(), right = new End(), closed = new End();
    closed[Symbol.dispose]();
    for (let i = 0; i < 20; i++) {
      left.sender.add(0, 10, 0, at(closed, family));
      left.sender.add(0, 10, 0, at(right, family));
      left.sender.flush();
      strictEqual(left.receiver.receive(left.sockets[`v${family}`]!.fd), 0);
    }
    strictEqual(datagrams(await right.receive(family, 20)).length, 20);
    deepStrictEqual(left.errors, []);
  }
});

Deno.test("Receiver tells of a datagram that is longer than its slot", async () => {
  using left = new End(), right = new End(0, 4, 100);
  left.sender.add(0, 101, 0, at(right, 4));
  left.sender.add(0, 100, 0, at(right, 4));
  left.sender.flush();
  const got = await right.receive(4, 2);
  deepStrictEqual(got.map((m) => m.truncated), [true, false]);
  strictEqual(got[0]!.bytes.length, 100);
});

Deno.test("Receiver.receive() throws when the socket is closed", () => {
  using left = new End();
  throws(() => left.receiver.receive(-1), { call: "recvmmsg", code: "EBADF" });
});

Deno.test("a service byte reaches the receiver in both families, of a datagram and of a train, with a source and without", async () => {
  for (const family of FAMILIES) {
    using left = new End(), right = new End();
    const source = family === 4 ? LOOPBACK_V4 : LOOPBACK_V6;
    const bare = at(right, family), sourced = { ...bare, source };
    const expected: number[] = [];
    for (const to of [bare, sourced]) {
      for (const service of [0x88, 0, 1, 2]) {
        left.sender.add(0, 100, 0, to, service);
        left.sender.add(0, 600, 200, to, service);
        expected.push(service, service, service, service);
      }
    }
    left.sender.flush();
    const got = await right.receive(family, expected.length);
    deepStrictEqual(
      got.flatMap((message) => datagrams([message]).map(() => message.service)),
      expected,
    );
    deepStrictEqual(left.errors, []);
  }
});
