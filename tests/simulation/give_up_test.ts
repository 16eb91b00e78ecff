/**
 * A peer that does not answer: retransmission, giving up, what waits
 * (whitepaper §6.4).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import {
  type Host,
  laptopAndVps,
  markOf,
  Network,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1;
const HOUR = 3_600_000;
const NOT_ANSWERED = "the handshake was not answered";
const TOO_MANY = "too many packets waited for a handshake";

/** A network that swallows everything. */
function deaf(seed = 1): { network: Network; laptop: Host; vps: Host } {
  const network = new Network(seed);
  network.route = () => [];
  return { network, ...laptopAndVps(network) };
}

/** When initiations were sent. */
function initiations(network: Network): number[] {
  return network.log.filter(({ datagram }) => datagram.bytes[0] === INITIATION)
    .map(({ at }) => at);
}

Deno.test("20 initiations in 100 to 107 s, then nothing for ever", () => {
  for (let seed = 1; seed <= 4; seed++) {
    const { network, laptop } = deaf(seed);
    laptop.send(toVps());
    network.run(100_000);
    strictEqual(laptop.drops()[NOT_ANSWERED], undefined);
    network.run(7_000);
    strictEqual(laptop.drops()[NOT_ANSWERED], 1);
    network.run(24 * HOUR);
    strictEqual(initiations(network).length, 20);
    strictEqual(laptop.sent.length, 20);
    strictEqual(laptop.device.nextTimeout(), Infinity);
  }
});

Deno.test("each retransmission comes 5 s and a random bit after the one before (§6.1)", () => {
  const gaps: number[] = [];
  for (let seed = 1; seed <= 4; seed++) {
    const { network, laptop } = deaf(seed);
    laptop.send(toVps());
    network.run(110_000);
    const times = initiations(network);
    gaps.push(...times.slice(1).map((at, i) => at - times[i]!));
  }
  strictEqual(gaps.length, 4 * 19);
  ok(gaps.every((gap) => gap >= 5_000 && gap < 5_334));
  ok(new Set(gaps).size > 60, "the jitter differs from time to time");
  ok(Math.min(...gaps) < 5_020 && Math.max(...gaps) > 5_314);
});

Deno.test("what waited is dropped and counted when the handshake is given up", () => {
  const { network, laptop, vps } = deaf();
  for (let i = 0; i < 5; i++) laptop.send(toVps(i));
  network.run(110_000);
  deepStrictEqual(laptop.drops(), { [NOT_ANSWERED]: 5 });
  network.route = () => [10];
  laptop.send(toVps(9));
  network.run(1_000);
  deepStrictEqual(vps.delivered.map(markOf), [9]);
});

Deno.test("the next packet after giving up begins anew, with 20 initiations more", () => {
  const { network, laptop } = deaf();
  laptop.send(toVps());
  network.run(HOUR);
  laptop.send(toVps());
  network.run(HOUR);
  const times = initiations(network);
  strictEqual(times.length, 40);
  strictEqual(times[20], HOUR);
});

Deno.test("packets that keep coming hold neither more initiations nor fewer", () => {
  const { network, laptop } = deaf();
  for (let second = 0; second < 300; second++) {
    laptop.send(toVps());
    network.run(1_000);
  }
  const times = initiations(network);
  const gaps = times.slice(1).map((at, i) => at - times[i]!);
  ok(gaps.every((gap) => gap >= 5_000 && gap < 6_400), `${Math.max(...gaps)}`);
});

Deno.test("of packets that wait the newest 128 are kept, in their order; the oldest are dropped first", () => {
  const { network, laptop, vps } = deaf();
  for (let i = 0; i < 200; i++) laptop.send(toVps(i));
  network.run(1_000);
  strictEqual(laptop.drops()[TOO_MANY], 72);
  network.route = () => [10];
  network.run(10_000);
  const newest = Array.from({ length: 128 }, (_, i) => 72 + i);
  deepStrictEqual(vps.delivered.map(markOf), newest);
  strictEqual(laptop.drops()[NOT_ANSWERED], undefined);
});

Deno.test("a keepalive that waits is no packet that was dropped", () => {
  const network = new Network();
  network.route = () => [];
  const { laptop } = laptopAndVps(network, { persistentKeepaliveSeconds: 25 });
  network.run(HOUR / 6);
  deepStrictEqual(laptop.drops(), {});
  ok(laptop.sent.length > 80);
});

Deno.test("a peer that answers late, after 92 s, is still heard", () => {
  const { network, laptop, vps } = deaf();
  laptop.send(toVps(1));
  network.run(92_000);
  network.route = () => [10];
  network.run(6_000);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("keys of the last session are wiped 540 s after it, though the peer is gone", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps());
  network.run(1_000);
  vps.send(toLaptop(1));
  const late = vps.sent.at(-1)!;
  network.route = () => [];
  network.run(170_000);
  laptop.send(toVps());
  network.run(539_000 - network.now);
  laptop.receive(late, vps.location);
  strictEqual(laptop.drops()["session expired"], 1);
  network.run(2_000);
  laptop.receive(late, vps.location);
  strictEqual(laptop.drops()["unknown session"], 1);
});

Deno.test("an initiation that the kernel refused goes out when the way changes, and is not counted", () => {
  const { network, laptop } = deaf();
  laptop.refuses = true;
  laptop.send(toVps());
  network.run(1_000);
  // The way changes thirty times, but not for the better.
  for (let i = 0; i < 30; i++) changesWay(network, laptop);
  strictEqual(initiations(network).length, 0);
  laptop.refuses = false;
  changesWay(network, laptop);
  strictEqual(initiations(network).length, 1);
  // What left is not repeated before its time (§6.1), and there are 20 in all.
  changesWay(network, laptop);
  network.run(4_900);
  strictEqual(initiations(network).length, 1);
  network.run(HOUR);
  strictEqual(initiations(network).length, 20);
});

Deno.test("data that the kernel refuses brings no initiation that had left before", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  laptop.send(toVps());
  network.run(1_000);
  laptop.refuses = true;
  laptop.send(toVps(1));
  laptop.refuses = false;
  changesWay(network, laptop);
  strictEqual(initiations(network).length, 1);
  laptop.send(toVps(2));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [0, 2]);
});

/** The machine's routes change. */
function changesWay(network: Network, host: Host): void {
  host.device.clearSources();
  host.device.retryLost(network.now);
  network.run(1);
}
