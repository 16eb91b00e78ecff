/** Who moves stays connected: addresses and ports change at either end, and answers come from where they were asked. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { interopTest, peerTest } from "./cases.ts";
import { named, onlyPeer } from "./peers.ts";
import { sleep } from "./process.ts";
import { OUTSIDE } from "./topology.ts";
import {
  endpointOf,
  INSIDE,
  newEnds,
  ping,
  PLAIN,
  reaches,
  Tunnel,
} from "./tunnel.ts";

const MOVED = {
  v4: { subject: "10.77.0.3", peer: "10.77.0.4" },
  v6: { subject: "fd77::3", peer: "fd77::4" },
} as const;

for (const outside of ["v4", "v6"] as const) {
  peerTest(
    `both ends may move, with % over ${outside}`,
    async (subject, peer) => {
      await using tunnel = await Tunnel.up(subject, peer, {
        ...PLAIN,
        outside,
      });
      ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
      for (const who of ["subject", "peer"] as const) {
        await moves(tunnel, outside, who);
      }
    },
  );

  interopTest(
    `answers come from the address that was asked, over ${outside}`,
    async (subject) => {
      const asked = MOVED[outside].subject;
      const ends = newEnds({ ...PLAIN, initiator: "peer", outside });
      for (const each of ends.peer.peers) each.endpoint = endpointOf(asked);
      await using tunnel = await Tunnel.up(subject, named("wireguard-go"), {
        ...PLAIN,
        initiator: "peer",
        outside,
      }, ends);
      await tunnel.subject.must(
        "ip",
        "address",
        "add",
        withLength(asked),
        "dev",
        "eth0",
        ...nodad(asked),
      );
      ok(await reaches(tunnel.peer, INSIDE.v4.subject, 6), tunnel.logs());
      strictEqual((await onlyPeer(tunnel.peer)).endpoint, endpointOf(asked));
      // Its own data goes from there too, until the address is gone.
      ok(await reaches(tunnel.subject, INSIDE.v4.peer), tunnel.logs());
      strictEqual((await onlyPeer(tunnel.peer)).endpoint, endpointOf(asked));
      await tunnel.subject.must(
        "ip",
        "address",
        "delete",
        withLength(asked),
        "dev",
        "eth0",
      );
      ok(await reaches(tunnel.subject, INSIDE.v4.peer, 3), tunnel.logs());
      strictEqual(
        (await onlyPeer(tunnel.peer)).endpoint,
        endpointOf(OUTSIDE[outside].subject),
      );
    },
  );
}

interopTest(
  "a new address of the uplink interrupts for less than 3 s",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    const pings = ping(
      tunnel.subject,
      INSIDE.v4.peer,
      "-i",
      "0.1",
      "-c",
      "60",
      "-W",
      "1",
    );
    await sleep(1_000);
    await tunnel.subject.must(
      "ip",
      "address",
      "delete",
      "10.77.0.1/24",
      "dev",
      "eth0",
    );
    await tunnel.subject.must(
      "ip",
      "address",
      "add",
      "10.77.0.3/24",
      "dev",
      "eth0",
    );
    const { sent, received, text } = await pings;
    ok(
      sent - received < 30,
      `${
        sent - received
      } of ${sent} lost at 10 a second\n${text}${tunnel.logs()}`,
    );
  },
);

interopTest(
  "an uplink that goes and comes back interrupts for less than 3 s more",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    await tunnel.subject.must("ip", "link", "set", "eth0", "down");
    await reaches(tunnel.subject, INSIDE.v4.peer, 1);
    await tunnel.subject.must("ip", "link", "set", "eth0", "up");
    const { received } = await ping(
      tunnel.subject,
      INSIDE.v4.peer,
      "-i",
      "0.2",
      "-c",
      "15",
      "-W",
      "1",
    );
    ok(received > 0, tunnel.logs());
  },
);

interopTest(
  "a better way out is taken, from its own address",
  async (subject) => {
    const far = "10.99.0.1";
    const ends = newEnds();
    for (const each of ends.subject.peers) each.endpoint = endpointOf(far);
    await using tunnel = await Tunnel.up(
      subject,
      named("wireguard-go"),
      PLAIN,
      ends,
    );
    const { network, subject: host, peer: other } = tunnel.hosts;
    await network.wire(
      { host, interface: "eth1", addresses: ["10.78.0.1/24"] },
      { host: other, interface: "eth1", addresses: ["10.78.0.2/24"] },
    );
    await other.must("ip", "address", "add", `${far}/32`, "dev", "lo");
    await host.must("ip", "route", "add", far, "via", "10.77.0.2");
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    strictEqual(
      (await onlyPeer(tunnel.peer)).endpoint,
      endpointOf("10.77.0.1"),
    );
    await host.must("ip", "route", "replace", far, "via", "10.78.0.2");
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 3), tunnel.logs());
    strictEqual(
      (await onlyPeer(tunnel.peer)).endpoint,
      endpointOf("10.78.0.1"),
    );
  },
);

/** Gives an end another address and port, lets it speak, and asks the other end where it is. */
async function moves(
  tunnel: Tunnel,
  outside: "v4" | "v6",
  who: "subject" | "peer",
): Promise<void> {
  const other = who === "subject" ? "peer" : "subject";
  const mover = tunnel.end(who);
  const [old, address] = [OUTSIDE[outside][who], MOVED[outside][who]];
  await mover.must(
    "ip",
    "address",
    "add",
    withLength(address),
    "dev",
    "eth0",
    ...nodad(address),
  );
  await mover.must("ip", "address", "delete", withLength(old), "dev", "eth0");
  await mover.must("wg", "set", "wg0", "listen-port", "9998");
  ok(
    await reaches(mover, INSIDE.v4[other], 6),
    `${who} moved\n${tunnel.logs()}`,
  );
  deepStrictEqual(
    (await onlyPeer(tunnel.end(other))).endpoint,
    endpointOf(address, 9998),
  );
  ok(
    await reaches(tunnel.end(other), INSIDE.v4[who]),
    `back to the ${who}\n${tunnel.logs()}`,
  );
}

function withLength(address: string): string {
  return address.includes(":") ? `${address}/64` : `${address}/24`;
}

function nodad(address: string): string[] {
  return address.includes(":") ? ["nodad"] : [];
}
