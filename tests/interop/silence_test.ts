/** When an interface speaks, and when not a byte may leave it. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { daemonPids } from "./caktus.ts";
import { caktusTest, interopTest } from "./cases.ts";
import type { Host } from "./netns.ts";
import { named, onlyPeer, type Running } from "./peers.ts";
import { sleep, until } from "./process.ts";
import { keyPair } from "./settings.ts";
import { OUTSIDE } from "./topology.ts";
import {
  endpointOf,
  INSIDE,
  newEnds,
  PLAIN,
  reaches,
  Tunnel,
} from "./tunnel.ts";

/** Points of small order on Curve25519 and its twist, in hexadecimal: a shared secret with them is no secret. */
const LOW_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
];

interopTest("public keys of low order: not a byte is sent", async (subject) => {
  await using tunnel = await Tunnel.up(subject, named("wireguard-go"), {
    ...PLAIN,
    initiator: "peer",
  });
  await countDatagrams(tunnel.hosts.peer);
  const dialled = endpointOf(OUTSIDE.v4.peer);
  for (const [index, key] of LOW_ORDER.map(base64).entries()) {
    const words =
      `peer ${key} persistent-keepalive 1 endpoint ${dialled} allowed-ips 10.67.0.${index}/32`;
    await tunnel.subject.must("wg", "set", "wg0", ...words.split(" "));
  }
  await sleep(2_000);
  strictEqual(await datagrams(tunnel.hosts.peer), 0);
});

interopTest(
  "an interface without data and keepalive sends nothing",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
    await countDatagrams(tunnel.hosts.peer);
    await sleep(2_000);
    strictEqual(await datagrams(tunnel.hosts.peer), 0);
  },
);

interopTest(
  "a persistent keepalive speaks as soon as the interface is up",
  async (subject) => {
    const ends = newEnds();
    for (const each of ends.subject.peers) each.persistentKeepaliveSeconds = 5;
    await using tunnel = await Tunnel.up(
      subject,
      named("wireguard-go"),
      PLAIN,
      ends,
    );
    await shakesHands(tunnel.subject, 1_000);
  },
);

/** `up` returns when the link is up; the daemon may hear of that later than it reads the first packet. */
caktusTest(
  "the first packet after the link went up is not lost",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
    const { subject: host } = tunnel.hosts;
    const signal = (name: string) =>
      host.shell(`kill -${name} $(${daemonPids("wg0")})`);
    await host.shell("ip link set wg0 down; sleep 0.3");
    await signal("STOP");
    await host.shell(
      `ip link set wg0 up; ip route replace ${INSIDE.v4.peer} dev wg0`,
    );
    const reached = reaches(tunnel.subject, INSIDE.v4.peer);
    await sleep(200);
    await signal("CONT");
    ok(await reached, tunnel.logs());
  },
  ["wireguard-go"],
);

interopTest(
  "a persistent keepalive waits for the private key, and speaks when it comes",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
    await countDatagrams(tunnel.hosts.peer);
    const [peer] = tunnel.ends.subject.peers;
    await tunnel.subject.must("wg", "set", "wg0", "private-key", "/dev/null");
    await tunnel.subject.must(
      "wg",
      "set",
      "wg0",
      "peer",
      peer?.publicKey ?? "",
      "persistent-keepalive",
      "1",
    );
    await sleep(1_500);
    strictEqual(await datagrams(tunnel.hosts.peer), 0);
    await setPrivateKey(tunnel, tunnel.ends.subject.privateKey);
    await shakesHands(tunnel.subject, 1_500);
  },
);

interopTest("a new private key is used at once", async (subject) => {
  await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
  ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
  const [old] = tunnel.ends.peer.peers;
  const keys = keyPair();
  const inside = `${INSIDE.v4.subject}/32,${INSIDE.v6.subject}/128`;
  await setPrivateKey(tunnel, keys.privateKey);
  await tunnel.peer.must(
    "wg",
    "set",
    "wg0",
    "peer",
    keys.publicKey,
    "allowed-ips",
    inside,
  );
  await tunnel.peer.must(
    "wg",
    "set",
    "wg0",
    "peer",
    old?.publicKey ?? "",
    "remove",
  );
  ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
});

interopTest(
  "ICMP errors of a peer that is gone stop nobody",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, named("wireguard-go"));
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    // Nobody listens on this port, so each initiation is answered by "port unreachable".
    const words = `peer ${keyPair().publicKey} endpoint ${
      endpointOf(OUTSIDE.v4.peer, 9)
    } allowed-ips 10.66.0.9/32`;
    await tunnel.subject.must("wg", "set", "wg0", ...words.split(" "));
    const dead = tunnel.subject.run(
      "ping",
      "-q",
      "-c",
      "100",
      "-i",
      "0.02",
      "-W",
      "1",
      "10.66.0.9",
    );
    const { stdout } = await tunnel.subject.run(
      "ping",
      "-q",
      "-c",
      "100",
      "-i",
      "0.02",
      "-W",
      "1",
      INSIDE.v4.peer,
    );
    ok(stdout.includes("100 received"), stdout + tunnel.logs());
    ok((await dead).stdout.includes(" 0 received"));
    await tunnel.peer.crash();
    await reaches(tunnel.subject, INSIDE.v4.peer, 1);
    tunnel.peer = await tunnel.peer.peer.start(
      tunnel.hosts.peer,
      "wg0",
      tunnel.ends.peer,
    );
    const back = await tunnel.subject.run(
      "ping",
      "-q",
      "-c",
      "1",
      "-i",
      "0.2",
      "-w",
      "18",
      INSIDE.v4.peer,
    );
    deepStrictEqual(back.code, 0, tunnel.logs());
  },
);

/** Gives the subject another private key, by stock wg. */
async function setPrivateKey(tunnel: Tunnel, key: string): Promise<void> {
  await tunnel.hosts.subject.write("/run/private.key", `${key}\n`);
  await tunnel.subject.must(
    "wg",
    "set",
    "wg0",
    "private-key",
    "/run/private.key",
  );
}

async function shakesHands(running: Running, limit: number): Promise<void> {
  await until(
    "a handshake that no data asked for",
    limit,
    async () => (await onlyPeer(running)).latestHandshake > 0 || undefined,
  ).catch((error) => {
    throw new Error(`${error.message}\n${running.log()}`);
  });
}

/** Counts UDP datagrams that come to a host from here on. */
async function countDatagrams(host: Host): Promise<void> {
  await host.load(`table inet count {
    counter datagrams { }
    chain input { type filter hook input priority raw; meta l4proto udp counter name datagrams; }
  }`);
}

async function datagrams(host: Host): Promise<number> {
  const listed = await host.must("nft", "list", "counters");
  return Number(listed.match(/packets (\d+)/)?.[1]);
}

function base64(hex: string): string {
  const bytes = (hex.match(/../g) ?? []).map((each) => parseInt(each, 16));
  return btoa(String.fromCharCode(...bytes));
}
