/**
 * Many handshakes at once: they wait, in order, and keep nothing else waiting.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { HANDSHAKE_CAPACITY } from "../../src/device/handshake_queue.ts";
import { forge } from "./packets.ts";
import {
  endpoint,
  generator,
  type Host,
  laptopAndVps,
  markOf,
  Network,
  packet,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1, RESPONSE = 2, DATA = 4;
const FLOODER = endpoint("198.51.100.66:6666");

/** So many hosts that each want a session with the VPS, and their initiations. */
function crowd(network: Network, vps: Host, count: number) {
  network.route = () => [];
  const hosts = Array.from({ length: count }, (_, i) => {
    const host = network.host(`100.64.1.${i}:40000`);
    host.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location });
    vps.peer(host, [`10.0.1.${i}/32`]);
    host.send(packet(`10.0.1.${i}`, "10.0.0.1", i));
    return host;
  });
  return hosts.map((host) => ({
    bytes: host.sent.at(-1)!,
    from: host.location,
  }));
}

/** The last byte of each address to which the VPS has sent a response, in order. */
function answered(network: Network): number[] {
  return network.log.filter(({ datagram }) => datagram.bytes[0] === RESPONSE)
    .map(({ datagram }) => datagram.to.address[3]!);
}

function inSession(): { network: Network; laptop: Host; vps: Host } {
  const network = new Network();
  const hosts = laptopAndVps(network);
  hosts.laptop.send(toVps(1));
  network.run(100);
  return { network, ...hosts };
}

Deno.test("handleHandshake() answers one initiation of 64, in the order in which they came", () => {
  const network = new Network();
  const { vps } = laptopAndVps(network);
  const initiations = crowd(network, vps, 64);
  vps.handshakesPerTurn = 0;
  vps.receiveAll(initiations);
  deepStrictEqual(vps.sent, []);
  vps.handshakesPerTurn = 1;
  for (let turn = 1; turn <= 64; turn++) {
    strictEqual(vps.device.handshakesWait, true);
    vps.flush();
    strictEqual(vps.sent.length, turn);
  }
  strictEqual(vps.device.handshakesWait, false);
  deepStrictEqual(answered(network), Array.from({ length: 64 }, (_, i) => i));
  deepStrictEqual(vps.drops(), {});
});

Deno.test("data that comes with and after a burst passes before the first handshake of it", () => {
  const { network, laptop, vps } = inSession();
  const initiations = crowd(network, vps, 64);
  laptop.send(toVps(2));
  vps.handshakesPerTurn = 0;
  const data = { bytes: laptop.sent.at(-1)!, from: laptop.location };
  vps.receiveAll([...initiations, data]);
  vps.send(toLaptop(3));
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  strictEqual(vps.sent.at(-1)![0], DATA);
  deepStrictEqual(answered(network).length, 1);
  vps.handshakesPerTurn = Infinity;
  vps.flush();
  deepStrictEqual(answered(network).length, 65);
});

Deno.test("initiations that packets ask for wait too, one for each peer", () => {
  const network = new Network();
  const { vps } = laptopAndVps(network);
  const names = Array.from({ length: 16 }, (_, i) => `100.64.1.${i}:40000`);
  for (const [i, name] of names.entries()) {
    const host = network.host(name);
    vps.peer(host, [`10.0.1.${i}/32`], { endpoint: host.location });
  }
  const packets = names.flatMap((_, i) => {
    const one = packet("10.0.0.1", `10.0.1.${i}`, i);
    return [one, one];
  });
  vps.handshakesPerTurn = 0;
  vps.sendAll(packets);
  deepStrictEqual(vps.sent, []);
  vps.handshakesPerTurn = 1;
  for (let turn = 1; turn <= 20; turn++) {
    vps.flush();
    strictEqual(vps.sent.length, Math.min(turn, 16));
  }
  deepStrictEqual(vps.sentTypes(), Array(16).fill(INITIATION));
});

Deno.test("a flood does not keep an initiation of our own waiting, nor the answer to it past those before it", () => {
  const network = new Network(), random = generator(5);
  const { laptop, vps } = laptopAndVps(network);
  laptop.handshakesPerTurn = 0;
  laptop.receiveAll(Array.from({ length: 50 }, () => ({
    bytes: forge(INITIATION, laptop.publicKey, random),
    from: FLOODER,
  })));
  laptop.send(toVps(1));
  laptop.handshakesPerTurn = 2;
  laptop.flush();
  deepStrictEqual(laptop.sentTypes(), [INITIATION]);
  laptop.handshakesPerTurn = 0;
  network.run(100);
  laptop.handshakesPerTurn = 49;
  laptop.flush();
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), []);
  laptop.flush();
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("past 1,024 messages that wait, new ones are dropped and counted", () => {
  const network = new Network(), random = generator(6);
  const { vps } = laptopAndVps(network);
  vps.handshakesPerTurn = 0;
  const message = forge(INITIATION, vps.publicKey, random);
  for (let i = 0; i < HANDSHAKE_CAPACITY + 7; i++) {
    vps.receive(message, FLOODER);
  }
  deepStrictEqual(vps.drops(), { "too many handshakes at once": 7 });
});

Deno.test("a message whose mac1 is wrong, or a cookie reply to nothing, does not wait", () => {
  const network = new Network(), random = generator(7);
  const { vps } = laptopAndVps(network);
  vps.handshakesPerTurn = 0;
  const message = forge(INITIATION, vps.publicKey, random);
  message[120]! ^= 1;
  vps.receive(message, FLOODER);
  const cookieReply = new Uint8Array(64);
  cookieReply[0] = 3;
  vps.receive(cookieReply, FLOODER);
  strictEqual(vps.device.handshakesWait, false);
  strictEqual(Object.keys(vps.drops()).length, 2);
});

Deno.test("what waits goes with its peer, with the private key and with the interface", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.handshakesPerTurn = 0;
  laptop.send(toVps(1));
  laptop.apply({
    peers: [{ publicKey: vps.publicKey, allowedIps: [], remove: true }],
  });
  strictEqual(laptop.device.handshakesWait, false);

  const initiations = crowd(network, vps, 2);
  vps.handshakesPerTurn = 0;
  vps.receiveAll(initiations);
  vps.apply({ privateKey: null, peers: [] });
  vps.handshakesPerTurn = Infinity;
  vps.flush();
  deepStrictEqual(vps.sent, []);
  deepStrictEqual(vps.drops(), { "the interface has no private key": 2 });

  const other = new Network(), hosts = laptopAndVps(other);
  hosts.laptop.handshakesPerTurn = 0;
  hosts.laptop.send(toVps(1));
  ok(hosts.laptop.device.handshakesWait);
  hosts.laptop.device.down();
  strictEqual(hosts.laptop.device.handshakesWait, false);
});
