/**
 * The flagship on virtual time: a laptop behind NAT dials out and stays
 * reachable (whitepaper §2.1, §6.5).
 *
 * ```text
 * laptop ──── home router ──── carrier NAT ──── VPS
 * 192.168.1.2   100.64.0.2     203.0.113.7     192.0.2.1
 * ```
 *
 * @module
 */

import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert";
import { Nat } from "./nat.ts";
import {
  endpoint,
  type Host,
  markOf,
  Network,
  packet,
  textOf,
  toLaptop,
  toVps,
} from "./simulation.ts";

/** How long after its last data the laptop's passive keepalive comes (§6.5). */
const KEEPALIVE_TIMEOUT = 10_000;
const HOUR = 3_600_000;

interface Behind {
  network: Network;
  laptop: Host;
  vps: Host;
  home: Nat;
  carrier: Nat;
}

function behindNat(lifetime: number, keepaliveSeconds: number): Behind {
  const network = new Network();
  const home = new Nat("192.168.1", "100.64.0.2", lifetime);
  const carrier = new Nat("100.64", "203.0.113.7", lifetime);
  network.boxes = [home, carrier];
  const laptop = network.host("192.168.1.2:40000");
  const vps = network.host("192.0.2.1:51820");
  vps.peer(laptop, ["10.0.0.2/32"]);
  laptop.peer(vps, ["10.0.0.1/32"], {
    endpoint: vps.location,
    persistentKeepaliveSeconds: keepaliveSeconds,
  });
  return { network, laptop, vps, home, carrier };
}

/** Whether a packet of the VPS reaches the laptop within a second. */
function reaches({ network, laptop, vps }: Behind, mark: number): boolean {
  const before = laptop.delivered.length;
  vps.send(toLaptop(mark));
  network.run(1_000);
  return laptop.delivered.length > before;
}

Deno.test("with a mapping of 30 s and a keepalive of 25 s, the VPS reaches the laptop all through an hour of silence", () => {
  const behind = behindNat(30_000, 25);
  for (let minute = 1; minute <= 60; minute++) {
    behind.network.run(59_000);
    ok(reaches(behind, minute), `minute ${minute}`);
  }
  deepStrictEqual(behind.laptop.drops(), {});
  deepStrictEqual(behind.vps.drops(), {});
});

Deno.test("with a keepalive of 25 s, one packet after a whole hour of silence arrives", () => {
  const behind = behindNat(30_000, 25);
  behind.network.run(HOUR);
  ok(reaches(behind, 1));
});

Deno.test("without keepalive the VPS loses the laptop when the mapping is forgotten, until the laptop speaks", () => {
  const behind = behindNat(30_000, 0);
  const { network, laptop, vps } = behind;
  laptop.send(toVps(1));
  network.run(1_000);
  vps.send(toLaptop(2));
  network.run(KEEPALIVE_TIMEOUT + 29_000);
  ok(reaches(behind, 3), "the mapping lives");
  network.run(KEEPALIVE_TIMEOUT + 31_000);
  strictEqual(reaches(behind, 4), false);
  laptop.send(toVps(5));
  network.run(1_000);
  deepStrictEqual(laptop.delivered.map(markOf).slice(0, 2), [2, 3]);
  ok(reaches(behind, 6));
});

Deno.test("a mapping of 2 s: with a keepalive of 1 s the VPS reaches the laptop after 4 s of silence, without it does not", () => {
  for (const [keepalive, reached] of [[1, true], [0, false]] as const) {
    const behind = behindNat(2_000, keepalive);
    const { network, laptop, vps } = behind;
    laptop.send(toVps(1));
    network.run(500);
    vps.send(toLaptop(2));
    network.run(500);
    strictEqual(laptop.delivered.length, 1);
    network.run(4_000);
    strictEqual(reaches(behind, 3), reached);
  }
});

Deno.test("without keepalive, the passive one reopens a mapping of 2 s after 10 s for what then comes", () => {
  const behind = behindNat(2_000, 0);
  const { network, laptop, vps } = behind;
  laptop.send(toVps(1));
  network.run(500);
  vps.send(toLaptop(2));
  network.run(KEEPALIVE_TIMEOUT + 200);
  ok(reaches(behind, 3));
});

Deno.test("the VPS follows at once when a NAT gives the laptop another port (§2.1)", () => {
  const behind = behindNat(30_000, 25);
  const { network, laptop, vps, home, carrier } = behind;
  network.run(1_000);
  const before = vps.status(laptop).endpoint!;
  home.reset();
  carrier.reset();
  laptop.send(toVps(1));
  network.run(10);
  const after = vps.status(laptop).endpoint!;
  notStrictEqual(textOf(after), textOf(before));
  deepStrictEqual(after.address, endpoint("203.0.113.7:1").address);
  vps.send(toLaptop(2));
  network.run(20);
  deepStrictEqual(laptop.delivered.map(markOf), [2]);
});

Deno.test("a NAT that restarts in silence is passed again with the next keepalive", () => {
  const behind = behindNat(30_000, 25);
  behind.network.run(60_000);
  behind.carrier.reset();
  strictEqual(reaches(behind, 1), false);
  behind.network.run(25_000);
  ok(reaches(behind, 2));
});

Deno.test("an uplink that is gone for twelve minutes is in use again within one keepalive, whatever the interval", () => {
  for (const keepaliveSeconds of [1, 4, 5, 25]) {
    const behind = behindNat(30_000, keepaliveSeconds);
    const { network } = behind;
    network.run(10_000);
    network.route = () => [];
    network.run(HOUR / 5);
    network.route = () => [10];
    network.run(Math.max(keepaliveSeconds * 1_000, 5_334) + 1_000);
    ok(reaches(behind, 1), `${keepaliveSeconds} s`);
  }
});

Deno.test("two laptops behind one NAT are two peers at one address", () => {
  const behind = behindNat(30_000, 25);
  const { network, vps } = behind;
  const tablet = network.host("192.168.1.3:40000");
  vps.peer(tablet, ["10.0.0.3/32"]);
  tablet.peer(vps, ["10.0.0.1/32"], {
    endpoint: vps.location,
    persistentKeepaliveSeconds: 25,
  });
  network.run(HOUR / 10);
  ok(reaches(behind, 1));
  vps.send(packet("10.0.0.1", "10.0.0.3", 2));
  network.run(100);
  deepStrictEqual(tablet.delivered.map(markOf), [2]);
  deepStrictEqual(behind.laptop.delivered.map(markOf), [1]);
});
