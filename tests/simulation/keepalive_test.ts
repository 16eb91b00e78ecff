/**
 * Passive and persistent keepalives (whitepaper §6.5).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { PrivateKey } from "../../src/noise/keys.ts";
import {
  type Host,
  laptopAndVps,
  Network,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1, RESPONSE = 2, DATA = 4;
/** Bytes of a keepalive, and of transport data that carries a packet of 84. */
const KEEPALIVE_LENGTH = 32, DATA_LENGTH = 128;
const KEEPALIVE_TIMEOUT = 10_000;
const HOUR = 3_600_000;

/** When `host` sent a keepalive, in milliseconds. */
function keepalivesOf(network: Network, host: Host): number[] {
  return network.log.filter(({ datagram }) =>
    datagram.from === host.location &&
    datagram.bytes.length === KEEPALIVE_LENGTH
  ).map(({ at }) => at);
}

/** A session that stands, with nothing due but what the tests bring about. */
function inSession(): { network: Network; laptop: Host; vps: Host } {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps());
  network.run(30_000);
  network.log.length = 0;
  return { network, laptop, vps };
}

Deno.test("data without a reply is answered by a keepalive 10 s after it came", () => {
  const { network, laptop, vps } = inSession();
  const sentAt = network.now;
  laptop.send(toVps());
  network.run(60_000);
  const arrival = sentAt + 10;
  deepStrictEqual(keepalivesOf(network, vps), [arrival + KEEPALIVE_TIMEOUT]);
});

Deno.test("a keepalive is not answered by a keepalive", () => {
  const { network, laptop, vps } = inSession();
  laptop.send(toVps());
  network.run(60_000);
  deepStrictEqual(keepalivesOf(network, laptop), []);
  strictEqual(keepalivesOf(network, vps).length, 1);
});

Deno.test("data that is replied to needs no keepalive", () => {
  const { network, laptop, vps } = inSession();
  laptop.send(toVps());
  network.run(9_000);
  vps.send(toLaptop());
  network.run(1_500);
  deepStrictEqual(keepalivesOf(network, vps), []);
});

Deno.test("the 10 s run from the data received, not from the last sent", () => {
  const { network, laptop, vps } = inSession();
  vps.send(toLaptop());
  network.run(5_000);
  laptop.send(toVps());
  const arrival = network.now + 10;
  network.run(60_000);
  deepStrictEqual(keepalivesOf(network, vps), [arrival + KEEPALIVE_TIMEOUT]);
});

Deno.test("a stream in one direction gets a keepalive each 10 s, and no new handshake", () => {
  const { network, laptop, vps } = inSession();
  for (let i = 0; i < 60; i++) {
    laptop.send(toVps());
    network.run(1_000);
  }
  const keepalives = keepalivesOf(network, vps);
  ok(keepalives.length === 5 || keepalives.length === 6);
  const gaps = keepalives.slice(1).map((at, i) => at - keepalives[i]!);
  ok(gaps.every((gap) => gap > 10_000 && gap <= 11_000), `${gaps}`);
  ok(!laptop.sentTypes().slice(2).includes(INITIATION));
});

Deno.test("data without any answer for 15 s brings a new handshake (§6.2)", () => {
  const { network, laptop, vps } = inSession();
  network.remove(vps);
  const sentAt = network.now;
  laptop.send(toVps());
  network.run(16_000);
  const [initiation] = network.log.filter(({ datagram }) =>
    datagram.bytes[0] === INITIATION
  );
  const waited = initiation!.at - sentAt;
  ok(waited >= 15_000 && waited < 15_334, `${waited}`);
});

Deno.test("a persistent keepalive speaks as soon as it is set on an interface that is up", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.run(5_000);
  strictEqual(laptop.sent.length, 0);
  laptop.peer(vps, [], { persistentKeepaliveSeconds: 25 });
  network.run(1_000);
  deepStrictEqual(laptop.sentTypes(), [INITIATION, DATA]);
  deepStrictEqual(vps.sentTypes(), [RESPONSE]);
});

Deno.test("a persistent keepalive speaks as soon as the interface is up, and not before", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.device.down();
  laptop.peer(vps, [], { persistentKeepaliveSeconds: 25 });
  network.run(60_000);
  strictEqual(laptop.sent.length, 0);
  laptop.device.up(network.now);
  network.run(0);
  deepStrictEqual(laptop.sentTypes(), [INITIATION]);
});

Deno.test("a persistent keepalive speaks as soon as the private key is there", () => {
  const network = new Network();
  const privateKey = new Uint8Array(32).fill(0x48) as PrivateKey;
  const laptop = network.host("100.64.0.2:40000", { privateKey });
  const vps = network.host("192.0.2.1:51820");
  laptop.apply({ privateKey: null, peers: [] });
  laptop.peer(vps, ["10.0.0.1/32"], {
    endpoint: vps.location,
    persistentKeepaliveSeconds: 25,
  });
  network.run(60_000);
  strictEqual(laptop.sent.length, 0);
  laptop.apply({ privateKey, peers: [] });
  network.run(0);
  deepStrictEqual(laptop.sentTypes(), [INITIATION]);
});

Deno.test("a persistent keepalive speaks as soon as the endpoint is there", () => {
  const network = new Network();
  const laptop = network.host("100.64.0.2:40000");
  const vps = network.host("192.0.2.1:51820");
  vps.peer(laptop, ["10.0.0.2/32"]);
  laptop.peer(vps, ["10.0.0.1/32"], { persistentKeepaliveSeconds: 25 });
  network.run(60_000);
  strictEqual(laptop.sent.length, 0);
  laptop.peer(vps, [], { endpoint: vps.location });
  network.run(1_000);
  deepStrictEqual(laptop.sentTypes(), [INITIATION, DATA]);
});

Deno.test("an interface that goes down and up again at once speaks at once", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, {
    persistentKeepaliveSeconds: 25,
  });
  network.run(1_000);
  laptop.device.down();
  laptop.device.up(network.now);
  network.run(1_000);
  deepStrictEqual(laptop.sentTypes(), [INITIATION, DATA, INITIATION, DATA]);
  vps.send(toLaptop());
  network.run(100);
  strictEqual(laptop.delivered.length, 1);
});

Deno.test("a persistent keepalive comes each 25 s, all through an hour", () => {
  const network = new Network();
  const { laptop } = laptopAndVps(network, { persistentKeepaliveSeconds: 25 });
  network.run(HOUR);
  const spoke = network.log.filter(({ datagram }) =>
    datagram.from === laptop.location
  ).map(({ at }) => at);
  const gaps = spoke.slice(1).map((at, i) => at - spoke[i]!)
    .filter((gap) => gap > 20);
  ok(gaps.every((gap) => gap <= 25_000), `${Math.max(...gaps)}`);
  // 144 intervals in an hour; each handshake shifts them by its round trip.
  ok(gaps.length >= 142 && gaps.length <= 144, `${gaps.length}`);
});

Deno.test("a tunnel in use needs no persistent keepalive", () => {
  const network = new Network();
  const { laptop } = laptopAndVps(network, { persistentKeepaliveSeconds: 10 });
  network.run(1_000);
  network.log.length = 0;
  // Short of the rekey after 120 s, which ends in a keepalive.
  for (let i = 0; i < 12; i++) {
    laptop.send(toVps());
    network.run(9_000);
  }
  deepStrictEqual(keepalivesOf(network, laptop), []);
});

Deno.test("the interval begins anew with each packet that is sent or comes", () => {
  const { network, laptop, vps } = inSession();
  laptop.peer(vps, [], { persistentKeepaliveSeconds: 25 });
  network.run(20_000);
  network.log.length = 0;
  const sentAt = network.now;
  laptop.send(toVps());
  network.run(60_000);
  const passive = sentAt + 10 + KEEPALIVE_TIMEOUT;
  deepStrictEqual(keepalivesOf(network, vps), [passive]);
  strictEqual(keepalivesOf(network, laptop)[0], passive + 10 + 25_000);
});

Deno.test("a keepalive that is due while packets wait for a handshake adds nothing to them", () => {
  const network = new Network();
  network.route = () => [];
  const { laptop } = laptopAndVps(network);
  laptop.send(toVps());
  const { publicKey } = laptop.device.status().peers[0]!;
  laptop.peer(publicKey, [], { persistentKeepaliveSeconds: 1 });
  network.run(4_000);
  network.route = () => [10];
  network.run(1_400);
  const lengths = laptop.sent.map(({ length }) => length);
  deepStrictEqual(lengths.filter((length) => length < 148), [DATA_LENGTH]);
});

Deno.test("another interval for one that runs says nothing at once, and counts from the next packet on", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, {
    persistentKeepaliveSeconds: 25,
  });
  network.run(1_000);
  const before = laptop.sent.length;
  laptop.peer(vps, [], { persistentKeepaliveSeconds: 5 });
  network.run(1_000);
  strictEqual(laptop.sent.length, before);
  laptop.send(toVps());
  network.run(5_001);
  strictEqual(laptop.sent.length, before + 2);
});

Deno.test("an interval of 0 ends it", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, {
    persistentKeepaliveSeconds: 25,
  });
  network.run(60_000);
  laptop.peer(vps, [], { persistentKeepaliveSeconds: 0 });
  const before = laptop.sent.length;
  network.run(HOUR);
  strictEqual(laptop.sent.length, before);
  strictEqual(laptop.status(vps).persistentKeepaliveSeconds, 0);
});

Deno.test("a tunnel that is never used sends nothing in a day, and nothing is ever due", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  strictEqual(laptop.device.nextTimeout(), Infinity);
  network.run(24 * HOUR);
  strictEqual(network.log.length, 0);
  strictEqual(vps.device.nextTimeout(), Infinity);
});

Deno.test("a tunnel that is not used any more falls silent for a day, and nothing is due once its keys are wiped", () => {
  const { network, laptop, vps } = inSession();
  laptop.send(toVps());
  network.run(KEEPALIVE_TIMEOUT + 1_000);
  const sizes = network.log.map(({ datagram }) => datagram.bytes.length);
  deepStrictEqual(sizes, [DATA_LENGTH, KEEPALIVE_LENGTH]);
  network.run(24 * HOUR);
  strictEqual(network.log.length, 2);
  strictEqual(laptop.device.nextTimeout(), Infinity);
  strictEqual(vps.device.nextTimeout(), Infinity);
});
