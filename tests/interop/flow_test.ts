/** What flows: nothing lost, TCP for as long as asked, and counters that count every byte. */

import { deepStrictEqual, ok } from "node:assert";
import {
  compiledSubject,
  interopTest,
  peersSideBySide,
  peerTest,
  secondsOf,
} from "./cases.ts";
import { named, onlyPeer } from "./peers.ts";
import { INSIDE, ping, reaches, tcp, Tunnel } from "./tunnel.ts";

peerTest("a flood of 1,000 pings to % loses nothing", async (subject, peer) => {
  await using tunnel = await Tunnel.up(subject, peer);
  ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
  for (
    const [from, address] of [[tunnel.subject, INSIDE.v4.peer], [
      tunnel.peer,
      INSIDE.v4.subject,
    ]] as const
  ) {
    const pings = await ping(from, address, "-f", "-c", "1000", "-W", "2");
    deepStrictEqual(
      [pings.sent, pings.received],
      [1000, 1000],
      `from ${from.peer.name}: ${pings.text}`,
    );
  }
});

peersSideBySide("TCP runs each way", async (_, peer) => {
  await using tunnel = await Tunnel.up(compiledSubject(), peer);
  const seconds = secondsOf(30);
  const there = await tcp(tunnel.subject, tunnel.peer, INSIDE.v4.peer, seconds);
  const back = await tcp(
    tunnel.peer,
    tunnel.subject,
    INSIDE.v4.subject,
    seconds,
  );
  console.log(
    `${peer.name}: ${seconds} s to it ${megabits(there)}, from it ${
      megabits(back)
    }`,
  );
});

/** A train of datagrams that are longer than the way's MTU is refused as a whole, while each alone may go in fragments. */
interopTest(
  "TCP flows where the way is narrower than the tunnel",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
    for (const host of [tunnel.hosts.subject, tunnel.hosts.peer]) {
      await host.must("ip", "link", "set", "eth0", "mtu", "1400");
    }
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    const rate = await tcp(tunnel.subject, tunnel.peer, INSIDE.v4.peer, 3);
    ok(rate > 10e6, megabits(rate));
  },
);

/**
 * Ten pings of 84 bytes, padded to 96, are 128 on the wire. The initiator has sent an initiation of 148 bytes and
 * received a response of 92; it may have confirmed the session by a keepalive of 32.
 */
interopTest("show counts every byte", async (subject) => {
  await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
  const pings = await ping(
    tunnel.subject,
    INSIDE.v4.peer,
    "-f",
    "-c",
    "10",
    "-W",
    "6",
  );
  deepStrictEqual(pings.received, 10, tunnel.logs());
  const own = await onlyPeer(tunnel.subject);
  deepStrictEqual(own.receivedBytes, 92 + 10 * 128);
  ok(
    [148 + 10 * 128, 148 + 10 * 128 + 32].includes(own.sentBytes),
    `sent ${own.sentBytes}`,
  );
  const other = await onlyPeer(tunnel.peer);
  deepStrictEqual([other.receivedBytes, other.sentBytes], [
    own.sentBytes,
    own.receivedBytes,
  ]);
});

function megabits(rate: number): string {
  return `${Math.round(rate / 1e6)} Mbit/s`;
}
