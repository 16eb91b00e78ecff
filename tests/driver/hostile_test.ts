/** Strangers, firewalls and dead hosts: dropped in silence, counted, and no reason to stop. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { Host } from "../interop/netns.ts";
import { sleep, until } from "../interop/process.ts";
import {
  Daemon,
  type End,
  hostTest,
  Pair,
  pingsDuring,
  PORT,
  wired,
} from "./hosts.ts";
import { CAKTUS, DENO } from "../program.ts";

const FOLDER = new URL("./", import.meta.url).pathname;

/** Sends so many garbage datagrams to the tunnel's port. */
async function garbage(from: Host, count: number) {
  const said = await from.must(
    ...DENO,
    `${FOLDER}garbage.ts`,
    "10.8.0.1",
    String(PORT),
    String(count),
  );
  return JSON.parse(said) as { sent: number; answers: number };
}

async function reaches(from: Host, address: string): Promise<boolean> {
  return (await from.run("ping", "-n", "-c", "1", "-W", "2", address)).code ===
    0;
}

function sum(counts: Map<string, number>): number {
  return [...counts.values()].reduce((all, count) => all + count, 0);
}

hostTest(
  "garbage, cut and oversize datagrams are dropped in silence, and each is counted",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    // Two rounds of all lengths with each type.
    const { sent, answers } = await garbage(right.host, 252);
    deepStrictEqual([sent, answers], [252, 0]);
    const drops = await left.daemon.drops();
    strictEqual(sum(drops), 252, JSON.stringify([...drops]));
    // A stranger has no session, no cookie and no private key; every reason is one of these.
    deepStrictEqual([...drops.keys()].sort(), [
      "handshake not meant for our public key (mac1)",
      "not a WireGuard message",
      "of the wrong length for its type",
      "response or cookie to no handshake of ours",
      "unknown session",
    ]);
    ok(await reaches(left.host, right.v4));
    strictEqual(await left.daemon.log(), "");
  },
);

hostTest(
  "a flood of 10,000 garbage datagrams does not stop pings",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    let answered = 0;
    const pings = await pingsDuring(left.host, right.v4, async () => {
      answered = (await garbage(right.host, 10_000)).answers;
    });
    strictEqual(answered, 0);
    ok(pings.sent - pings.received <= 1, JSON.stringify(pings));
    ok(sum(await left.daemon.drops()) > 9_000);
  },
);

hostTest(
  "what a firewall here forbids is counted by its reason, and passes again without it",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    ok(await reaches(left.host, right.v4));
    await left.host.load(`
      table inet wall {
        chain out {
          type filter hook output priority 0
          oifname "eth0" udp dport ${PORT} drop
        }
      }`);
    ok(!await reaches(left.host, right.v4));
    const answer = await left.daemon.ask("drops=1\n\n");
    ok(
      /^public_key=\w+\ndrop=a firewall or route of this machine forbids the datagram=\d+\n/
        .test(answer),
      answer,
    );
    await left.host.must("nft", "delete", "table", "inet", "wall");
    ok(await reaches(left.host, right.v4));
  },
);

hostTest(
  "a host that answers with ICMP errors disturbs no other peer, and is back at once",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    const other = (await left.host.must("sh", "-c", "wg genkey | wg pubkey"))
      .trim();
    // Nobody listens there: each datagram is answered by "port unreachable".
    await left.host.shell(
      `wg set wg0 peer ${other} endpoint 10.8.0.2:9 allowed-ips 10.9.0.7/32 persistent-keepalive 1`,
    );
    const pings = await pingsDuring(left.host, right.v4, async () => {
      await left.host.run(
        "ping",
        "-n",
        "-i",
        "0.02",
        "-c",
        "100",
        "-W",
        "1",
        "10.9.0.7",
      );
    });
    ok(pings.sent - pings.received <= 1, JSON.stringify(pings));
    const answer = await left.daemon.ask("drops=1\n\n");
    const [, first, second] = answer.split("public_key=");
    ok(!first?.includes("drop="), answer);
    // ICMP's word is not the kernel's: what was sent was not refused.
    ok(!/network|firewall|route/.test(second!), answer);
    await restart(left, right);
  },
);

/** The other daemon goes and comes again; the tunnel works within 16 s of the next data. */
async function restart(left: End, right: End): Promise<void> {
  await right.daemon.program.kill("KILL");
  await right.daemon.program.process.exited;
  await left.host.run(
    "ping",
    "-n",
    "-i",
    "0.1",
    "-c",
    "5",
    "-W",
    "1",
    right.v4,
  );
  const program = await right.host.spawn([...CAKTUS, "daemon", "wg0"]);
  await program.process.says(/^ready wg0$/m, 10_000);
  await right.host.shell(`
    wg set wg0 listen-port ${PORT} private-key <(echo ${right.keys.privateKey}) peer ${left.keys.publicKey} \\
      endpoint 10.8.0.1:${PORT} allowed-ips ${left.v4}/32,${left.v6}/128
    ip address add ${right.v4}/24 dev wg0
    ip link set wg0 up`);
  await until(
    "it works again",
    16_000,
    async () => await reaches(left.host, right.v4) || undefined,
  );
}

hostTest(
  "without IPv6 in the kernel v4 works, and a v6 endpoint's datagrams are counted",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    const program = await host.spawn([...DENO, `${FOLDER}no_ipv6.ts`, "wg0"]);
    await program.process.says(/^ready wg0$/m, 10_000);
    const daemon = new Daemon(program, "wg0");
    await host.shell(`
    wg set wg0 private-key <(wg genkey) peer $(wg genkey | wg pubkey) endpoint '[fd08::2]:9' \\
      persistent-keepalive 1 allowed-ips 10.9.0.2/32
    ip link set wg0 up`);
    strictEqual((await host.must("ss", "-Hlun")).includes("[::]"), false);
    const drops = await until("the drop is counted", 3_000, async () => {
      const found = await daemon.drops();
      return found.size > 0 ? found : undefined;
    });
    deepStrictEqual([...drops.keys()], [
      "no socket for the IP version of the peer's endpoint",
    ]);
    await sleep(100);
    strictEqual(await daemon.log(), "");
  },
);
