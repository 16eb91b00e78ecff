/** The interface as the kernel sees it: up, down, MTU, and no packet of its own making. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { Host } from "../interop/netns.ts";
import { sleep, until } from "../interop/process.ts";
import { type End, hostTest, Pair, startDaemon, wired } from "./hosts.ts";

/** A peer refuses an initiation that comes within so many milliseconds of the one before. */
const INITIATION_INTERVAL = 20;

/** Whether a ping comes back within 3 s. */
async function reaches(
  from: Host,
  address: string,
  ...options: string[]
): Promise<boolean> {
  return (await from.run(
    "ping",
    "-n",
    "-c",
    "1",
    "-W",
    "3",
    ...options,
    address,
  )).code === 0;
}

/** Packets that the kernel handed to the tunnel. */
async function packetsOf(host: Host): Promise<number> {
  return Number(await host.read("/sys/class/net/wg0/statistics/tx_packets"));
}

/** Sizes of the UDP payloads that leave a host while something is done. */
async function datagramSizes(
  end: End,
  work: () => Promise<unknown>,
): Promise<number[]> {
  const dump = await end.host.spawn([
    "tcpdump",
    "-n",
    "-i",
    "eth0",
    "-U",
    "--immediate-mode",
    "-Q",
    "out",
    "udp",
  ]);
  await dump.process.says(/listening on/, 5_000);
  await work();
  await sleep(200);
  await dump.kill("INT");
  await dump.process.exited;
  return [...dump.log.matchAll(/UDP, length (\d+)/g)].map(([, length]) =>
    Number(length)
  );
}

hostTest(
  "down and up again, ten times: it works each time, and says nothing while down",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    for (let i = 0; i < 10; i++) {
      ok(await reaches(left.host, right.v4), `round ${i}`);
      await left.host.must("ip", "link", "set", "wg0", "down");
      await left.host.must("ip", "link", "set", "wg0", "up");
      await sleep(2 * INITIATION_INTERVAL);
    }
    await left.host.must("ip", "link", "set", "wg0", "down");
    ok(!await reaches(right.host, left.v4, "-W", "1"));
    const drops = await until("the drop is counted", 2_000, async () => {
      const found = await left.daemon.drops();
      return found.size > 0 ? found : undefined;
    });
    deepStrictEqual([...drops.keys()], ["the interface is down"]);
    strictEqual(await left.daemon.log(), "");
  },
);

hostTest(
  "a change of the MTU is followed: padding ends there, and longer packets pass",
  async () => {
    await using pair = await Pair.up(1420);
    const { left, right } = pair;
    ok(await reaches(left.host, right.v4));
    // 20 of IPv4 and 8 of ICMP around the data; 32 of WireGuard around the packet.
    for (
      const [mtu, length, payload] of [
        [1420, 1420, 1452],
        [1300, 1300, 1332],
        [1300, 1290, 1328],
        [1443, 1442, 1475],
        [9000, 9000, 9032],
      ] as const
    ) {
      await left.host.must("ip", "link", "set", "wg0", "mtu", String(mtu));
      await right.host.must("ip", "link", "set", "wg0", "mtu", String(mtu));
      await sleep(100);
      const sizes = await datagramSizes(
        left,
        async () =>
          ok(
            await reaches(
              left.host,
              right.v4,
              "-M",
              "do",
              "-s",
              String(length - 28),
            ),
          ),
      );
      // tcpdump knows the first fragment's UDP length alone where the outer packet is fragmented.
      ok(sizes.includes(payload), `MTU ${mtu}: ${sizes}`);
    }
  },
);

hostTest(
  "there is no link-local address, and the kernel sends nothing into an idle tunnel",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    await startDaemon(host);
    await host.must("ip", "link", "set", "wg0", "up");
    await sleep(3_000);
    strictEqual(
      await host.must("ip", "-6", "address", "show", "dev", "wg0"),
      "",
    );
    strictEqual(await packetsOf(host), 0);
    await host.must("ip", "link", "set", "wg0", "down");
    await host.must("ip", "link", "set", "wg0", "up");
    await sleep(2_000);
    strictEqual(
      await host.must("ip", "-6", "address", "show", "dev", "wg0"),
      "",
    );
    strictEqual(await packetsOf(host), 0);
  },
);

hostTest("with IPv6 switched off by sysctl the v4 half works", async () => {
  await using network = await wired();
  const [left, right] = [network.host("left"), network.host("right")];
  await left.must(
    "sysctl",
    "-qw",
    "net.ipv6.conf.all.disable_ipv6=1",
    "net.ipv6.conf.default.disable_ipv6=1",
  );
  for (const host of [left, right]) await startDaemon(host);
  await configurePlain(left, right);
  ok(await reaches(left, "10.9.0.2"));
});

/** Both ends by v4 alone. */
async function configurePlain(left: Host, right: Host): Promise<void> {
  for (const host of [left, right]) {
    await host.shell(
      "wg genkey > /run/key; wg set wg0 private-key /run/key listen-port 51820",
    );
  }
  for (
    const [host, other, own, number] of [[left, right, 1, 2], [
      right,
      left,
      2,
      1,
    ]] as const
  ) {
    const key = (await other.must("wg", "show", "wg0", "public-key")).trim();
    await host.shell(`
      wg set wg0 peer ${key} endpoint 10.8.0.${number}:51820 allowed-ips 10.9.0.${number}/32
      ip address add 10.9.0.${own}/24 dev wg0
      ip link set wg0 up`);
  }
}

hostTest(
  "a peer whose endpoint has no route, or no answer, disturbs no other, and the reason is counted",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    const other = (await left.host.must("sh", "-c", "wg genkey | wg pubkey"))
      .trim();
    await left.host.must(
      "wg",
      "set",
      "wg0",
      "peer",
      other,
      "endpoint",
      "203.0.113.1:7",
      "allowed-ips",
      "10.9.0.7/32",
    );
    await left.host.run("ping", "-n", "-c", "1", "-W", "1", "10.9.0.7");
    ok(await reaches(left.host, right.v4));
    const answer = await left.daemon.ask("drops=1\n\n");
    const [, ...peers] = answer.split("public_key=");
    const [first, second] = peers.map((text) =>
      /drop=no route to the peer's endpoint=(\d+)/.exec(text)?.[1]
    );
    strictEqual(first, undefined);
    ok(Number(second) >= 1, answer);
  },
);

hostTest(
  "an idle tunnel hears its new port at once, and gives up the old one",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    ok(await reaches(left.host, right.v4));
    await sleep(300);
    for (const port of ["4000", "4001", "4000"]) {
      await left.host.must("wg", "set", "wg0", "listen-port", port);
      await sleep(100);
      strictEqual(
        (await left.host.must("ss", "-Hlun")).includes(":51820 "),
        false,
      );
      await right.host.must(
        "wg",
        "set",
        "wg0",
        "peer",
        left.keys.publicKey,
        "endpoint",
        `10.8.0.1:${port}`,
      );
      ok(await reaches(right.host, left.v4, "-W", "1"), port);
    }
  },
);

hostTest(
  "what waits for a handshake that could not be sent goes out as soon as the uplink is there",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    await left.host.must("ip", "link", "set", "eth0", "down");
    await reaches(left.host, right.v4, "-W", "1");
    await left.host.must("ip", "link", "set", "eth0", "up");
    // The next initiation would be due 5 s after the one that was refused.
    ok(await reaches(left.host, right.v4, "-W", "2"));
  },
);

hostTest(
  "a way that is narrower than the tunnel carries it, and the log says so once",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    await left.host.must(
      "ip",
      "route",
      "add",
      "10.8.0.2",
      "dev",
      "eth0",
      "mtu",
      "1300",
    );
    // Bytes that come together go out as a train.
    const server = await right.host.spawn([
      "iperf3",
      "-s",
      "-1",
      "--forceflush",
    ]);
    await server.process.says(/listening/i, 5_000);
    await left.host.must("iperf3", "-c", right.v4, "-n", "4M");
    await left.host.must("ip", "route", "add", "203.0.113.0/24", "dev", "eth0");
    ok(await reaches(left.host, right.v4));
    const log = await left.daemon.log();
    strictEqual(
      log.match(/sending to 10\.8\.0\.2: .*lower MTU/g)?.length,
      1,
      log,
    );
    strictEqual(log.split("\n").length, 2, log);
  },
);
