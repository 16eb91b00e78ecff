/** The tunnel's own addresses are never the source of its datagrams, whatever else the uplink has. */

import { ok, strictEqual } from "node:assert";
import { OuterSource } from "../../src/driver/outer_source.ts";
import type { Endpoint } from "../../src/config/config.ts";
import { type End, hostTest, Pair, PORT } from "./hosts.ts";

/** What becomes of the uplink, and where the peer then sees this end. */
const UPLINKS: [name: string, script: string, seen: RegExp][] = [
  [
    "has a global address",
    "true",
    /\[fd08::1\]:51820$/m,
  ],
  [
    "has a deprecated address alone",
    "ip -6 address change fd08::1/64 dev eth0 preferred_lft 0 valid_lft 1000; ip -6 route replace fd08::/64 dev eth0",
    /\[fd08::1\]:51820$/m,
  ],
  [
    "has a link-local address alone",
    "ip -6 address flush dev eth0 scope global; ip -6 address add fe80::77/64 dev eth0 nodad; ip -6 route replace fd08::/64 dev eth0",
    /\[fe80::77%eth0\]:51820$/m,
  ],
  [
    "has a link-local address, but another interface a global one",
    "ip -6 address flush dev eth0 scope global; ip -6 address add fe80::77/64 dev eth0 nodad; ip -6 address add fd77::1/128 dev lo; ip -6 route replace fd08::/64 dev eth0",
    /\[fd77::1\]:51820$/m,
  ],
];

for (const [name, script, seen] of UPLINKS) {
  hostTest(
    `datagrams do not leave from the tunnel's address where the uplink ${name}`,
    async () => {
      await using pair = await Pair.up();
      const { left, right } = pair;
      await right.host.shell(
        "ip -6 route add fd77::1/128 via fe80::77 dev eth0",
      );
      await overIPv6(left, right);
      ok(await reaches(left, right));
      await left.host.shell(script);
      ok(await reaches(left, right));
      const endpoints = await right.host.must("wg", "show", "wg0", "endpoints");
      ok(seen.test(endpoints), endpoints);
    },
  );
}

hostTest(
  "nothing is sent where this machine has no address but the tunnel's, and that is counted; with one it goes on",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    await overIPv6(left, right);
    await left.host.shell(
      "ip -6 address flush dev eth0; ip -6 route replace fd08::/64 dev eth0",
    );
    ok(!await reaches(left, right, "1"));
    const answer = await left.daemon.ask("drops=1\n\n");
    const [, ofPeer] = answer.split("public_key=");
    ok(/drop=no route to the peer's endpoint=[1-9]/.test(ofPeer!), answer);
    const before = await right.host.must("wg", "show", "wg0", "endpoints");
    ok(!before.includes("fd09"), before);
    await left.host.shell("ip -6 address add fd08::1/64 dev eth0 nodad");
    ok(await reaches(left, right, "6"));
  },
);

hostTest(
  "datagrams do not leave from the tunnel's address where the uplink has no IPv4 address",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    await right.host.shell("ip route add 10.77.0.1/32 dev eth0");
    await left.host.shell(
      "ip address flush dev eth0; ip route add 10.8.0.0/24 dev eth0; ip address add 10.77.0.1/32 dev lo",
    );
    ok(await reaches(left, right, "6"));
    const endpoints = await right.host.must("wg", "show", "wg0", "endpoints");
    ok(endpoints.includes("10.77.0.1:51820"), endpoints);
  },
);

Deno.test("OuterSource passes on as it is what names its source already", () => {
  const sent: Endpoint[] = [];
  const source = new OuterSource(
    { add: (_place, _length, _segment, to) => void sent.push(to), flush() {} },
    { tunnel: 1, mark: () => 0, onNone: () => {} },
  );
  const to = {
    address: Uint8Array.of(192, 0, 2, 1),
    port: PORT,
    scope: 0,
    source: Uint8Array.of(192, 0, 2, 2),
  };
  source.add(0, 100, 0, to);
  strictEqual(sent[0], to);
});

async function overIPv6(left: End, right: End): Promise<void> {
  for (
    const [from, to, number] of [[left, right, 2], [right, left, 1]] as const
  ) {
    await from.host.must(
      "wg",
      "set",
      "wg0",
      "peer",
      to.keys.publicKey,
      "endpoint",
      `[fd08::${number}]:${PORT}`,
    );
  }
}

async function reaches(from: End, to: End, seconds = "3"): Promise<boolean> {
  const words = ["-n", "-c", "1", "-W", seconds, to.v4];
  return (await from.host.run("ping", ...words)).code === 0;
}
