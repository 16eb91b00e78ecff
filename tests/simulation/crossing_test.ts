/**
 * Initiations that cross: whatever is lost or late, and whatever the other end
 * makes of it, both directions pass again soon (whitepaper §5.4, §6.4).
 *
 * @module
 */

import { deepStrictEqual, ok } from "node:assert";
import fc from "fast-check";
import { readWord } from "../../src/noise/messages.ts";
import {
  acquainted,
  generator,
  type Host,
  markOf,
  Network,
  type Route,
  toLaptop,
  toVps,
} from "./simulation.ts";

const runs = Deno.env.get("SLOW") === "1" ? 1_000 : 25;
const INITIATION = 1, RESPONSE = 2;
/** A retransmission of either side, and a new handshake after silence, from §6. */
const REPAIRED_WITHIN = 16_000;

/**
 * Adds to a route that `host` forgets its own initiations when it answers one,
 * as wireguard-go does: it never sees the responses to them.
 */
function forgetful(host: Host, route: Route): Route {
  let open: number[] = [];
  const forgotten = new Set<number>();
  return (datagram, now) => {
    const { from, to, bytes } = datagram;
    if (from === host.location && bytes[0] === INITIATION) {
      open.push(readWord(bytes, 4));
    }
    if (from === host.location && bytes[0] === RESPONSE) {
      for (const index of open) forgotten.add(index);
      open = [];
    }
    const lost = to.port === host.location.port && bytes[0] === RESPONSE &&
      forgotten.has(readWord(bytes, 8));
    return lost ? [] : route(datagram, now);
  };
}

/** Both sides send each 200 ms; resolves to when both have heard the other's latest packets. */
function untilBothPass(network: Network, laptop: Host, vps: Host): number {
  const begun = network.now;
  for (let mark = 1_000; network.now - begun < 60_000; mark++) {
    laptop.send(toVps(mark));
    vps.send(toLaptop(mark));
    network.run(200);
    const both = [laptop, vps].every(({ delivered }) =>
      delivered.some((bytes) => markOf(bytes) >= mark - 2)
    );
    if (both && mark > 1_002) return network.now - begun;
  }
  return Infinity;
}

Deno.test("both begin at once, 60 ms apart, with a peer that forgets its own initiation: nothing is lost for longer than a round trip", () => {
  for (const forgetter of ["laptop", "vps"] as const) {
    const network = new Network();
    const both = acquainted(network);
    network.route = forgetful(both[forgetter], () => [30]);
    both.laptop.send(toVps(1));
    both.vps.send(toLaptop(2));
    network.run(150);
    deepStrictEqual(both.vps.delivered.map(markOf), [1]);
    deepStrictEqual(both.laptop.delivered.map(markOf), [2]);
    network.run(6_000);
    ok(untilBothPass(network, both.laptop, both.vps) < 1_000);
  }
});

Deno.test("rekeys that cross, with a peer that forgets, lose no packet", () => {
  for (const forgetter of [undefined, "laptop", "vps"] as const) {
    const network = new Network();
    const both = acquainted(network);
    const { laptop, vps } = both;
    const route = () => [30];
    network.route = forgetter ? forgetful(both[forgetter], route) : route;
    let sent = 0;
    const run = (milliseconds: number, step: number) => {
      for (let time = 0; time < milliseconds; time += step) {
        laptop.send(toVps(sent));
        vps.send(toLaptop(sent));
        sent++;
        network.run(step);
      }
    };
    // Densely around each rekey, after 120 s and after 240 s.
    for (let rekey = 0; rekey < 3; rekey++) {
      run(2_000, 5);
      run(117_000, 1_000);
    }
    network.run(1_000);
    const marks = Array.from({ length: sent }, (_, i) => i);
    for (const { delivered } of [laptop, vps]) {
      deepStrictEqual(delivered.map(markOf), marks, `${forgetter}`);
    }
  }
});

Deno.test("a rekey of one side alone, after initiations that crossed, loses no packet of the other", () => {
  for (const alone of ["laptop", "vps"] as const) {
    const network = new Network();
    const both = acquainted(network);
    network.route = () => [60];
    both.laptop.send(toVps(0));
    both.vps.send(toLaptop(0));
    network.run(119_000);
    const sent = { laptop: 1, vps: 1 };
    const send = (who: "laptop" | "vps") => {
      const packet = who === "laptop" ? toVps : toLaptop;
      both[who].send(packet(sent[who]++));
    };
    const other = alone === "laptop" ? "vps" : "laptop";
    // The other has answered the initiation, and may not begin one of its own, when it begins to send.
    network.run(1_300);
    send(alone);
    network.run(70);
    for (let i = 0; i < 60; i++) {
      send(other);
      network.run(5);
    }
    network.run(1_000);
    const initiations = network.log.filter(({ datagram }) =>
      datagram.bytes[0] === INITIATION
    );
    deepStrictEqual(initiations.length, 3);
    const receiver = both[alone];
    deepStrictEqual(
      receiver.delivered.map(markOf),
      Array.from({ length: sent[other] }, (_, i) => i),
      alone,
    );
  }
});

/** What a run is made of: the seed of loss and delay, and who begins when. */
const patterns = fc.record({
  seed: fc.nat(0xffff_ffff),
  loss: fc.constantFrom(0, 0.2, 0.5),
  delay: fc.integer({ min: 1, max: 400 }),
  offset: fc.integer({ min: 0, max: 800 }),
  age: fc.constantFrom(0, 0, 119_500, 121_000, 179_000, 200_000),
  forgetter: fc.constantFrom("nobody", "laptop", "vps"),
});

Deno.test("after any pattern of loss and delay both directions pass within 16 s of its end", () => {
  fc.assert(
    fc.property(patterns, (pattern) => {
      const { seed, loss, delay, offset, age, forgetter } = pattern;
      const network = new Network(seed);
      const both = acquainted(network);
      const { laptop, vps } = both;
      if (age > 0) {
        laptop.send(toVps());
        network.run(age);
      }
      const random = generator(seed ^ 0x5bd1e995);
      const lossy: Route = () =>
        random() < loss ? [] : [1 + Math.floor(random() * delay)];
      const clean: Route = () => [delay];
      let storm = true;
      const route: Route = (datagram, now) =>
        storm ? lossy(datagram, now) : clean(datagram, now);
      network.route = forgetter === "nobody"
        ? route
        : forgetful(forgetter === "vps" ? vps : laptop, route);
      laptop.send(toVps());
      network.run(offset);
      vps.send(toLaptop());
      network.run(3_000);
      storm = false;
      const repaired = untilBothPass(network, laptop, vps);
      ok(repaired <= REPAIRED_WITHIN, `${repaired} ms`);
    }),
    { numRuns: runs },
  );
});
