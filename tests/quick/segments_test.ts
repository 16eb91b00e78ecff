/**
 * Large packets by `up`: over a device that takes more than the way behind it, and forwarded through the tunnel.
 *
 * ```text
 * lan ──1500── here: wg0 ──9000── router ──1500── host: wg1
 *                                 reports nothing, and the host gets no fragments
 * ```
 *
 * @module
 */

import { match, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { CAKTUS, FILES, Sandbox } from "./sandbox.ts";
import { PRIVATE_KEY } from "./samples.ts";

// Both guard nothing.
const PUBLIC_KEY_OF_HOST = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";
const OTHER_PRIVATE_KEY = "iD4HdtXVju7xYSY3cx9beaTorZzkWdaKv6a4hhK7gWQ=";
const OTHER_PUBLIC_KEY = "WBrN5unHqbruxlS08GC57Br80PeiGktOI82NVzLbXEM=";

const NETWORK = `set -e
  ip link delete uplink
  for name in router host lan; do ip netns add $name; done
  ip link add out mtu 9000 type veth peer name in netns router mtu 9000
  ip -n router link add out type veth peer name in netns host
  ip link add lan type veth peer name in netns lan
  ip address add 10.0.1.1/24 dev out; ip address add 10.20.0.1/24 dev lan
  ip -n router address add 10.0.1.2/24 dev in; ip -n router address add 10.0.2.1/24 dev out
  ip -n host address add 10.0.2.2/24 dev in; ip -n lan address add 10.20.0.2/24 dev in
  for link in out lan; do ip link set $link addrgenmode none up; done
  for link in in out; do ip -n router link set $link up; done
  ip -n host link set in up; ip -n lan link set in up
  ip route add default via 10.0.1.2; ip -n host route add default via 10.0.2.1; ip -n lan route add default via 10.20.0.1
  ip netns exec router sysctl -qw net.ipv4.ip_forward=1
  ip netns exec router nft -f - <<< 'table ip silence {
    chain output { type filter hook output priority 0; icmp type destination-unreachable drop; }; }'
  ip netns exec host nft -f - <<< 'table ip watch {
    chain early { type filter hook prerouting priority -450; ip frag-off & 0x3fff != 0 drop; }
    chain late { type filter hook input priority 0
      iifname wg1 tcp flags syn tcp option maxseg size 1380 counter comment "fits"
      iifname wg1 tcp flags syn tcp option maxseg size 1460 counter comment "too large"; }; }'
  mkdir -p ${FILES}/forward
  for i in 1 2 3 4 5 6 7 8 9 10; do ping -qc 1 -W 1 10.0.2.2 > /dev/null && break; sleep 0.1; done
`;

/** Sends back what it gets. */
const ECHO =
  "for await (const one of Deno.listen({ port: 7 })) one.readable.pipeTo(one.writable).catch(() => {})";
const BYTES = 300_000;
const TALK = `timeout 10 bash -c '
  exec 3<> /dev/tcp/10.0.0.1/7; head -c ${BYTES} /dev/zero >&3 & head -c ${BYTES} <&3 | wc -c'`;

/** The two tunnels' files, and the far one is up. */
async function network(): Promise<Sandbox> {
  const box = await Sandbox.create();
  const made = await box.run(NETWORK);
  strictEqual(made.status, 0, made.stderr);
  const own =
    `[Interface]\nPrivateKey = ${OTHER_PRIVATE_KEY}\nAddress = 10.0.0.2/24\n`;
  const peer =
    `[Peer]\nPublicKey = ${PUBLIC_KEY_OF_HOST}\nEndpoint = 10.0.2.2:51820\nAllowedIPs = 10.0.0.1/32\n`;
  const forwarding = "sysctl -qw net.ipv4.ip_forward";
  await box.write("wg0.conf", own + peer);
  await box.write(
    "forward/wg0.conf",
    `${own}PostUp = ${forwarding}=1\nPostDown = ${forwarding}=0\n${peer}`,
  );
  await box.write(
    "wg1.conf",
    `[Interface]\nPrivateKey = ${PRIVATE_KEY}\nAddress = 10.0.0.1/24\nListenPort = 51820
[Peer]\nPublicKey = ${OTHER_PUBLIC_KEY}\nAllowedIPs = 10.0.0.2/32, 10.20.0.0/24\n`,
  );
  const host = await box.run(`
    cd ${FILES}; ip netns exec host ${CAKTUS} up ./wg1.conf
    ip netns exec host deno eval '${ECHO}' > /dev/null 2>&1 &
    while ! ip netns exec host ss -ltn | grep -q :7; do sleep 0.05; done`);
  strictEqual(host.status, 0, host.stderr);
  return box;
}

rootTest(
  "up makes no black hole of a device that takes more than the way behind it, and clamps the segments of TCP where the machine forwards",
  async () => {
    await using box = await network();
    const before = await box.snapshot();
    const up = await box.caktus("up");
    match(up.stderr, /ip link set mtu 1420 up dev wg0\n/);
    await passes(box, TALK);
    ok(!(await box.run("nft list ruleset")).stdout.includes("caktus-wg0"));

    // What wg-quick chooses does not pass: the network is as hostile as it is meant to be.
    await box.run(
      "ip link set mtu 8920 dev wg0; ip -n host link set mtu 8920 dev wg1",
    );
    const stuck = await box.run(TALK.replace("timeout 10", "timeout 1"));
    ok(stuck.stdout.trim() !== `${BYTES}`, "fragments came through");
    strictEqual((await box.caktus("down")).status, 0);
    await box.run("ip -n host link set mtu 1420 dev wg1");
    strictEqual(await box.snapshot(), before);

    const again = await box.caktus("up forward/wg0.conf");
    match(
      again.stderr,
      /\[#\] nft add rule inet caktus-wg0 .* maxseg size set rt mtu\n$/,
    );
    await passes(box, `ip netns exec lan ${TALK}`);
    const { stdout } = await box.run(
      "ip netns exec host nft list table ip watch",
    );
    match(stdout, /packets [1-9]\d* bytes \d+ comment "fits"/);
    match(stdout, /packets 0 bytes 0 comment "too large"/);
    await box.run(
      "kill -9 $(sed -n 's/^pid = //p' /run/caktus/wg0.toml); sleep 0.1",
    );
    const down = await box.caktus("down");
    strictEqual(down.status, 0, down.stderr);
    strictEqual(await box.snapshot(), before);
  },
);

async function passes(box: Sandbox, talk: string): Promise<void> {
  const { stdout, stderr } = await box.run(talk);
  strictEqual(stdout.trim(), `${BYTES}`, `${talk}: ${stderr}`);
}
