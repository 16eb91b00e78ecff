/**
 * Tunnels that everything goes through, themselves excepted: the peer is also the way to the internet, and has an
 * address that can be reached inside and outside of the tunnel.
 *
 * ```text
 *   subject eth0 10.77.0.1 ═══════ eth0 10.77.0.2 peer      lo 198.51.100.1, 10.77.5.1
 *           wg0 10.66.0.1  ─tunnel─ wg0 10.66.0.2
 * ```
 *
 * Reverse path filtering is strict, as many distributions have it: what comes back unmarked would be lost.
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { caktusTest } from "./cases.ts";
import { cached } from "./install.ts";
import { named, type Running } from "./peers.ts";
import { confText, keyPair, type Settings } from "./settings.ts";
import { difference } from "./snapshot.ts";
import { type Direct, OUTSIDE } from "./topology.ts";
import {
  endpointOf,
  INSIDE,
  newEnds,
  PLAIN,
  reaches,
  Tunnel,
} from "./tunnel.ts";

const STOCK = named("wireguard-go");
const INTERNET = "198.51.100.1";
const BEHIND = "10.77.5.1";

const SHAPES: [name: string, allowedIps: string[]][] = [
  ["everything", ["0.0.0.0/0", "::/0"]],
  ["everything in halves", ["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]],
];

for (const [name, allowedIps] of SHAPES) {
  caktusTest(
    `a tunnel for ${name} carries all but its own datagrams`,
    async (subject) => {
      await using tunnel = await Tunnel.up(
        subject,
        STOCK,
        PLAIN,
        ends(allowedIps),
        wire,
      );
      ok(await reaches(tunnel.subject, INTERNET, 6), tunnel.logs());
      ok(await reaches(tunnel.subject, INSIDE.v4.peer), tunnel.logs());
      match(await way(tunnel.subject, INTERNET), / dev wg0 /);
      // The network of the uplink is nearer than everything.
      match(await way(tunnel.subject, OUTSIDE.v4.peer), / dev eth0 /);
      match(await way(tunnel.subject, INTERNET, "mark", "51820"), / dev eth0 /);
    },
    ["wireguard-go"],
  );
}

caktusTest(
  "a tunnel whose endpoint lies inside AllowedIPs reaches the hosts behind it, inside",
  async (subject) => {
    const allowed = ["10.77.0.2/32", "10.77.0.0/16", "10.66.0.0/24"];
    await using tunnel = await Tunnel.up(
      subject,
      STOCK,
      PLAIN,
      ends(allowed),
      wire,
    );
    for (const address of [BEHIND, OUTSIDE.v4.peer, INSIDE.v4.peer]) {
      ok(await reaches(tunnel.subject, address, 6), tunnel.logs());
      match(await way(tunnel.subject, address), / dev wg0 /);
    }
    match(
      await way(tunnel.subject, OUTSIDE.v4.peer, "mark", "51820"),
      / dev eth0 /,
    );
    match(await way(tunnel.subject, INTERNET), / dev eth0 /);
  },
  ["wireguard-go"],
);

caktusTest(
  "two tunnels for everything: the last one carries it, each undoes only its own, in any order",
  async (subject) => {
    await using tunnel = await Tunnel.up(
      subject,
      STOCK,
      PLAIN,
      newEnds(),
      wire,
    );
    await tunnel.subject.stop();
    const { subject: host, peer } = tunnel.hosts;
    const before = await host.snapshot();
    const [first, second] = [["0.0.0.0/0", "::/0"], ["0.0.0.0/0"]];
    for (const firstEnds of [true, false]) {
      const wg0 = await subject.start(host, "wg0", {
        ...tunnel.ends.subject,
        peers: tunnel.ends.subject.peers.map((one) => ({
          ...one,
          allowedIps: first!,
        })),
      });
      const pair = secondPair(second!);
      const far = await STOCK.start(peer, "wg1", pair.peer);
      const wg1 = await subject.start(host, "wg1", pair.subject);
      match(await way(wg1, INTERNET), / dev wg1 /);
      ok(await reaches(wg1, INTERNET, 6), wg0.log() + wg1.log());
      const [ends, stays] = firstEnds ? [wg0, wg1] : [wg1, wg0];
      await ends.stop();
      match(await way(stays, INTERNET), new RegExp(` dev ${stays.link} `));
      ok(await reaches(stays, INTERNET, 6), stays.log());
      match(await host.must("ip", "rule"), /suppress_prefixlength 0/);
      strictEqual(
        (await host.must("cat", "/proc/sys/net/ipv4/conf/all/src_valid_mark"))
          .trim(),
        "1",
      );
      await stays.stop();
      await far.stop();
      await host.must("rm", "/etc/wireguard/wg1.conf");
      deepStrictEqual(difference(before, await host.snapshot()), []);
    }
  },
  ["wireguard-go"],
);

caktusTest(
  "a tunnel for everything beside one that stock wg-quick made takes back nothing of it",
  async (subject) => {
    await using tunnel = await Tunnel.up(
      subject,
      STOCK,
      PLAIN,
      newEnds(),
      wire,
    );
    await tunnel.subject.stop();
    const { subject: host, peer } = tunnel.hosts;
    const pair = secondPair(["0.0.0.0/0"]);
    await STOCK.start(peer, "wg1", pair.peer);
    await host.write("/etc/wireguard/wg1.conf", confText(pair.subject));
    await host.shell(
      `WG_QUICK_USERSPACE_IMPLEMENTATION=${
        cached("wireguard-go")
      } wg-quick up wg1`,
    );
    const before = await host.snapshot();
    const wg0 = await subject.start(host, "wg0", {
      ...tunnel.ends.subject,
      peers: ends(["0.0.0.0/0"], tunnel.ends).subject.peers,
    });
    match(await way(wg0, INTERNET), / dev wg0 /);
    ok(await reaches(wg0, INTERNET, 6), wg0.log());
    await wg0.stop();
    deepStrictEqual(difference(before, await host.snapshot()), []);
    match(await way(wg0, INTERNET), / dev wg1 /);
    ok(await reaches(wg0, INTERNET, 6));
  },
  ["wireguard-go"],
);

/** Both ends, of which the subject sends `allowedIps` into the tunnel. */
function ends(allowedIps: string[], both = newEnds()) {
  for (const peer of both.subject.peers) peer.allowedIps = allowedIps;
  return both;
}

/** A second tunnel between the same two hosts. */
function secondPair(
  allowedIps: string[],
): { subject: Settings; peer: Settings } {
  const [own, other] = [keyPair(), keyPair()];
  return {
    subject: {
      privateKey: own.privateKey,
      listenPort: 51821,
      addresses: ["10.67.0.1/24"],
      peers: [{
        publicKey: other.publicKey,
        endpoint: endpointOf(OUTSIDE.v4.peer, 51821),
        allowedIps,
      }],
    },
    peer: {
      privateKey: other.privateKey,
      listenPort: 51821,
      addresses: ["10.67.0.2/24"],
      peers: [{ publicKey: own.publicKey, allowedIps: ["10.67.0.1/32"] }],
    },
  };
}

async function wire({ subject, peer }: Direct): Promise<void> {
  await subject.shell(`
    sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1
    ip route add default via ${OUTSIDE.v4.peer}`);
  await peer.shell(`
    sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
    ip address add ${INTERNET}/32 dev lo; ip address add ${BEHIND}/32 dev lo`);
}

function way(
  running: Running,
  address: string,
  ...words: string[]
): Promise<string> {
  return running.must("ip", "route", "get", address, ...words);
}
