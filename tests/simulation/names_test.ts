/**
 * Peers that have a name: found again when they stay silent, and found at all when they could not be at first.
 * The times are those of src/device/seek.ts, written here anew.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { PeerName } from "../../src/config/uapi_names.ts";
import {
  endpoint,
  type Host,
  laptopAndVps,
  Network,
  textOf,
  toLaptop,
  toVps,
} from "./simulation.ts";

const SECOND = 1_000;
const OLD = "192.0.2.1:51820", NEW = "192.0.2.99:51820";
/** Stands for the address of the other family. */
const OTHER = "198.51.100.1:51820";

/** A laptop that knows its VPS by a name. */
function named(places: string[] = [OLD], more = {}) {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, more);
  const name: PeerName = {
    publicKey: vps.publicKey,
    host: "vpn.example.com",
    port: 51820,
  };
  laptop.resolver = () => ({ after: 10, places });
  laptop.setNames(name);
  return { network, laptop, vps, name };
}

/** A packet each second for so many seconds. */
function talk(network: Network, host: Host, seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    host.send(toVps());
    network.run(SECOND);
  }
}

const place = (host: Host, peer: Host) => textOf(host.status(peer).endpoint!);
const askedAt = (host: Host) =>
  host.asked.map(({ at }) => Math.round(at / SECOND));

Deno.test("a name is resolved again 135 s after the last handshake, and the session goes on at the new address", () => {
  const { network, laptop, vps } = named([NEW]);
  talk(network, laptop, 60);
  vps.location = endpoint(NEW);
  // The VPS has forgotten where the laptop is, or it would say where it is itself.
  network.route = ({ from }) => textOf(from) === NEW ? [] : [10];
  talk(network, laptop, 74);
  deepStrictEqual([askedAt(laptop), place(laptop, vps)], [[], OLD]);
  network.route = () => [10];
  talk(network, laptop, 7);
  strictEqual(place(laptop, vps), NEW);
  const [at, ...more] = askedAt(laptop);
  ok(at! >= 135 && at! <= 141 && more.length === 0, `${at}`);
  const before = vps.delivered.length;
  talk(network, laptop, 2);
  ok(vps.delivered.length > before);
});

Deno.test("nobody is asked while handshakes are answered, nor by an idle tunnel", () => {
  const { network, laptop } = named([NEW]);
  talk(network, laptop, 600);
  network.run(3_600 * SECOND);
  deepStrictEqual(laptop.asked, []);
  strictEqual(laptop.device.nextTimeout(), Infinity);
});

Deno.test("a silent peer is asked for at most each 30 s, and not for ever", () => {
  const { network, laptop, vps } = named();
  network.remove(vps);
  laptop.send(toVps());
  network.run(3_600 * SECOND);
  deepStrictEqual(askedAt(laptop), [5, 36, 67, 98]);
  laptop.send(toVps());
  network.run(10 * SECOND);
  strictEqual(laptop.asked.length, 5);
});

Deno.test("a resolver that fails is asked again with the next initiation", () => {
  const { network, laptop, vps } = named([]);
  network.remove(vps);
  laptop.send(toVps());
  network.run(21 * SECOND);
  deepStrictEqual(askedAt(laptop), [5, 10, 16, 21]);
});

Deno.test("of two addresses the one that answers is found within two initiations", () => {
  const { network, laptop, vps } = named([OLD, OTHER]);
  vps.location = endpoint(OTHER);
  laptop.send(toVps(7));
  network.run(11 * SECOND);
  strictEqual(place(laptop, vps), OTHER);
  strictEqual(vps.delivered.length, 1);
});

Deno.test("where no address answers they take turns", () => {
  const { network, laptop, vps } = named([OLD, OTHER]);
  network.remove(vps);
  laptop.send(toVps());
  network.run(30 * SECOND);
  const to = network.log.map(({ datagram }) => textOf(datagram.to));
  deepStrictEqual(to.slice(0, 6), [OLD, OLD, OTHER, OLD, OTHER, OLD]);
});

Deno.test("a peer that is nowhere yet is looked for at once, and what waits goes out when it is found", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  const key = vps.publicKey;
  laptop.apply({ peers: [{ publicKey: key, remove: true, allowedIps: [] }] });
  laptop.peer(vps, ["10.0.0.1/32"]);
  laptop.setNames({ publicKey: key, host: "vpn.example.com", port: 51820 });
  deepStrictEqual(askedAt(laptop), [0]);
  laptop.send(toVps(1));
  network.run(7 * SECOND);
  deepStrictEqual([laptop.sent, laptop.drops()], [[], {}]);
  laptop.resolver = () => ({ after: 10, places: [OLD] });
  network.run(5 * SECOND);
  strictEqual(vps.delivered.length, 1);
});

Deno.test("a peer that is not found is given up like one that does not answer, and looked for again with the next packet", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  const key = vps.publicKey;
  laptop.apply({ peers: [{ publicKey: key, remove: true, allowedIps: [] }] });
  laptop.peer(vps, ["10.0.0.1/32"]);
  laptop.setNames({ publicKey: key, host: "vpn.example.com", port: 51820 });
  laptop.send(toVps());
  network.run(3_600 * SECOND);
  const times = laptop.asked.length;
  ok(times >= 18 && times <= 20, `${times}`);
  strictEqual(laptop.device.nextTimeout(), Infinity);
  deepStrictEqual(laptop.drops(), { "the handshake was not answered": 1 });
  laptop.send(toVps());
  strictEqual(laptop.asked.length, times + 1);
});

Deno.test("a persistent keepalive looks for its peer on and on", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  const key = vps.publicKey;
  laptop.apply({ peers: [{ publicKey: key, remove: true, allowedIps: [] }] });
  laptop.peer(vps, ["10.0.0.1/32"], { persistentKeepaliveSeconds: 25 });
  laptop.setNames({ publicKey: key, host: "vpn.example.com", port: 51820 });
  network.run(3_600 * SECOND);
  laptop.resolver = () => ({ after: 10, places: [OLD] });
  network.run(60 * SECOND);
  ok(laptop.status(vps).lastHandshake);
});

Deno.test("a peer that somebody says is elsewhere keeps its name only where that leads there", () => {
  const set = (places: string[], to: string) => {
    const { network, laptop, vps } = named(places);
    laptop.peer(vps, [], { endpoint: endpoint(to) });
    network.run(SECOND);
    strictEqual(place(laptop, vps), to);
    return [laptop.asked.length, laptop.device.names().length];
  };
  deepStrictEqual(set([OLD], OLD), [0, 1], "it is there already");
  deepStrictEqual(
    set([NEW], NEW),
    [1, 1],
    "as a script does that resolves names",
  );
  deepStrictEqual(set([OLD], NEW), [1, 0], "somebody wants another place");
  deepStrictEqual(set([], NEW), [1, 0], "nobody knows");
});

Deno.test("the answer to a question that was meant for another name is of no use", () => {
  const { network, laptop, vps, name } = named([NEW]);
  network.remove(vps);
  laptop.resolver = () => ({ after: 20 * SECOND, places: [NEW] });
  laptop.send(toVps());
  network.run(5.35 * SECOND);
  strictEqual(laptop.asked.length, 1);
  laptop.resolver = () => ({ after: 10, places: [OTHER] });
  const { asked: [first] } = laptop;
  laptop.setNames({ ...name, host: "other.example.com" });
  laptop.device.found(first!.name, [endpoint(NEW)], network.now);
  strictEqual(place(laptop, vps), OLD);
});

for (
  const [what, slept] of [["a change of the way", 0], [
    "8 h of sleep",
    8 * 3_600,
  ]] as const
) {
  Deno.test(`after ${what} a handshake goes out at once, to whom one speaks with`, () => {
    const { network, laptop, vps } = named();
    laptop.send(toVps());
    network.run(60 * SECOND);
    network.now += slept * SECOND;
    laptop.location = endpoint("203.0.113.9:7");
    const before = laptop.sent.length;
    laptop.device.reach(() => true, network.now);
    laptop.device.handleTimeout(network.now);
    laptop.flush();
    deepStrictEqual(laptop.sentTypes().slice(before), [1]);
    network.run(SECOND);
    strictEqual(place(vps, laptop), "203.0.113.9:7");
    vps.send(toLaptop());
    network.run(SECOND);
    strictEqual(laptop.delivered.length, 1);
  });
}

Deno.test("after a change of the way an initiation under way is sent again, a young session says where it is, and strangers hear nothing", () => {
  const { network, laptop, vps } = named();
  laptop.device.reach(() => true, network.now);
  laptop.flush();
  strictEqual(laptop.sent.length, 0);
  network.route = () => [];
  laptop.send(toVps());
  network.run(SECOND);
  laptop.device.reach(() => true, network.now);
  network.route = () => [10];
  network.run(SECOND);
  deepStrictEqual(laptop.sentTypes().slice(0, 2), [1, 1]);
  ok(laptop.status(vps).lastHandshake);
  const before = laptop.sent.length;
  laptop.device.reach(() => false, network.now);
  laptop.flush();
  strictEqual(laptop.sent.length, before);
  laptop.device.reach(() => true, network.now);
  laptop.flush();
  deepStrictEqual(laptop.sentTypes().slice(before), [4]);
});
