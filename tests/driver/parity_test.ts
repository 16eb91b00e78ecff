/**
 * What in-kernel WireGuard does and wireguard-go does not: "host unreachable"
 * for what no peer takes, ECN carried over, DSCP on handshakes, and byte counters
 * that count what passed.
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import type { Host } from "../interop/netns.ts";
import { hostTest, Pair } from "./hosts.ts";

/** Named counters of nf_tables that say what passes; "in" on what a host receives, "out" on what it sends. */
async function count(host: Host, rules: Record<string, string>) {
  const names = Object.keys(rules);
  await host.shell(`nft -f - <<'END'
table inet seen {
${names.map((name) => `  counter ${name} { }`).join("\n")}
  chain in { type filter hook prerouting priority -300;
${lines("in")}
  }
  chain out { type filter hook output priority 300;
${lines("out")}
  }
}
END`);
  function lines(way: string): string {
    return Object.entries(rules).filter(([, rule]) => rule.startsWith(way))
      .map(([name, rule]) =>
        `    ${rule.slice(way.length)} counter name ${name}`
      ).join("\n");
  }
  return async () => {
    const said = JSON.parse(await host.must("nft", "-j", "list", "counters"));
    const found = new Map<string, number>();
    for (const { counter } of said.nftables) {
      if (counter !== undefined) found.set(counter.name, counter.packets);
    }
    return names.map((name) => found.get(name)!);
  };
}

/** Three pings; what they said. */
async function pings(from: Host, to: string, ...options: string[]) {
  const { stdout, stderr } = await from.run(
    ...["ping", "-n", "-c", "3", "-i", "0.05", "-W", "1", ...options, to],
  );
  return stdout + stderr;
}

hostTest(
  "a packet that no peer takes, or one without an endpoint, is answered with host unreachable, in both families",
  async () => {
    await using pair = await Pair.up();
    const { host } = pair.left;
    for (
      const [to, words] of [
        ["10.9.0.77", /From 10\.9\.0\.77 .*Destination Host Unreachable/],
        [
          "fd09::77",
          /From fd09::77 .*Destination unreachable: Address unreachable/,
        ],
      ] as const
    ) {
      match(await pings(host, to), words);
    }
    await host.shell(`
      wg set wg0 peer ${pair.right.keys.publicKey} remove
      wg set wg0 peer ${pair.right.keys.publicKey} allowed-ips ${pair.right.v4}/32`);
    match(await pings(host, pair.right.v4), /Destination Host Unreachable/);
    // TCP learns of it too, and does not wait for its timeout.
    const tcp = await host.run(
      "timeout",
      "5",
      "bash",
      "-c",
      `exec 3<>/dev/tcp/${pair.right.v4}/80`,
    );
    match(tcp.stderr, /No route to host/);
  },
);

hostTest(
  "handshakes carry DSCP 0x88, data the ECN of the inner packet, and congestion outside reaches the inside",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    const sent = await count(left.host, {
      handshakes: "out udp dport 51820 @th,64,8 1 ip dscp af41",
      capable: "out udp dport 51820 @th,64,8 4 ip ecn ect0",
      plain: "out udp dport 51820 @th,64,8 4 ip ecn not-ect ip dscp cs0",
    });
    strictEqual(
      (await left.host.run("ping", "-c", "1", "-W", "5", right.v4)).code,
      0,
    );
    await pings(left.host, right.v4, "-Q", "2");
    await pings(left.host, right.v6, "-Q", "2");
    await pings(left.host, right.v4, "-Q", "0xb8");
    const [handshakes, capable, plain] = await sent();
    ok(handshakes! >= 1, `${handshakes} handshakes`);
    strictEqual(capable, 6);
    ok(plain! >= 4, `${plain} plain`);

    const met = await count(right.host, {
      congested4: "in iifname wg0 ip ecn ce",
      congested6: "in iifname wg0 ip6 ecn ce",
      untouched: "in iifname wg0 ip ecn not-ect icmp type echo-request",
    });
    await right.host.shell(`nft -f - <<'END'
table inet way {
  chain in { type filter hook prerouting priority -400;
    iifname eth0 udp dport 51820 ip ecn set ce
  }
}
END`);
    await pings(left.host, right.v4, "-Q", "2");
    await pings(left.host, right.v6, "-Q", "1");
    match(await pings(left.host, right.v4), /3 received/);
    deepStrictEqual(await met(), [3, 3, 3]);
  },
);

hostTest(
  "the byte counters count what was sent and taken, and nothing that was lost or refused",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    strictEqual(
      (await left.host.run("ping", "-c", "1", "-W", "5", right.v4)).code,
      0,
    );
    const transfer = async (host: Host) =>
      (await host.must("wg", "show", "wg0", "transfer")).trim().split("\t")
        .slice(1).map(Number);
    const [, before] = await transfer(left.host);
    await left.host.shell(`nft -f - <<'END'
table inet wall {
  chain out { type filter hook output priority 0;
    oifname eth0 udp dport 51820 drop
  }
}
END`);
    await pings(left.host, right.v4);
    await left.host.shell("nft delete table inet wall");
    strictEqual((await transfer(left.host))[1], before);
    // A source that the peer may not have.
    const [received] = await transfer(right.host);
    await left.host.shell("ip address add 10.9.0.50/32 dev wg0");
    await pings(left.host, right.v4, "-I", "10.9.0.50");
    strictEqual((await transfer(right.host))[0], received);
    match(await pings(left.host, right.v4), /3 received/);
    // Three pings of 84 bytes, padded to 96, in 32 bytes of our own.
    strictEqual((await transfer(right.host))[0]! - received!, 3 * 128);
  },
);
