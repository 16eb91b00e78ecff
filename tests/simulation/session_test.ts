/**
 * Sessions from beginning to end: handshake, rekey, expiry, loss (whitepaper
 * §5.4, §6). Times are written anew from the paper's §6.1.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import {
  endpoint,
  generator,
  laptopAndVps,
  markOf,
  Network,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1, RESPONSE = 2, DATA = 4;
const REKEY_AFTER = 120_000, REJECT_AFTER = 180_000;

Deno.test("a packet begins a handshake, waits for it, and arrives (§5.4)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(7));
  network.run(100);
  deepStrictEqual(laptop.sentTypes(), [INITIATION, DATA]);
  deepStrictEqual(vps.sentTypes(), [RESPONSE]);
  deepStrictEqual(vps.delivered.map(markOf), [7]);
  vps.send(toLaptop(8));
  network.run(100);
  deepStrictEqual(laptop.delivered.map(markOf), [8]);
  deepStrictEqual(vps.delivered[0], toVps(7));
});

Deno.test("the same handshake with noble alone", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, {}, { noble: true });
  laptop.send(toVps(7));
  network.run(100);
  deepStrictEqual(vps.delivered, [toVps(7)]);
});

Deno.test("counters of bytes are those of the kernel: 92 + 10 × 128 one way, 148 + 10 × 128 + 32 the other", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  for (let i = 0; i < 10; i++) {
    laptop.send(toVps(i));
    network.run(50);
    vps.send(toLaptop(i));
    network.run(50);
  }
  const { sentBytes, receivedBytes } = laptop.status(vps);
  strictEqual(receivedBytes, 1372);
  strictEqual(sentBytes, 1428);
  strictEqual(vps.status(laptop).receivedBytes, 1428);
  strictEqual(vps.status(laptop).sentBytes, 1372);
});

Deno.test("an initiator that sends makes a new session after 120 s, and no packet is lost (§6.2)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  for (let i = 0; i < 300; i++) {
    laptop.send(toVps(i));
    network.run(1_000);
  }
  strictEqual(vps.delivered.length, 300);
  const initiations = network.log.filter((entry) =>
    entry.datagram.bytes[0] === INITIATION
  );
  strictEqual(initiations.length, 3);
  ok(initiations[1]!.at >= REKEY_AFTER && initiations[1]!.at < 122_000);
  ok(initiations[2]!.at >= 2 * REKEY_AFTER && initiations[2]!.at < 244_000);
  deepStrictEqual(laptop.drops(), {});
  deepStrictEqual(vps.drops(), {});
});

Deno.test("an initiator that only receives makes a new session once one is 165 s old (§6.2)", () => {
  for (const [silence, initiations] of [[164_000, 1], [166_000, 2]] as const) {
    const network = new Network();
    const { laptop, vps } = laptopAndVps(network);
    laptop.send(toVps());
    network.run(silence);
    vps.send(toLaptop(1));
    vps.send(toLaptop(2));
    network.run(1_000);
    const types = laptop.sentTypes().filter((type) => type === INITIATION);
    strictEqual(types.length, initiations);
    deepStrictEqual(laptop.delivered.map(markOf), [1, 2]);
  }
});

Deno.test("a session neither seals nor opens after 180 s, and is wiped after 540 s (§6.1, §6.3)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(REJECT_AFTER + 100);
  const [, old] = laptop.sent;
  laptop.receive(vps.sent[0]!, vps.location);
  vps.receive(old!, laptop.location);
  strictEqual(vps.drops()["session expired"], 1);
  laptop.send(toVps(2));
  network.run(1_000);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  network.run(540_000 + 1_000);
  vps.receive(laptop.sent.at(-1)!, laptop.location);
  strictEqual(vps.drops()["unknown session"], 1);
});

Deno.test("an hour with 30 % loss and reordering loses no session, in under 2 s", () => {
  const network = new Network(42);
  const random = generator(7);
  network.route = () => random() < 0.3 ? [] : [Math.floor(random() * 200) + 5];
  const { laptop, vps } = laptopAndVps(network, {
    persistentKeepaliveSeconds: 25,
  });
  const begun = performance.now();
  let sent = 0, gap = 0, last = 0;
  for (let second = 0; second < 3_600; second++) {
    laptop.send(toVps(second));
    vps.send(toLaptop(second));
    sent++;
    network.run(1_000);
    gap = Math.max(gap, vps.delivered.length === last ? gap + 1 : 0);
    last = vps.delivered.length;
  }
  const elapsed = performance.now() - begun;
  ok(elapsed < 2_000, `${elapsed} ms`);
  ok(vps.delivered.length > 0.6 * sent, `${vps.delivered.length} of ${sent}`);
  ok(laptop.delivered.length > 0.6 * sent);
  const { lastHandshake } = laptop.status(vps);
  ok(1_700_000_000 + 3_600 - lastHandshake!.seconds < 200);
  for (const host of [laptop, vps]) {
    const drops = host.drops();
    strictEqual(drops["the handshake was not answered"], undefined);
    strictEqual(drops["not authentic"], undefined);
    strictEqual(drops["session expired"], undefined);
  }
});

Deno.test("duplicated datagrams are delivered once (§5.4.6)", () => {
  const network = new Network();
  network.route = () => [10, 11, 200];
  const { laptop, vps } = laptopAndVps(network);
  for (let i = 0; i < 20; i++) {
    laptop.send(toVps(i));
    network.run(500);
  }
  deepStrictEqual(
    vps.delivered.map(markOf),
    Array.from({ length: 20 }, (_, i) => i),
  );
  strictEqual(vps.drops()["replayed, or too late"], 40);
});

Deno.test("a peer that restarts is back with its next data; the other's sessions do not stand in the way", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(10_000);
  network.remove(vps);
  const again = network.host("192.0.2.1:51820", {
    privateKey: new Uint8Array(32).fill(9),
  });
  again.peer(laptop, ["10.0.0.2/32"]);
  laptop.apply({
    peers: [{ publicKey: vps.publicKey, remove: true, allowedIps: [] }],
  });
  laptop.peer(again, ["10.0.0.1/32"], { endpoint: again.location });
  laptop.send(toVps(2));
  network.run(1_000);
  deepStrictEqual(again.delivered.map(markOf), [2]);
});

Deno.test("a responder that lost its sessions is back within 16 s of the initiator's next data (§6.5)", () => {
  const network = new Network();
  const privateKey = new Uint8Array(32).fill(9);
  const vps = network.host("192.0.2.1:51820", { privateKey });
  const laptop = network.host("100.64.0.2:40000");
  vps.peer(laptop, ["10.0.0.2/32"]);
  laptop.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location });
  laptop.send(toVps(1));
  network.run(20_000);
  network.remove(vps);
  const again = network.host("192.0.2.1:51820", { privateKey });
  again.peer(laptop, ["10.0.0.2/32"]);
  const from = network.now;
  let back = Infinity;
  while (network.now - from < 30_000 && back === Infinity) {
    laptop.send(toVps(2));
    network.run(200);
    if (again.delivered.length > 0) back = network.now - from;
  }
  ok(back <= 16_000, `${back}`);
});

Deno.test("looking at the deadlines only when due equals looking each 100 ms", () => {
  const transcripts = [Infinity, 100].map((pollEvery) => {
    const network = new Network(5);
    network.pollEvery = pollEvery;
    const lossy = generator(11);
    network.route = () => lossy() < 0.2 ? [] : [20];
    const { laptop, vps } = laptopAndVps(network, {
      persistentKeepaliveSeconds: 20,
    });
    for (let i = 0; i < 60; i++) {
      if (i % 3 === 0) laptop.send(toVps(i));
      if (i % 5 === 0) vps.send(toLaptop(i));
      network.run(7_000);
    }
    return network.log.map(({ at, datagram }) =>
      `${at} ${datagram.bytes.toHex()}`
    );
  });
  ok(transcripts[0]!.length > 60);
  deepStrictEqual(transcripts[0], transcripts[1]);
});

Deno.test("initiations that cross repair themselves: both ways pass within a second", () => {
  const network = new Network();
  const laptop = network.host("100.64.0.2:40000");
  const vps = network.host("192.0.2.1:51820");
  vps.peer(laptop, ["10.0.0.2/32"], { endpoint: laptop.location });
  laptop.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location });
  network.route = () => [60];
  laptop.send(toVps(1));
  vps.send(toLaptop(2));
  network.run(1_000);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
  deepStrictEqual(laptop.delivered.map(markOf), [2]);
  for (let i = 0; i < 5; i++) {
    laptop.send(toVps(10 + i));
    vps.send(toLaptop(20 + i));
    network.run(200);
  }
  strictEqual(vps.delivered.length, 6);
  strictEqual(laptop.delivered.length, 6);
});

Deno.test("the peer's endpoint follows every authentic packet, in both directions (§2.1)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(1_000);
  laptop.location = endpoint("203.0.113.9:1234");
  laptop.send(toVps(2));
  network.run(100);
  vps.send(toLaptop(3));
  network.run(100);
  deepStrictEqual(laptop.delivered.map(markOf), [3]);
  deepStrictEqual(vps.status(laptop).endpoint, laptop.location);
});
