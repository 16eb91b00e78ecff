/**
 * Endpoints that are names, on a real network with a name server of its own.
 *
 * @module
 */

import { match, ok, strictEqual } from "node:assert";
import { hostTest, PORT, startDaemon, wired } from "../driver/hosts.ts";
import { CAKTUS, DENO } from "../program.ts";
import { keyPair } from "./settings.ts";

const RESPONDER = new URL("dns_responder.ts", import.meta.url).pathname;

hostTest(
  "up succeeds before DNS does; then the name is found, past the tunnel that swallows all questions, and of its addresses the one that answers",
  async () => {
    await using network = await wired();
    const [left, right] = [network.host("left"), network.host("right")];
    const [own, other] = [keyPair(), keyPair()];
    await startDaemon(right);
    await right.shell(`
    wg set wg0 listen-port ${PORT} private-key <(echo ${other.privateKey}) \\
      peer ${own.publicKey} allowed-ips 10.9.0.1/32
    ip address add 10.9.0.2/24 dev wg0; ip link set wg0 up
    ip address add 203.0.113.53/32 dev lo`);
    // Only marked datagrams reach this server once the tunnel is up, and the machine then asks another.
    await left.shell(`
    ip route add default via 10.8.0.2
    echo nameserver 203.0.113.53 > /etc/resolv.conf`);
    await left.write(
      "/etc/wireguard/wg0.conf",
      `[Interface]
PrivateKey = ${own.privateKey}
Address = 10.9.0.1/24
DNS = 10.9.0.53
[Peer]
PublicKey = ${other.publicKey}
Endpoint = vpn.test:${PORT}
AllowedIPs = 0.0.0.0/0
`,
    );
    const up = await left.run(...CAKTUS, "up", "wg0");
    strictEqual(up.code, 0, up.stderr);
    match(
      up.stderr,
      /wg0\.conf:7: Endpoint: vpn\.test: .*; the tunnel goes on asking/,
    );
    match(await left.must("wg", "show", "wg0", "endpoints"), /\t\(none\)$/m);
    match(await left.read("/etc/resolv.conf"), /nameserver 10\.9\.0\.53/);

    // Nobody is at fd08::99, which comes first. The packet waits all the while.
    const zone = "vpn.test=fd08::99,10.8.0.2";
    const responder = await right.spawn([
      ...DENO,
      RESPONDER,
      "203.0.113.53",
      zone,
    ]);
    await responder.process.says(/^ready$/m, 10_000);
    const ping = await left.run("ping", "-c", "1", "-W", "25", "10.9.0.2");
    strictEqual(ping.code, 0, ping.stdout);
    const endpoints = await left.must("wg", "show", "wg0", "endpoints");
    ok(endpoints.includes(`\t10.8.0.2:${PORT}`), endpoints);
  },
);
