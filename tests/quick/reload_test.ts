/**
 * `reload` on a real kernel: what the file says now is there, and what did not change was not touched.
 *
 * ```text
 *   left ── wg0 10.9.0.1 ═══ tunnel ═══ wg0 10.9.0.2 ── right
 *           eth0 10.8.0.1 ───────────── eth0 10.8.0.2
 * ```
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { hostTest, PORT, startDaemon, wired } from "../driver/hosts.ts";
import type { Host } from "../interop/netns.ts";
import { until } from "../interop/process.ts";
import { type KeyPair, keyPair } from "../interop/settings.ts";
import { CAKTUS } from "../program.ts";

const FILE = "/etc/wireguard/wg0.conf";

interface Keys {
  left: KeyPair;
  right: KeyPair;
  other: KeyPair;
}

/** The file that the tunnel comes up with. */
function first({ left, right, other }: Keys): string {
  return `[Interface]
PrivateKey = ${left.privateKey}
ListenPort = ${PORT}
Address = 10.9.0.1/24, fd09::1/64
PostUp = echo ran >> /run/hooks
PostDown = echo old >> /run/hooks
[Peer]
PublicKey = ${right.publicKey}
Endpoint = 10.8.0.2:${PORT}
AllowedIPs = 10.9.0.2/32, 10.20.0.0/16
[Peer]
PublicKey = ${other.publicKey}
AllowedIPs = 10.9.0.3/32, 10.30.0.0/16
`;
}

/** All that can change does; the right peer keeps its key and place. */
function second({ left, right }: Keys, added: KeyPair): string {
  return `[Interface]
PrivateKey = ${left.privateKey}
ListenPort = ${PORT}
Address = 10.9.0.1/24, 10.91.0.7/24
MTU = 1380
PostUp = echo ran >> /run/hooks
PostDown = echo new >> /run/hooks
[Peer]
PublicKey = ${right.publicKey}
Endpoint = 10.8.0.2:${PORT}
AllowedIPs = 10.9.0.2/32, 10.40.0.0/16, fd40::/64
PersistentKeepalive = 25
[Peer]
PublicKey = ${added.publicKey}
AllowedIPs = 10.30.0.0/16
`;
}

/** What the kernel and the daemon say of the tunnel, but for what changes by itself. */
async function stateOf(host: Host): Promise<string> {
  return await host.shell(`
    ip address show wg0 | grep -E 'inet|mtu' | sed 's/^[0-9]*: //' | sort
    ip route show table all dev wg0 | sort; ip -6 route show table all dev wg0 | sort; ip rule; ip -6 rule
    nft -s list ruleset; wg show wg0 dump | cut -f 1-4,8 | sort`);
}

async function caktus(host: Host, ...words: string[]) {
  return await host.run(...CAKTUS, ...words);
}

async function handshakeOf(host: Host, key: string): Promise<string> {
  const text = await host.must("wg", "show", "wg0", "latest-handshakes");
  return text.split("\n").find((line) => line.startsWith(key)) ?? "";
}

/** The right end, which knows the left one, and `left` up by the first file. */
async function upOn(network: Awaited<ReturnType<typeof wired>>): Promise<Keys> {
  const [left, right] = [network.host("left"), network.host("right")];
  const keys = { left: keyPair(), right: keyPair(), other: keyPair() };
  await startDaemon(right);
  await right.shell(`
    wg set wg0 listen-port ${PORT} private-key <(echo ${keys.right.privateKey}) \\
      peer ${keys.left.publicKey} allowed-ips 10.9.0.1/32
    ip address add 10.9.0.2/24 dev wg0; ip link set wg0 up`);
  await left.write(FILE, first(keys));
  const up = await caktus(left, "up", "wg0");
  strictEqual(up.code, 0, up.stderr);
  return keys;
}

hostTest(
  "reload brings everything to the file's state, as a fresh up would, and no ping is lost",
  async () => {
    await using network = await wired();
    const left = network.host("left");
    const keys = await upOn(network);
    const added = keyPair();
    await left.must("ping", "-c", "1", "-W", "5", "10.9.0.2");
    const handshake = await handshakeOf(left, keys.right.publicKey);

    const same = await caktus(left, "reload", "wg0");
    deepStrictEqual([same.code, same.stderr], [0, ""]);

    await left.write(FILE, second(keys, added));
    // Each is waited for, so none is lost that is only late.
    const pings = left.run(
      ..."ping -n -q -i 0.01 -c 100 -W 2 10.9.0.2".split(" "),
    );
    const reloaded = await caktus(left, "reload", "wg0");
    strictEqual(reloaded.code, 0, reloaded.stderr);
    match(
      reloaded.stderr,
      /^\[#\] ip -4 route delete 10\.20\.0\.0\/16 dev wg0$/m,
    );
    match(
      reloaded.stderr,
      /^\[#\] ip -4 address add 10\.91\.0\.7\/24 dev wg0$/m,
    );
    match(reloaded.stderr, /^\[#\] ip link set mtu 1380 up dev wg0$/m);
    match(reloaded.stderr, /reload runs no hooks/);
    match((await pings).stdout, /100 packets transmitted, 100 received/);
    strictEqual(await handshakeOf(left, keys.right.publicKey), handshake);

    const after = await stateOf(left);
    strictEqual((await caktus(left, "reload", "wg0")).stderr, "");
    await caktus(left, "down", "wg0");
    strictEqual(await left.read("/run/hooks"), "ran\nnew\n");
    await caktus(left, "up", "wg0");
    strictEqual(after, await stateOf(left));
  },
);

hostTest(
  "a file that is broken, or cannot be brought about, changes nothing on reload",
  async () => {
    await using network = await wired();
    const left = network.host("left");
    const keys = await upOn(network);
    await left.must("ping", "-c", "1", "-W", "5", "10.9.0.2");
    const handshake = await handshakeOf(left, keys.right.publicKey);
    const [before, written] = [
      await stateOf(left),
      await left.read("/run/caktus/wg0.toml"),
    ];
    const file = first(keys);
    const broken = [
      [file.replace("Address = ", "Adress = "), /wg0\.conf:4: Adress/],
      [
        file.replace("10.30.0.0/16", "10.66.0.0/16"),
        /route to 10\.66\.0\.0\/16/,
      ],
      [
        file.replace(/ListenPort = \d+/, "ListenPort = 53"),
        /port 53 is in use/,
      ],
    ] as const;
    await left.must("ip", "route", "add", "10.66.0.0/16", "dev", "eth0");
    await left.spawn(["socat", "-u", "UDP4-RECV:53", "OPEN:/dev/null"]);
    await until(
      "the port",
      5_000,
      async () =>
        (await left.must("ss", "-Huln")).includes(":53 ") || undefined,
    );
    for (const [text, complaint] of broken) {
      // The last one fails after addresses and routes have changed.
      await left.write(
        FILE,
        text.replace("fd09::1/64", "fd09::1/64, 10.77.0.1/24"),
      );
      const { code, stderr } = await caktus(left, "reload", "wg0");
      strictEqual(code, 1, stderr);
      match(stderr, complaint);
      strictEqual(await stateOf(left), before);
      strictEqual(await left.read("/run/caktus/wg0.toml"), written);
    }
    strictEqual(await handshakeOf(left, keys.right.publicKey), handshake);
  },
);

hostTest(
  "HUP makes up --foreground read its file anew; a mistake is told, and it stays up",
  async () => {
    await using network = await wired();
    const left = network.host("left");
    const keys = { left: keyPair(), right: keyPair(), other: keyPair() };
    await left.write(FILE, first(keys));
    const program = await left.spawn([...CAKTUS, "up", "--foreground", "wg0"]);
    await until(
      "it is up",
      10_000,
      async () =>
        (await left.readIf("/run/caktus/wg0.toml"))?.includes("complete") ||
        undefined,
    );
    await left.write(FILE, second(keys, keyPair()));
    await program.kill("HUP");
    await until(
      "the address",
      5_000,
      async () =>
        (await left.run("ip", "address", "show", "wg0")).stdout.includes(
          "10.91.0.7/24",
        ) || undefined,
    );
    await left.write(FILE, "[Interface]\nPrivateKey = x\n");
    await program.kill("HUP");
    await program.process.says(/caktus: .*wg0\.conf:2: PrivateKey/, 5_000);
    ok(!program.process.ended);
    await program.stop();
    strictEqual(await program.process.exited, 0, program.log);
  },
);

hostTest(
  "reload leads everything into the tunnel, tells the name servers, and takes both back",
  async () => {
    await using network = await wired();
    const left = network.host("left");
    const keys = { left: keyPair(), right: keyPair(), other: keyPair() };
    await left.must("ip", "route", "add", "default", "via", "10.8.0.2");
    const look = async () =>
      await stateOf(left) + await left.shell(`
      cat /etc/resolv.conf; sysctl net.ipv4.conf.all.src_valid_mark; wg show wg0 fwmark`);
    const split = first(keys);
    const full = split.replace("PostUp", "DNS = 10.9.0.53\nPostUp")
      .replace("10.20.0.0/16", "0.0.0.0/0, ::/0");
    await left.write(FILE, split);
    strictEqual((await caktus(left, "up", "wg0")).code, 0);
    const atFirst = await look();

    await left.write(FILE, full);
    const there = await caktus(left, "reload", "wg0");
    strictEqual(there.code, 0, there.stderr);
    const led = await look();
    match(led, /not from all fwmark 0xca6c lookup 51820/);
    match(led, /nameserver 10\.9\.0\.53/);
    strictEqual((await caktus(left, "reload", "wg0")).stderr, "");

    await left.write(FILE, split);
    const back = await caktus(left, "reload", "wg0");
    strictEqual(back.code, 0, back.stderr);
    strictEqual(await look(), atFirst);

    await left.write(FILE, full);
    await caktus(left, "down", "wg0");
    await caktus(left, "up", "wg0");
    strictEqual(led, await look());
  },
);
