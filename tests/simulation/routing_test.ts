/**
 * Cryptokey routing in both directions (whitepaper §2).
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { packet6 } from "./packets.ts";
import {
  endpoint,
  type Host,
  laptopAndVps,
  markOf,
  Network,
  packet,
  toLaptop,
  toVps,
} from "./simulation.ts";

const NOT_ALLOWED = "its source is not in the peer's AllowedIPs";
const NO_IP = "its content is not an IP packet";
const NO_PEER = "no peer has its destination in AllowedIPs";

/** A hub with two spokes, and their sessions made. */
function hub(
  allowedOfA: string[],
  allowedOfB: string[],
): { network: Network; hub: Host; a: Host; b: Host } {
  const network = new Network();
  const hub = network.host("192.0.2.1:51820");
  const a = network.host("198.51.100.1:1001");
  const b = network.host("198.51.100.2:1002");
  hub.peer(a, allowedOfA);
  hub.peer(b, allowedOfB);
  for (const spoke of [a, b]) {
    spoke.peer(hub, ["0.0.0.0/0", "::/0"], {
      endpoint: hub.location,
      persistentKeepaliveSeconds: 25,
    });
  }
  network.run(1_000);
  return { network, hub, a, b };
}

Deno.test("a packet goes to the peer with the longest prefix of its destination", () => {
  const { network, hub: from, a, b } = hub(
    ["10.0.0.0/8", "fd00::/16"],
    ["10.1.0.0/16", "10.1.2.3/32", "fd00:1::/32"],
  );
  const cases: [string, Host][] = [
    ["10.0.0.1", a],
    ["10.1.0.1", b],
    ["10.1.2.3", b],
    ["10.2.0.1", a],
  ];
  for (const [i, [destination, host]] of cases.entries()) {
    from.send(packet("10.255.0.1", destination, i));
    network.run(100);
    strictEqual(markOf(host.delivered.at(-1)!), i, destination);
  }
  from.send(packet6("fd00::9", "fd00:1::1", 50));
  from.send(packet6("fd00::9", "fd00:2::1", 51));
  network.run(100);
  strictEqual(markOf(b.delivered.at(-1)!), 50);
  strictEqual(markOf(a.delivered.at(-1)!), 51);
});

Deno.test("a packet to nobody is dropped with the reason", () => {
  const { hub: from } = hub(["10.0.0.0/8"], ["192.168.0.0/16"]);
  from.send(packet("10.0.0.1", "172.16.0.1"));
  from.send(packet6("fd00::1", "fd00::2"));
  strictEqual(from.drops()[NO_PEER], 2);
});

Deno.test("a packet from a source that is another peer's is refused, nested prefixes included", () => {
  const { network, hub: to, a, b } = hub(["10.0.0.0/8"], ["10.1.0.0/16"]);
  a.send(packet("10.1.2.3", "10.255.0.1", 1));
  b.send(packet("10.0.0.1", "10.255.0.1", 2));
  a.send(packet("10.2.0.1", "10.255.0.1", 3));
  b.send(packet("10.1.2.3", "10.255.0.1", 4));
  a.send(packet("172.16.0.1", "10.255.0.1", 5));
  a.send(packet6("fd00::1", "fd00::2", 6));
  network.run(100);
  deepStrictEqual(to.delivered.map(markOf), [3, 4]);
  const dropsOf = (peer: Host) => to.status(peer).drops;
  deepStrictEqual(dropsOf(a), [{ reason: NOT_ALLOWED, count: 3 }]);
  deepStrictEqual(dropsOf(b), [{ reason: NOT_ALLOWED, count: 1 }]);
});

Deno.test("a prefix that is given to another peer moves, in both directions", () => {
  const { network, hub: host, a, b } = hub(["10.1.0.0/16"], ["10.2.0.0/16"]);
  host.peer(b, ["10.1.0.0/16"]);
  host.send(packet("10.255.0.1", "10.1.0.1", 1));
  a.send(packet("10.1.0.1", "10.255.0.1", 2));
  b.send(packet("10.1.0.1", "10.255.0.1", 3));
  network.run(100);
  deepStrictEqual(a.delivered, []);
  deepStrictEqual(b.delivered.map(markOf), [1]);
  deepStrictEqual(host.delivered.map(markOf), [3]);
  strictEqual(host.status(a).allowedIps.length, 0);
  strictEqual(host.status(b).allowedIps.length, 2);
});

Deno.test("a prefix that is taken away lets the wider one through", () => {
  const { network, hub: host, a, b } = hub(["10.0.0.0/8"], ["10.1.0.0/16"]);
  const [prefix] = host.status(b).allowedIps;
  host.apply({
    peers: [{
      publicKey: b.publicKey,
      allowedIps: [{ prefix: prefix!, remove: true }],
    }],
  });
  host.send(packet("10.255.0.1", "10.1.0.1", 1));
  b.send(packet("10.1.0.1", "10.255.0.1", 2));
  network.run(100);
  deepStrictEqual(a.delivered.map(markOf), [1]);
  deepStrictEqual(host.delivered, []);
  deepStrictEqual(host.status(b).allowedIps, []);
});

Deno.test("a prefix that is not the peer's is not taken away from its owner", () => {
  const { network, hub: host, a, b } = hub(["10.0.0.0/8"], ["10.1.0.0/16"]);
  const [prefix] = host.status(b).allowedIps;
  host.apply({
    peers: [{
      publicKey: a.publicKey,
      allowedIps: [{ prefix: prefix!, remove: true }],
    }],
  });
  host.send(packet("10.255.0.1", "10.1.0.1", 1));
  network.run(100);
  deepStrictEqual(b.delivered.map(markOf), [1]);
});

Deno.test("replacing a peer's prefixes leaves it those of the change alone", () => {
  const { network, hub: host, a } = hub(["10.1.0.0/16", "10.2.0.0/16"], []);
  host.peer(a, ["10.3.0.0/16"], { replaceAllowedIps: true });
  a.send(packet("10.1.0.1", "10.255.0.1", 1));
  a.send(packet("10.3.0.1", "10.255.0.1", 2));
  network.run(100);
  deepStrictEqual(host.delivered.map(markOf), [2]);
  host.peer(a, [], { replaceAllowedIps: true });
  deepStrictEqual(host.status(a).allowedIps, []);
  host.send(packet("10.255.0.1", "10.3.0.1", 3));
  strictEqual(host.drops()[NO_PEER], 1);
});

Deno.test("prefixes that overlap, set anew in one change, are all the peer's (netns 25)", () => {
  const { network, hub: host, a } = hub([], []);
  const sets = [
    ["10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/32"],
    ["10.0.0.1/32", "10.0.0.0/8", "10.0.0.0/24"],
    ["10.0.0.0/24", "10.0.0.0/24", "0.0.0.0/0"],
    ["0.0.0.0/0", "::/0", "10.0.0.1/32"],
  ];
  for (const [i, prefixes] of sets.entries()) {
    host.peer(a, prefixes, { replaceAllowedIps: true });
    host.send(packet("10.255.0.1", "10.0.0.1", i));
    network.run(100);
    strictEqual(markOf(a.delivered.at(-1)!), i);
    strictEqual(host.status(a).allowedIps.length, new Set(prefixes).size);
  }
});

Deno.test("a packet that is refused for its source has moved its sender's endpoint all the same (§2.1, netns 8)", () => {
  const { network, hub: host, a, b } = hub(["10.0.0.0/24"], ["10.1.0.0/16"]);
  host.peer(b, ["10.0.0.2/32"]);
  a.location = endpoint("203.0.113.9:9997");
  a.send(packet("10.0.0.2", "10.255.0.1", 1));
  network.run(5);
  deepStrictEqual(host.delivered, []);
  network.run(100);
  deepStrictEqual(host.delivered, []);
  deepStrictEqual(host.status(a).endpoint, a.location);
});

Deno.test("a peer whose endpoint is not known is sent nothing, with the reason, until it speaks", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  vps.send(toLaptop(1));
  network.run(1_000);
  strictEqual(vps.sent.length, 0);
  strictEqual(vps.drops()["the peer has no endpoint yet"], 1);
  laptop.send(toVps(2));
  network.run(100);
  vps.send(toLaptop(3));
  network.run(100);
  deepStrictEqual(laptop.delivered.map(markOf), [3]);
});

Deno.test("what is no IP packet is neither sent nor delivered", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps(1));
  network.run(100);
  for (const first of [0x00, 0x55, 0xff]) {
    const bytes = toVps(2);
    bytes[0] = first;
    laptop.send(bytes);
  }
  laptop.send(toVps(3).subarray(0, 19));
  laptop.send(packet6("fd00::1", "fd00::2").subarray(0, 39));
  laptop.send(new Uint8Array(0));
  network.run(100);
  strictEqual(laptop.drops()["not an IP packet"], 6);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("a packet whose header claims more than came is refused, and one that came padded is trimmed", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  const claims: [claim: number, delivered: number | undefined][] = [
    [84, 84],
    [85, 85],
    [96, 96],
    [97, undefined],
    [65535, undefined],
    [20, 20],
    [19, undefined],
    [0, undefined],
  ];
  for (const [claim, length] of claims) {
    const bytes = toVps();
    new DataView(bytes.buffer).setUint16(2, claim);
    vps.delivered.length = 0;
    laptop.send(bytes);
    network.run(100);
    deepStrictEqual(
      vps.delivered.map((packet) => packet.length),
      length === undefined ? [] : [length],
      `${claim}`,
    );
  }
  strictEqual(vps.drops()[NO_IP], 4);
});

Deno.test("packets of every length from 20 to 1420 arrive as they were sent", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps());
  network.run(100);
  vps.delivered.length = 0;
  const packets: Uint8Array[] = [];
  for (let length = 20; length <= 1420; length += 7) {
    // The mark is the end of the destination in a packet that is a mere header.
    packets.push(packet("10.0.0.2", "10.0.0.1", 1, length));
    packets.at(-1)!.fill(length & 255, 20);
  }
  for (const bytes of packets) laptop.send(bytes);
  network.run(100);
  deepStrictEqual(vps.delivered, packets);
  const sizes = laptop.sent.slice(2).map(({ length }) => length - 32);
  deepStrictEqual(
    sizes,
    packets.map(({ length }) => Math.min(1420, Math.ceil(length / 16) * 16)),
  );
});

Deno.test("fragments pass, v4 and v6, the last ones too", () => {
  const { network, hub: to, a } = hub(["10.0.0.0/8", "fd00::/16"], []);
  const sent: Uint8Array[] = [];
  for (const [offset, more] of [[0, 1], [185, 1], [370, 0]] as const) {
    const v4 = packet("10.0.0.1", "10.255.0.1", offset, 200);
    new DataView(v4.buffer).setUint16(6, more << 13 | offset);
    const v6 = packet6("fd00::1", "fd00::2", offset, 200);
    v6[6] = 44;
    new DataView(v6.buffer).setUint16(42, offset << 3 | more);
    sent.push(v4, v6);
  }
  for (const bytes of sent) a.send(bytes);
  network.run(100);
  deepStrictEqual(to.delivered, sent);
});

Deno.test("a batch that mixes peers, versions and drops keeps the order of each peer", () => {
  const { network, hub: from, a, b } = hub(
    ["10.0.0.0/8", "fd00::/16"],
    ["10.1.0.0/16"],
  );
  const batch: Uint8Array[] = [];
  for (let i = 0; i < 100; i++) {
    batch.push(packet("10.255.0.1", i % 3 === 0 ? "10.1.0.1" : "10.2.0.1", i));
    if (i % 10 === 0) batch.push(packet("10.255.0.1", "172.16.0.1"));
  }
  from.sendAll(batch);
  network.run(100);
  const marks = Array.from({ length: 100 }, (_, i) => i);
  deepStrictEqual(b.delivered.map(markOf), marks.filter((i) => i % 3 === 0));
  deepStrictEqual(a.delivered.map(markOf), marks.filter((i) => i % 3 !== 0));
});
