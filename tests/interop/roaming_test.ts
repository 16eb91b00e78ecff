/** Who moves stays connected: addresses and ports change at either end, and answers come from where they were asked. */

import { ok, strictEqual } from "node:assert";
import { interopTest, peerTest } from "./cases.ts";
import { named, onlyPeer, type Running } from "./peers.ts";
import { sleep, until } from "./process.ts";
import { type Direct, OUTSIDE } from "./topology.ts";
import {
  endpointOf,
  INSIDE,
  newEnds,
  ping,
  PLAIN,
  reaches,
  Tunnel,
} from "./tunnel.ts";

const STOCK = named("wireguard-go");

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
      const shape = { ...PLAIN, initiator: "peer", outside } as const;
      const ends = newEnds(shape);
      for (const each of ends.peer.peers) each.endpoint = endpointOf(asked);
      await using tunnel = await Tunnel.up(
        subject,
        STOCK,
        shape,
        ends,
        ({ subject: host }) => change(host, "add", asked),
      );
      ok(await reaches(tunnel.peer, INSIDE.v4.subject, 6), tunnel.logs());
      strictEqual((await onlyPeer(tunnel.peer)).endpoint, endpointOf(asked));
      // Its own data goes from there too, until the address is gone.
      ok(await reaches(tunnel.subject, INSIDE.v4.peer), tunnel.logs());
      strictEqual((await onlyPeer(tunnel.peer)).endpoint, endpointOf(asked));
      await change(tunnel.subject, "delete", asked);
      ok(await reaches(tunnel.subject, INSIDE.v4.peer, 3), tunnel.logs());
      const left = endpointOf(OUTSIDE[outside].subject);
      strictEqual((await onlyPeer(tunnel.peer)).endpoint, left);
    },
  );
}

interopTest(
  "a new address of the uplink interrupts for less than 3 s",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, STOCK);
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    const pings = ping(
      tunnel.subject,
      INSIDE.v4.peer,
      ..."-i 0.1 -c 60 -W 1".split(" "),
    );
    await sleep(1_000);
    await change(tunnel.subject, "delete", OUTSIDE.v4.subject);
    await change(tunnel.subject, "add", MOVED.v4.subject);
    const { sent, received, text } = await pings;
    const lost = sent - received;
    ok(
      lost < 30,
      `${lost} of ${sent} lost at 10 a second\n${text}${tunnel.logs()}`,
    );
  },
);

interopTest(
  "an uplink that comes back carries the tunnel within 3 s",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, STOCK);
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    await tunnel.subject.must("ip", "link", "set", "eth0", "down");
    await reaches(tunnel.subject, INSIDE.v4.peer, 1);
    await tunnel.subject.must("ip", "link", "set", "eth0", "up");
    const pings = await ping(
      tunnel.subject,
      INSIDE.v4.peer,
      ..."-i 0.2 -c 1 -w 3".split(" "),
    );
    ok(pings.received > 0, tunnel.logs());
  },
);

interopTest(
  "a better way out is taken within 3 s, from its own address",
  async (subject) => {
    await using tunnel = await Tunnel.up(
      subject,
      STOCK,
      PLAIN,
      newEnds(),
      secondCable,
    );
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    strictEqual(
      (await onlyPeer(tunnel.peer)).endpoint,
      endpointOf(OUTSIDE.v4.subject),
    );
    await tunnel.subject.must(
      "ip",
      "route",
      "add",
      OUTSIDE.v4.peer,
      "via",
      "10.78.0.2",
    );
    await until("the peer sees the other address", 3_000, async () => {
      ok(await reaches(tunnel.subject, INSIDE.v4.peer, 3), tunnel.logs());
      const { endpoint } = await onlyPeer(tunnel.peer);
      return endpoint === endpointOf("10.78.0.1") || undefined;
    });
  },
);

/** Joins both hosts a second time. */
async function secondCable({ network, subject, peer }: Direct): Promise<void> {
  await network.wire(
    { host: subject, interface: "eth1", addresses: ["10.78.0.1/24"] },
    { host: peer, interface: "eth1", addresses: ["10.78.0.2/24"] },
  );
}

/** Gives an end another address and port, lets it speak, and asks the other end where it is. */
async function moves(
  tunnel: Tunnel,
  outside: "v4" | "v6",
  who: "subject" | "peer",
): Promise<void> {
  const other = who === "subject" ? "peer" : "subject";
  const mover = tunnel.end(who);
  const address = MOVED[outside][who];
  // In this order: with an address goes what else is in its network.
  await change(mover, "delete", OUTSIDE[outside][who]);
  await change(mover, "add", address);
  await mover.must("wg", "set", "wg0", "listen-port", "9998");
  ok(
    await reaches(mover, INSIDE.v4[other], 6),
    `${who} moved\n${tunnel.logs()}`,
  );
  const { endpoint } = await onlyPeer(tunnel.end(other));
  strictEqual(endpoint, endpointOf(address, 9998));
  const back = await reaches(tunnel.end(other), INSIDE.v4[who]);
  ok(back, `back to the ${who}\n${tunnel.logs()}`);
}

/** Adds or deletes an outside address. */
async function change(
  on: Pick<Running, "must">,
  word: "add" | "delete",
  address: string,
): Promise<void> {
  const v6 = address.includes(":");
  const nodad = v6 && word === "add" ? ["nodad"] : [];
  await on.must(
    "ip",
    "address",
    word,
    `${address}/${v6 ? 64 : 24}`,
    "dev",
    "eth0",
    ...nodad,
  );
}
