/**
 * Under load: cookies, and the rate of each source (whitepaper §5.3, §5.4.7).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { parseEndpoint } from "../../src/config/endpoint.ts";
import type { Endpoint } from "../../src/config/config.ts";
import { forge } from "./packets.ts";
import {
  endpoint,
  generator,
  type Host,
  laptopAndVps,
  markOf,
  Network,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1, RESPONSE = 2, COOKIE_REPLY = 3, DATA = 4;
/** Handshake messages that may wait at the hosts of these tests without load. */
const THRESHOLD = 10;
const NO_COOKIE = "handshake without a valid cookie under load (mac2)";
const TOO_MANY = "too many handshakes from one address under load";
const REPLAYED = "initiation replayed, or from a clock that went backward";

function create(): { network: Network; laptop: Host; vps: Host } {
  const network = new Network();
  const options = { loadThreshold: THRESHOLD };
  return { network, ...laptopAndVps(network, {}, options) };
}

const random = generator(77);

/** Hands `host` messages with a right mac1 from somewhere else, all at once: as many as put it under load, unless told. */
function flood(host: Host, from: Endpoint, messages = 2 * THRESHOLD): void {
  host.receiveAll(Array.from({ length: messages }, () => ({
    bytes: forge(INITIATION, host.publicKey, random),
    from,
  })));
}

const FLOODER = endpoint("198.51.100.66:6666");

/** The types of what `host` answers to a datagram. */
function answer(host: Host, bytes: Uint8Array, from: Endpoint): number[] {
  const before = host.sent.length;
  host.receive(bytes, from);
  return host.sentTypes().slice(before);
}

/** A laptop that has a cookie of the VPS, under load, and its initiation with mac2. */
function withCookie() {
  const all = create();
  const { network, laptop, vps } = all;
  flood(vps, FLOODER);
  laptop.send(toVps(1));
  network.run(100);
  strictEqual(vps.sent.at(-1)![0], COOKIE_REPLY);
  network.route = () => [];
  network.run(5_300);
  const initiation = laptop.sent.at(-1)!;
  ok(initiation.subarray(132).some((byte) => byte !== 0), "it has a mac2");
  return { ...all, initiation };
}

Deno.test("below the threshold no cookie is asked for", () => {
  const { network, vps } = create();
  for (let i = 0; i < 15; i++) {
    flood(vps, FLOODER, THRESHOLD);
    network.run(10);
  }
  deepStrictEqual(vps.sent, []);
  deepStrictEqual(Object.keys(vps.drops()), [
    "initiation that does not decrypt",
  ]);
});

Deno.test("under load a handshake is answered by a cookie reply and nothing else", () => {
  const { network, laptop, vps } = create();
  flood(vps, FLOODER);
  vps.sent.length = vps.services.length = 0;
  laptop.send(toVps(1));
  network.run(100);
  deepStrictEqual(vps.sentTypes(), [COOKIE_REPLY]);
  // As in the kernel, only what costs the sender a handshake is hurried on its way.
  deepStrictEqual(laptop.services, [0x88]);
  deepStrictEqual(vps.services, [0]);
  strictEqual(vps.sent[0]!.length, 64);
  strictEqual(vps.status(laptop).endpoint, undefined);
  strictEqual(vps.status(laptop).receivedBytes, 0);
});

Deno.test("messages whose mac1 is wrong bring no load, and under load no answer", () => {
  const { vps } = create();
  for (let i = 0; i < 100; i++) {
    const message = forge(INITIATION, vps.publicKey, random);
    message[120]! ^= 1;
    deepStrictEqual(answer(vps, message, FLOODER), []);
  }
  const initiation = forge(INITIATION, vps.publicKey, random);
  deepStrictEqual(answer(vps, initiation, FLOODER), []);
  flood(vps, FLOODER);
  initiation[120]! ^= 1;
  deepStrictEqual(answer(vps, initiation, FLOODER), []);
});

Deno.test("the initiator takes the cookie and gets through with its next initiation", () => {
  const { network, laptop, vps } = create();
  flood(vps, FLOODER);
  laptop.send(toVps(1));
  for (let i = 0; i < 60; i++) {
    flood(vps, FLOODER);
    network.run(100);
  }
  deepStrictEqual(vps.delivered.map(markOf), [1]);
  deepStrictEqual(laptop.sentTypes(), [INITIATION, INITIATION, DATA]);
  ok(vps.sentTypes().includes(COOKIE_REPLY));
});

Deno.test("a response under load needs a cookie too, or is answered by one", () => {
  const { network, laptop, vps } = create();
  laptop.send(toVps(1));
  network.run(10);
  flood(laptop, FLOODER);
  laptop.sent.length = 0;
  network.run(100);
  deepStrictEqual(laptop.sentTypes(), [COOKIE_REPLY]);
  network.run(6_000);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("a cookie counts for one address and one port", () => {
  const cases: [string, number][] = [
    ["100.64.0.2:40000", RESPONSE],
    ["100.64.0.2:40001", COOKIE_REPLY],
    ["100.64.0.3:40000", COOKIE_REPLY],
  ];
  for (const [from, type] of cases) {
    const { vps, initiation } = withCookie();
    flood(vps, FLOODER);
    deepStrictEqual(answer(vps, initiation, endpoint(from)), [type], from);
  }
});

Deno.test("a cookie of the responder's last secret, older than 120 s, counts no more (§5.4.7)", () => {
  for (const [age, type] of [[110_000, RESPONSE], [121_000, COOKIE_REPLY]]) {
    const { network, vps, initiation } = withCookie();
    network.run(age! - network.now);
    flood(vps, FLOODER);
    deepStrictEqual(answer(vps, initiation, FLOODER), [COOKIE_REPLY]);
    const from = endpoint("100.64.0.2:40000");
    deepStrictEqual(answer(vps, initiation, from), [type], `${age}`);
  }
});

Deno.test("the initiator uses a cookie for 120 s", () => {
  const { network, laptop } = withCookie();
  network.run(125_000 - network.now);
  laptop.send(toVps(2));
  network.run(6_000);
  const { bytes } = network.log.at(-1)!.datagram;
  strictEqual(bytes[0], INITIATION);
  ok(bytes.subarray(132).every((byte) => byte === 0), "mac2 is zero again");
});

Deno.test("load ends a second after the last of it", () => {
  const { network, laptop, vps } = create();
  flood(vps, FLOODER);
  network.run(999);
  deepStrictEqual(
    answer(vps, forge(INITIATION, vps.publicKey, random), FLOODER),
    [COOKIE_REPLY],
  );
  network.run(1);
  laptop.send(toVps(1));
  network.run(100);
  deepStrictEqual(vps.delivered.map(markOf), [1]);
});

Deno.test("without load no handshake is answered by a cookie, the 100th as little as the first", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network);
  for (let i = 0; i < 120; i++) {
    flood(vps, FLOODER, 1);
    network.run(50);
  }
  laptop.send(toVps(1));
  network.run(50);
  deepStrictEqual(vps.sentTypes(), [RESPONSE]);
});

Deno.test("a cookie reply never changes an endpoint", () => {
  const { network, laptop, vps } = create();
  flood(vps, FLOODER);
  laptop.send(toVps(1));
  network.run(10);
  const reply = vps.sent.at(-1)!;
  strictEqual(reply[0], COOKIE_REPLY);
  const before = laptop.status(vps);
  laptop.receive(reply, FLOODER);
  deepStrictEqual(laptop.status(vps), before);
  deepStrictEqual(laptop.status(vps).endpoint, vps.location);
  deepStrictEqual(laptop.drops(), {});
});

Deno.test("a cookie reply that is forged, replayed or to no message of ours is dropped and counted", () => {
  const { network, laptop, vps } = create();
  flood(vps, FLOODER);
  laptop.send(toVps(1));
  network.run(100);
  const reply = vps.sent.at(-1)!;
  const forged = reply.slice();
  forged[40]! ^= 1;
  laptop.receive(forged, vps.location);
  laptop.receive(reply, vps.location);
  strictEqual(laptop.drops()["cookie reply that does not decrypt"], 2);
  forged[4]! ^= 1;
  laptop.receive(forged, vps.location);
  const reason = "response or cookie to no handshake of ours";
  strictEqual(laptop.drops()[reason], 1);
  deepStrictEqual(laptop.sentTypes(), [INITIATION]);
});

Deno.test("a source with a cookie is heard 5 times at once and then 20 times a second", () => {
  const { network, vps, initiation } = withCookie();
  const from = endpoint("100.64.0.2:40000");
  flood(vps, FLOODER);
  const outcomes = () => {
    const before = vps.drops();
    const types = answer(vps, initiation, from);
    const after = vps.drops();
    if (types.length > 0) return "answered";
    return after[TOO_MANY] === before[TOO_MANY] ? "heard" : "limited";
  };
  const burst = Array.from({ length: 7 }, outcomes);
  deepStrictEqual(burst, [
    "answered",
    ...Array(4).fill("heard"),
    "limited",
    "limited",
  ]);
  network.run(50);
  deepStrictEqual([outcomes(), outcomes()], ["heard", "limited"]);
  strictEqual(vps.drops()[REPLAYED], 5);
});

Deno.test("one source that is over its rate takes nothing from another", () => {
  const { network, laptop, vps, initiation } = withCookie();
  const from = laptop.location;
  flood(vps, FLOODER);
  for (let i = 0; i < 50; i++) vps.receive(initiation, from);
  ok(vps.drops()[TOO_MANY]! > 40);
  const tablet = network.host("100.64.0.3:40000");
  vps.peer(tablet, ["10.0.0.3/32"]);
  tablet.peer(vps, ["10.0.0.1/32"], { endpoint: vps.location });
  network.route = () => [10];
  const packet = toVps(5);
  packet.set([10, 0, 0, 3], 12);
  tablet.send(packet);
  for (let i = 0; i < 60; i++) {
    for (let j = 0; j < 5; j++) vps.receive(initiation, from);
    network.run(100);
  }
  ok(vps.delivered.map(markOf).includes(5));
});

Deno.test("an IPv6 source that floods asks for cookies from its own addresses alone", () => {
  const { vps } = create();
  const from = parseEndpoint("[2001:db8::1]:5");
  flood(vps, from, THRESHOLD);
  strictEqual(vps.sent.length, 0);
  flood(vps, from);
  const message = forge(INITIATION, vps.publicKey, random);
  deepStrictEqual(answer(vps, message, from), [COOKIE_REPLY]);
});

Deno.test("data passes under load as ever", () => {
  const { network, laptop, vps } = create();
  laptop.send(toVps(1));
  network.run(100);
  for (let i = 0; i < 20; i++) {
    flood(vps, FLOODER);
    flood(laptop, FLOODER);
    laptop.send(toVps(10 + i));
    vps.send(toLaptop(10 + i));
    network.run(20);
  }
  strictEqual(vps.delivered.length, 21);
  strictEqual(laptop.delivered.length, 20);
  ok(vps.drops()[NO_COOKIE]! > 300);
});
