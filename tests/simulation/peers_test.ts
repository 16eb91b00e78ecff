/**
 * Many peers, peers that come and go, and the mistakes of other
 * implementations, each with the test that keeps us from it.
 *
 * ```text
 *  1 an oversized datagram stops the receiver        here, and tests/fuzz
 *  2 source check with nested prefixes               routing_test
 *  3 REJECT-AFTER-MESSAGES not enforced              limits_test
 *  4 cookie without the source port                  load_test
 *  5 one handshake rate for all sources              load_test
 *  6 a cookie for every handshake after the 100th    load_test
 *  7 responses dropped after 250 ms                  here
 *  9 a keepalive answered by a keepalive             keepalive_test
 * 10 passive keepalive timed from the last sent      keepalive_test
 * 11 persistent keepalive on an active tunnel        keepalive_test
 * 12 no jitter                                       give_up_test, keepalive_test
 * 13 a preshared key that changes too late           handshake_test
 * 14 a clock that goes backward                      limits_test
 * 15 roaming on cookie replies                       load_test
 * 19 a window of 1,024                               here
 * 20 counters of 32 bits                             limits_test
 * 22 counters of bytes                               session_test
 * 23 no padding                                      routing_test
 * 24 predictable indices                             here
 * 25 excess handshakes                               here
 * ```
 *
 * The others (8, 16, 17, 18, 21) are of sockets and of the TUN device.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { PublicKey } from "../../src/noise/keys.ts";
import { readWord } from "../../src/noise/messages.ts";
import {
  acquainted,
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
/** How far behind the greatest counter a packet still counts (RFC 6479). */
const WINDOW = 8128;

/** A public key that no other number has; nobody has its private half. */
function strangerNumber(number: number): PublicKey {
  const key = new Uint8Array(32).fill(0x11);
  new DataView(key.buffer).setUint32(0, number);
  return key as PublicKey;
}

const keysOf = (host: Host) =>
  host.device.status().peers.map(({ publicKey }) => publicKey);

Deno.test("(1) a datagram of 65,535 bytes is dropped and the tunnel goes on", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(100);
  const huge = new Uint8Array(65_535).fill(0xee);
  vps.receive(huge, laptop.location);
  huge.set(laptop.sent.at(-1)!.subarray(0, 16));
  vps.receive(huge, laptop.location);
  laptop.send(toVps(2));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  deepStrictEqual(vps.drops(), {
    "not a WireGuard message": 1,
    "not authentic": 1,
  });
});

Deno.test("(7) a response that takes 4.9 s is in time", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  network.route = ({ bytes }) => [bytes[0] === RESPONSE ? 4_900 : 10];
  laptop.send(toVps(1));
  network.run(5_000);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
  deepStrictEqual(laptop.sentTypes(), [INITIATION, DATA]);
});

Deno.test("(19) a packet that 8,128 others have overtaken arrives, one more and it does not", () => {
  for (const [overtaken, arrives] of [[WINDOW, true], [WINDOW + 1, false]]) {
    const network = new Network();
    const { laptop, vps } = laptopAndVps(network);
    laptop.send(toVps());
    network.run(100);
    network.route = () => [];
    laptop.send(toVps(7));
    const late = laptop.sent.at(-1)!;
    for (let i = 0; i < Number(overtaken); i++) laptop.send(toVps(1));
    vps.receive(laptop.sent.at(-1)!, laptop.location);
    vps.receive(late, laptop.location);
    const marks = vps.delivered.map(markOf);
    deepStrictEqual(marks, arrives ? [0, 1, 7] : [0, 1]);
  }
});

Deno.test("(24) an index tells nothing of the ones before", () => {
  const network = new Network();
  const { laptop } = laptopAndVps(network);
  network.route = () => [];
  laptop.send(toVps());
  network.run(60_000);
  const indices = laptop.sent.map((message) => readWord(message, 4));
  strictEqual(new Set(indices).size, indices.length);
  const steps = indices.slice(1).map((index, i) =>
    Math.abs(index - indices[i]!)
  );
  ok(steps.every((step) => step > 1_000), `${steps}`);
  ok(indices.some((index) => index > 0x8000_0000));
});

Deno.test("(25) an hour of traffic in both directions takes a handshake each two minutes and none more", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  for (let second = 0; second < 3_600; second++) {
    laptop.send(toVps(second));
    vps.send(toLaptop(second));
    network.run(1_000);
  }
  const initiations = network.log.filter(({ datagram }) =>
    datagram.bytes[0] === INITIATION
  );
  ok(initiations.length >= 29 && initiations.length <= 30);
  ok(!vps.sentTypes().includes(INITIATION));
  strictEqual(vps.delivered.length, 3_600);
});

Deno.test("three peers of one hub speak to it and, through it, to each other", () => {
  const network = new Network();
  const hub = network.host("192.0.2.1:51820");
  const spokes = [1, 2, 3].map((i) => {
    const spoke = network.host(`198.51.100.${i}:100${i}`);
    hub.peer(spoke, [`10.0.${i}.0/24`]);
    spoke.peer(hub, ["10.0.0.0/16"], {
      endpoint: hub.location,
      persistentKeepaliveSeconds: 25,
    });
    return spoke;
  });
  network.run(1_000);
  const forward = () => {
    for (const bytes of hub.delivered.splice(0)) hub.send(bytes);
  };
  for (const [i, from] of spokes.entries()) {
    for (const j of spokes.keys()) {
      if (i === j) continue;
      from.send(packet(`10.0.${i + 1}.1`, `10.0.${j + 1}.1`, 10 * i + j));
    }
    network.run(15);
    forward();
    network.run(15);
  }
  deepStrictEqual(spokes.map((spoke) => spoke.delivered.map(markOf)), [
    [10, 20],
    [1, 21],
    [2, 12],
  ]);
  deepStrictEqual(hub.drops(), {});
});

Deno.test("1,500 peers are added, shown and removed within a second, and no ping is lost meanwhile", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(0));
  network.run(100);
  let pings = 1;
  const ping = () => {
    laptop.send(toVps(pings));
    vps.send(toLaptop(pings));
    network.run(20);
    pings++;
  };
  const begun = performance.now();
  for (let i = 0; i < 1_500; i++) {
    vps.peer(strangerNumber(i), [`10.${1 + (i >> 8)}.${i & 255}.0/24`], {
      endpoint: endpoint("198.51.100.1:1"),
    });
    if (i % 50 === 0) ping();
  }
  const { peers } = vps.device.status();
  strictEqual(peers.length, 1_501);
  ping();
  for (let i = 0; i < 1_500; i++) {
    vps.peer(strangerNumber(i), [], { remove: true });
    if (i % 50 === 0) ping();
  }
  const elapsed = performance.now() - begun;
  ok(elapsed < 1_000, `${elapsed} ms`);
  deepStrictEqual(keysOf(vps), [laptop.publicKey]);
  strictEqual(vps.delivered.length, pings);
  strictEqual(laptop.delivered.length, pings - 1);
});

Deno.test("100 peers with a persistent keepalive are each asked, and removal ends it", () => {
  const network = new Network();
  const vps = network.host("192.0.2.1:51820");
  network.route = () => [];
  for (let i = 0; i < 100; i++) {
    vps.peer(strangerNumber(i), [], {
      endpoint: endpoint(`198.51.100.1:${i + 1}`),
      persistentKeepaliveSeconds: 25,
    });
  }
  network.run(100);
  strictEqual(vps.sent.length, 100);
  vps.apply({ replacePeers: true, peers: [] });
  network.run(60_000);
  strictEqual(vps.sent.length, 100);
  strictEqual(vps.device.nextTimeout(), Infinity);
});

Deno.test("a peer that is removed is a stranger at once, and its sessions are gone", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(100);
  vps.peer(laptop, [], { remove: true });
  laptop.send(toVps(2));
  vps.send(toLaptop(3));
  network.run(20_000);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
  deepStrictEqual(laptop.delivered, []);
  // The VPS hears at once that nobody takes its packet.
  strictEqual(vps.told.length, 1);
  deepStrictEqual(keysOf(vps), []);
  ok(vps.drops()["unknown session"]! > 0);
  ok(vps.drops()["initiation from an unknown public key"]! > 0);
});

Deno.test("a peer that is removed and added again begins anew, with nothing counted", () => {
  const network = new Network();
  const { laptop, vps } = acquainted(network);
  laptop.send(toVps(1));
  network.run(100);
  vps.peer(laptop, [], { remove: true });
  vps.peer(laptop, ["10.0.0.2/32"], { endpoint: laptop.location });
  deepStrictEqual(vps.status(laptop), {
    publicKey: laptop.publicKey,
    endpoint: laptop.location,
    receivedBytes: 0,
    sentBytes: 0,
    persistentKeepaliveSeconds: 0,
    allowedIps: vps.status(laptop).allowedIps,
    drops: [],
  });
  network.run(20);
  vps.send(toLaptop(2));
  network.run(100);
  deepStrictEqual(laptop.delivered.map(markOf), [2]);
});

Deno.test("replacing the peers keeps none but those of the change, and these without their sessions", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(100);
  const publicKey = strangerNumber(1);
  vps.apply({ replacePeers: true, peers: [{ publicKey, allowedIps: [] }] });
  deepStrictEqual(keysOf(vps), [publicKey]);
  vps.send(toLaptop(2));
  network.run(100);
  deepStrictEqual(laptop.delivered, []);
});

Deno.test("update_only changes a peer that is there, and makes none", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  vps.peer(strangerNumber(1), ["10.9.0.0/16"], { updateOnly: true });
  deepStrictEqual(keysOf(vps), [laptop.publicKey]);
  vps.peer(laptop, ["10.8.0.0/16"], {
    updateOnly: true,
    persistentKeepaliveSeconds: 7,
  });
  strictEqual(vps.status(laptop).persistentKeepaliveSeconds, 7);
  strictEqual(vps.status(laptop).allowedIps.length, 2);
});

Deno.test("removal of a peer that is not there is no mistake", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  vps.peer(strangerNumber(1), [], { remove: true });
  deepStrictEqual(keysOf(vps), [laptop.publicKey]);
});

Deno.test("peers that come and go at random leave nothing behind: no deadline and no prefix", () => {
  const network = new Network();
  const hub = network.host("192.0.2.1:51820");
  const spokes = [1, 2, 3, 4].map((i) => {
    const spoke = network.host(`198.51.100.${i}:1000`);
    spoke.peer(hub, ["0.0.0.0/0"], { endpoint: hub.location });
    return spoke;
  });
  const random = generator(4);
  for (let step = 0; step < 100; step++) {
    const i = Math.floor(random() * spokes.length);
    const spoke = spokes[i]!;
    if (random() < 0.3) hub.peer(spoke, [], { remove: true });
    else {
      hub.peer(spoke, ["10.0.0.0/8", `10.0.${i}.0/24`], {
        persistentKeepaliveSeconds: Math.floor(random() * 3) * 10,
      });
    }
    spoke.send(packet(`10.0.${i}.1`, "10.255.0.1", step));
    network.run(random() * 3_000);
  }
  hub.apply({ replacePeers: true, peers: [] });
  network.run(600_000);
  strictEqual(hub.device.nextTimeout(), Infinity);
  hub.send(packet("10.255.0.1", "10.0.1.1"));
  strictEqual(hub.device.status().peers.length, 0);
  ok(hub.drops()["no peer has its destination in AllowedIPs"]! > 0);
});

Deno.test("a batch of data whose first packet confirms the session is taken whole", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(15);
  strictEqual(vps.sentTypes()[0], RESPONSE);
  network.route = () => [];
  laptop.receive(vps.sent[0]!, vps.location);
  laptop.sendAll([2, 3, 4].map(toVps));
  const data = laptop.sent.slice(1);
  vps.receiveAll(data.map((bytes) => ({ bytes, from: laptop.location })));
  deepStrictEqual(vps.delivered.map(markOf), [1, 2, 3, 4]);
  vps.send(toLaptop(5));
  laptop.receive(vps.sent.at(-1)!, vps.location);
  deepStrictEqual(laptop.delivered.map(markOf), [5]);
});
