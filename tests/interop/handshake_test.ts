/**
 * Every implementation with every other, in both roles, with and without preshared key, over v4 and v6: a handshake
 * and three pings each way. Each peer has its own two hosts, on which the eight shapes follow one another.
 */

import { deepStrictEqual, ok } from "node:assert";
import { binaryTest, peerTest } from "./cases.ts";
import { onlyPeer, type Peer } from "./peers.ts";
import { type Direct, direct } from "./topology.ts";
import {
  describe,
  INSIDE,
  ping,
  type Shape,
  SHAPES,
  Tunnel,
} from "./tunnel.ts";

peerTest("up() shakes hands with %", shakeAll(SHAPES));

binaryTest(
  "up() of the compiled program shakes hands with %",
  shakeAll(["subject", "peer"].map(short)),
);

function shakeAll(shapes: Shape[]) {
  return async (subject: Peer, peer: Peer, test: Deno.TestContext) => {
    const hosts = await direct();
    await using _network = hosts.network;
    await peer.prepare(hosts.peer);
    for (const shape of shapes) {
      await test.step(
        describe(shape),
        () => shakeHands(hosts, subject, peer, shape),
      );
    }
  };
}

function short(initiator: string): Shape {
  return {
    initiator: initiator === "peer" ? "peer" : "subject",
    presharedKey: true,
    outside: "v4",
  };
}

async function shakeHands(
  hosts: Direct,
  subject: Peer,
  peer: Peer,
  shape: Shape,
): Promise<void> {
  const tunnel = await Tunnel.over(hosts, subject, peer, shape);
  try {
    const from = tunnel.end(shape.initiator);
    const other = shape.initiator === "subject" ? "peer" : "subject";
    for (const family of ["v4", "v6"] as const) {
      const pings = await ping(
        from,
        INSIDE[family][other],
        "-c",
        "3",
        "-i",
        "0.02",
        "-W",
        "6",
      );
      deepStrictEqual(
        [pings.sent, pings.received],
        [3, 3],
        pings.text + tunnel.logs(),
      );
    }
    // Of the peer nothing is asked: boringtun tells the handshake's age where others tell its time.
    ok((await onlyPeer(tunnel.subject)).latestHandshake > 0, tunnel.logs());
  } finally {
    await tunnel.stop();
  }
}
