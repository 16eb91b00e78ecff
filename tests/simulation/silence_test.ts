/**
 * Who gets no answer, not a byte, whatever is sent: strangers, garbage, messages
 * that were tampered with. The owner sees each counted (whitepaper §5.3, §5.4).
 *
 * @module
 */

import { ok, strictEqual } from "node:assert";
import { flipped, forge, withMac1 } from "./packets.ts";
import {
  generator,
  type Host,
  laptopAndVps,
  Network,
  toVps,
} from "./simulation.ts";

const INITIATION = 1, RESPONSE = 2;

/** The first message of `host` with this type. */
function first(host: Host, type: number): Uint8Array {
  const found = host.sent.find((bytes) => bytes[0] === type);
  ok(found, `no message of type ${type}`);
  return found;
}

/** Hands a datagram to `host` and expects that it answers nothing. */
function silent(network: Network, host: Host, bytes: Uint8Array, from: Host) {
  const before = host.sent.length, delivered = host.delivered.length;
  host.receive(bytes, from.location);
  network.run(3_000);
  strictEqual(host.sent.length, before);
  strictEqual(host.delivered.length, delivered);
}

Deno.test("an unknown peer gets no answer", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  const stranger = network.host("198.51.100.66:6666");
  stranger.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location });
  stranger.send(toVps());
  network.run(1_000);
  strictEqual(vps.sent.length, 0);
  strictEqual(vps.drops()["initiation from an unknown public key"], 1);
  strictEqual(laptop.sent.length, 0);
});

Deno.test("a handshake for another public key gets no answer (§5.4.4)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.route = () => [];
  laptop.send(toVps());
  const initiation = first(laptop, INITIATION);
  for (const at of [8, 60, 100, 116, 131]) {
    silent(network, vps, flipped(initiation, at), laptop);
  }
  const reason = "handshake not meant for our public key (mac1)";
  strictEqual(vps.drops()[reason], 5);
});

Deno.test("an initiation with a right mac1 and a forged content gets no answer", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.route = () => [];
  laptop.send(toVps());
  const initiation = first(laptop, INITIATION);
  // The ephemeral key, the static key, the timestamp.
  for (const at of [8, 40, 87, 88, 115]) {
    const forged = withMac1(flipped(initiation, at), vps.publicKey);
    silent(network, vps, forged, laptop);
  }
  strictEqual(vps.drops()["initiation that does not decrypt"], 5);
  strictEqual(vps.status(laptop).endpoint, undefined);
  network.run(30);
  vps.receive(initiation, laptop.location);
  strictEqual(vps.sentTypes().join(), `${RESPONSE}`);
});

Deno.test("garbage of every length from 0 to 200 gets no answer and is counted", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps());
  network.run(100);
  const random = generator(9);
  let count = 0;
  for (let length = 0; length <= 200; length++) {
    for (const type of [undefined, 0, 1, 2, 3, 4, 5, 255]) {
      const bytes = Uint8Array.from({ length }, () => random() * 256);
      if (type !== undefined) bytes.set([type, 0, 0, 0].slice(0, length));
      const before = vps.sent.length;
      vps.receive(bytes, laptop.location);
      strictEqual(vps.sent.length, before);
      count++;
    }
  }
  const drops = Object.values(vps.drops()).reduce((sum, n) => sum + n, 0);
  strictEqual(drops, count);
});

Deno.test("a real message cut short or made longer gets no answer", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.route = () => [];
  laptop.send(toVps());
  const initiation = first(laptop, INITIATION);
  const longer = new Uint8Array(300);
  longer.set(initiation);
  for (let length = 0; length < 300; length++) {
    if (length === initiation.length) continue;
    const before = vps.sent.length;
    vps.receive(longer.subarray(0, length), laptop.location);
    strictEqual(vps.sent.length, before, `${length}`);
  }
  const drops = vps.drops();
  strictEqual(drops["not a WireGuard message"], 4);
  strictEqual(drops["of the wrong length for its type"], 295);
  vps.receive(initiation, laptop.location);
  strictEqual(vps.sent.length, 1);
});

Deno.test("the reserved bytes of the type must be zero (§5.4.2)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.route = () => [];
  laptop.send(toVps());
  const initiation = first(laptop, INITIATION);
  for (const at of [1, 2, 3]) {
    silent(network, vps, flipped(initiation, at), laptop);
  }
  strictEqual(vps.drops()["not a WireGuard message"], 3);
});

Deno.test("a response to no handshake of ours is dropped and counted", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps());
  network.run(100);
  silent(network, laptop, first(vps, RESPONSE), vps);
  silent(network, laptop, forge(2, laptop.publicKey, generator(1)), vps);
  const reason = "response or cookie to no handshake of ours";
  strictEqual(laptop.drops()[reason], 2);
});
