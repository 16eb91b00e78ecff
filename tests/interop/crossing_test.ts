/**
 * Initiations that cross: both ends speak first, and what they say is on its way for 60 ms. One end that keeps its own
 * initiation while it answers the other's is enough for both.
 *
 * ```text
 *  subject ══════ relay: each datagram waits 60 ms ══════ peer
 *  10.77.0.1      10.77.0.2, port 51820 at both sides     10.78.0.2
 *                 10.78.0.1
 * ```
 */

import { ok } from "node:assert";
import { peersSideBySide } from "./cases.ts";
import { Network } from "./netns.ts";
import type { Running } from "./peers.ts";
import { endpointOf, INSIDE, newEnds } from "./tunnel.ts";

/** Passes datagrams between its two neighbours' ports 51820. */
const RELAY = `
import { createSocket } from "node:dgram";
const sides = [["10.77.0.2", "10.77.0.1"], ["10.78.0.1", "10.78.0.2"]];
const sockets = sides.map(() => createSocket("udp4"));
sides.forEach(([own], side) => sockets[side].bind(51820, own));
sockets.forEach((socket, side) => socket.on("message", (data) =>
  setTimeout(() => sockets[1 - side].send(data, 51820, sides[1 - side][1]), 60)));
console.log("relaying");
`;

/** 1 s is less than the 5 s after which an initiation is repeated. */
const LIMIT_SECONDS = "1";

peersSideBySide("initiations that cross are no loss", async (subject, peer) => {
  await using network = await Network.create("subject", "relay", "peer");
  const [own, relay, other] = [
    network.host("subject"),
    network.host("relay"),
    network.host("peer"),
  ];
  const end = (host: typeof own, name: string, address: string) => ({
    host,
    interface: name,
    addresses: [`${address}/24`],
  });
  await network.wire(
    end(own, "eth0", "10.77.0.1"),
    end(relay, "eth0", "10.77.0.2"),
  );
  await network.wire(
    end(relay, "eth1", "10.78.0.1"),
    end(other, "eth0", "10.78.0.2"),
  );
  await relay.write("/run/relay.ts", RELAY);
  const relaying = await relay.spawn([
    Deno.execPath(),
    "run",
    "-A",
    "/run/relay.ts",
  ]);
  await relaying.process.says(/relaying/, 10_000);
  await peer.prepare(other);
  const ends = newEnds();
  for (const each of ends.subject.peers) {
    each.endpoint = endpointOf("10.77.0.2");
  }
  for (const each of ends.peer.peers) each.endpoint = endpointOf("10.78.0.1");
  const left = await subject.start(own, "wg0", ends.subject);
  const right = await peer.start(other, "wg0", ends.peer);
  await Promise.all([
    pings(left, INSIDE.v4.peer),
    pings(right, INSIDE.v4.subject),
  ]);
});

async function pings(from: Running, address: string): Promise<void> {
  const result = await from.run(
    "ping",
    "-q",
    "-c",
    "1",
    "-W",
    LIMIT_SECONDS,
    address,
  );
  ok(
    result.code === 0,
    `${from.peer.name} got no answer in time\n${from.log()}`,
  );
}
