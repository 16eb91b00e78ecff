/**
 * The handshake between devices: who is answered, who is not, and why
 * (whitepaper §5.1, §5.3, §5.4).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type {
  PresharedKey,
  PrivateKey,
  PublicKey,
} from "../../src/noise/keys.ts";
import { LOW_ORDER_POINTS } from "../noise/low_order_points.ts";
import { flipped, withMac1 } from "./packets.ts";
import {
  acquainted,
  endpoint,
  type Host,
  laptopAndVps,
  markOf,
  Network,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1, RESPONSE = 2, DATA = 4;
const DAY = 86_400_000;
const REPLAYED = "initiation replayed, or from a clock that went backward";
const WRONG_PSK = "response that does not decrypt (wrong preshared key?)";

/** A preshared key of one repeated byte. */
const psk = (byte: number) => new Uint8Array(32).fill(byte) as PresharedKey;

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

Deno.test("peers with the same preshared key agree", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, { presharedKey: psk(1) });
  vps.peer(laptop, [], { presharedKey: psk(1) });
  laptop.send(toVps(1));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("a preshared key that is wrong, or that one side lacks, lets nothing pass, and the initiator is told why", () => {
  for (const [ofLaptop, ofVps] of [[1, 2], [1, undefined], [undefined, 2]]) {
    const network = new Network();
    const { laptop, vps } = laptopAndVps(network);
    for (
      const [host, other, byte] of [
        [laptop, vps, ofLaptop],
        [vps, laptop, ofVps],
      ] as const
    ) {
      const presharedKey = byte === undefined ? null : psk(byte);
      host.peer(other, [], { presharedKey });
    }
    laptop.send(toVps(1));
    network.run(12_000);
    deepStrictEqual(vps.delivered, []);
    strictEqual(laptop.status(vps).lastHandshake, undefined);
    strictEqual(vps.status(laptop).lastHandshake, undefined);
    strictEqual(laptop.drops()[WRONG_PSK], 3);
  }
});

Deno.test("a preshared key of zeros is none", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, { presharedKey: psk(0) });
  strictEqual(laptop.status(vps).presharedKey, undefined);
  laptop.send(toVps(1));
  network.run(100);
  strictEqual(vps.delivered.length, 1);
});

Deno.test("a preshared key changed at run time counts from the next handshake on", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, { presharedKey: psk(1) });
  vps.peer(laptop, [], { presharedKey: psk(1) });
  laptop.send(toVps(1));
  network.run(1_000);
  laptop.peer(vps, [], { presharedKey: psk(2) });
  laptop.send(toVps(2));
  network.run(1_000);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  network.run(200_000);
  laptop.send(toVps(3));
  network.run(1_000);
  strictEqual(vps.delivered.length, 2);
  vps.peer(laptop, [], { presharedKey: psk(2) });
  network.run(6_000);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2, 3]);
});

Deno.test("the device keeps its own copy of a preshared key", () => {
  const network = new Network();
  const presharedKey = psk(1);
  const { laptop, vps } = laptopAndVps(network, { presharedKey });
  vps.peer(laptop, [], { presharedKey });
  laptop.peer(vps, [], { remove: true });
  deepStrictEqual(presharedKey, psk(1));
  deepStrictEqual(vps.status(laptop).presharedKey, psk(1));
});

Deno.test("not a byte is sent to a public key of low order, and the owner is told why (§5.4)", () => {
  strictEqual(LOW_ORDER_POINTS.length, 7);
  for (const point of LOW_ORDER_POINTS) {
    const network = new Network();
    const { laptop, vps } = laptopAndVps(network);
    laptop.peer(point as PublicKey, ["10.9.0.0/16"], {
      endpoint: vps.location,
      persistentKeepaliveSeconds: 1,
    });
    laptop.send(toVps());
    network.run(2_000);
    laptop.sent.length = 0;
    const packet = toVps();
    packet.set([10, 9, 0, 1], 16);
    laptop.send(packet);
    network.run(2_000);
    strictEqual(laptop.sent.length, 0);
    strictEqual(laptop.drops()["the peer's public key is of low order"], 1);
  }
});

Deno.test("a forged response leaves the handshake that it answers alone", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  // Who sees the index on the wire and knows the public key can make a right mac1.
  network.route = ({ bytes }) => bytes[0] === RESPONSE ? [500] : [10];
  laptop.send(toVps(1));
  network.run(100);
  const response = first(vps, RESPONSE);
  for (const at of [12, 30, 43, 44, 59]) {
    const forged = withMac1(flipped(response, at), laptop.publicKey);
    laptop.receive(forged, vps.location);
  }
  strictEqual(laptop.drops()[WRONG_PSK], 5);
  network.run(1_000);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("a replayed initiation is not answered, and changes nothing", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(1_000);
  const { endpoint } = vps.status(laptop);
  const stranger = network.host("198.51.100.66:6666");
  silent(network, vps, first(laptop, INITIATION), stranger);
  strictEqual(vps.drops()[REPLAYED], 1);
  deepStrictEqual(vps.status(laptop).endpoint, endpoint);
  vps.send(toLaptop(2));
  network.run(100);
  deepStrictEqual(laptop.delivered.map(markOf), [2]);
});

Deno.test("an initiation with an older timestamp than the last is not answered (§5.1)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.route = ({ bytes }) => bytes[0] === INITIATION ? [] : [10];
  laptop.send(toVps(1));
  network.run(5_400);
  const [older, newer] = laptop.sent;
  strictEqual(laptop.sent.length, 2);
  vps.receive(newer!, laptop.location);
  strictEqual(vps.sent.length, 1);
  network.run(100);
  silent(network, vps, older!, laptop);
  silent(network, vps, newer!, laptop);
  strictEqual(vps.drops()[REPLAYED], 2);
});

Deno.test("initiations less than 20 ms apart are not answered, 50 a second at the most", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.route = () => [];
  laptop.send(toVps(1));
  network.run(16_000);
  strictEqual(laptop.sent.length, 4);
  const answered: number[] = [];
  for (const [i, wait] of [0, 19, 1, 20].entries()) {
    network.run(wait);
    const before = vps.sent.length;
    vps.receive(laptop.sent[i]!, laptop.location);
    answered.push(vps.sent.length - before);
  }
  deepStrictEqual(answered, [1, 0, 1, 1]);
  strictEqual(vps.drops()["initiation too soon after the one before"], 1);
});

Deno.test("an initiator whose clock is set back by a day still gets through: its timestamps go on rising", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(200_000);
  laptop.wallOffset = -DAY;
  laptop.send(toVps(2));
  network.run(200_000);
  laptop.send(toVps(3));
  network.run(1_000);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2, 3]);
  deepStrictEqual(vps.drops(), {});
});

Deno.test("an initiator that restarts with an older clock is refused, the responder says why, and time heals it", () => {
  const network = new Network();
  const privateKey = new Uint8Array(32).fill(0x58);
  const vps = network.host("192.0.2.1:51820");
  const start = (wallOffset: number) => {
    const laptop = network.host("100.64.0.2:40000", { privateKey, wallOffset });
    laptop.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location });
    return laptop;
  };
  const before = start(0);
  vps.peer(before, ["10.0.0.2/32"]);
  before.send(toVps(1));
  network.run(1_000);
  network.remove(before);
  const after = start(-60_000);
  after.send(toVps(2));
  network.run(30_000);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
  strictEqual(vps.drops()[REPLAYED], 6);
  network.run(36_000);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
});

Deno.test("a private key changed at run time: the next packet begins a handshake at once, and it passes", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(1_000);
  const again = network.host("100.64.0.99:1");
  network.remove(again);
  const { privateKey } = again.device.status();
  vps.peer(again, ["10.0.0.2/32"]);
  laptop.apply({ privateKey: privateKey!, peers: [] });
  deepStrictEqual(laptop.device.status().publicKey, again.publicKey);
  laptop.send(toVps(2));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  deepStrictEqual(vps.status(again).endpoint, laptop.location);
});

Deno.test("a session that was agreed on under the old private key sends nothing under the new one, not even if it is confirmed later", () => {
  const network = new Network();
  const { laptop, vps } = acquainted(network);
  laptop.send(toVps(1));
  network.run(10);
  strictEqual(vps.sentTypes()[0], RESPONSE);
  const { privateKey } = network.host("100.64.0.99:1").device.status();
  vps.apply({ privateKey: privateKey!, peers: [] });
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
  vps.send(toLaptop(2));
  deepStrictEqual(vps.sentTypes(), [RESPONSE, INITIATION]);
});

Deno.test("the same private key again is no change: the session goes on", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(10_000);
  const privateKey = laptop.device.status().privateKey!.slice() as PrivateKey;
  laptop.apply({ privateKey, peers: [] });
  laptop.send(toVps(2));
  vps.send(toLaptop(3));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  deepStrictEqual(laptop.delivered.map(markOf), [3]);
  deepStrictEqual(laptop.sentTypes(), [INITIATION, DATA, DATA]);
});

Deno.test("a private key taken away lets nothing out and answers nobody, with the reason", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(10_000);
  vps.apply({ privateKey: null, peers: [] });
  vps.send(toLaptop(2));
  laptop.peer(vps, [], { remove: true });
  laptop.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location });
  const before = vps.sent.length;
  laptop.send(toVps(3));
  network.run(1_000);
  strictEqual(vps.sent.length, before);
  strictEqual(vps.drops()["the interface has no private key"], 2);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("a private key whose public half is a peer's removes that peer", () => {
  const network = new Network();
  const { laptop, vps } = acquainted(network);
  const { privateKey } = vps.device.status();
  laptop.apply({ privateKey: privateKey!, peers: [] });
  deepStrictEqual(laptop.device.status().peers, []);
});

Deno.test("a peer with the interface's own public key is ignored", () => {
  const network = new Network();
  const { laptop, vps } = acquainted(network);
  laptop.peer(laptop, ["10.0.0.0/8"], { endpoint: vps.location });
  strictEqual(laptop.device.status().peers.length, 1);
  laptop.send(toVps(1));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("a response from another address than was asked moves the endpoint (§2.1)", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(10);
  strictEqual(vps.sentTypes()[0], RESPONSE);
  const other = endpoint("192.0.2.77:51820");
  network.route = () => [];
  laptop.receive(first(vps, RESPONSE), other);
  deepStrictEqual(laptop.status(vps).endpoint, other);
  deepStrictEqual(network.log.at(-1)!.datagram.to, other);
});
