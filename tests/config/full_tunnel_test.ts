import { doesNotThrow, throws } from "node:assert";
import { literalEndpoint } from "../../src/config/endpoint.ts";
import { refuseFullTunnel } from "../../src/config/full_tunnel.ts";
import { INTERFACE, PEER, PEER_B, read } from "./conf_files.ts";

function check(text: string, address?: string): void {
  const config = read(text);
  const endpoints = config.peers.map(({ endpoint }) =>
    endpoint &&
    literalEndpoint({ ...endpoint, host: address ?? endpoint.host })
  );
  refuseFullTunnel(config, "wg0.conf", endpoints);
}

Deno.test("refuseFullTunnel() refuses all of IPv4 or IPv6, whole and in halves", () => {
  const cases: [string, string][] = [
    ["0.0.0.0/0", "everything"],
    ["::/0", "everything"],
    ["0.0.0.0/1", "half of all addresses"],
    ["128.0.0.0/1", "half of all addresses"],
    ["::/1", "half of all addresses"],
    ["8000::/1", "half of all addresses"],
  ];
  for (const [prefix, what] of cases) {
    const text = INTERFACE + PEER +
      `AllowedIPs = 10.0.0.1\nAllowedIPs = ${prefix}\n`;
    throws(() => check(text), {
      name: "ConfigError",
      message:
        `wg0.conf:6: AllowedIPs: ${prefix} sends ${what} through the tunnel, which is not supported by this version yet; list the networks behind the peer`,
    });
  }
});

Deno.test("refuseFullTunnel() refuses an endpoint inside the AllowedIPs of any peer", () => {
  const text = INTERFACE + PEER +
    `Endpoint = vpn.example:51820\nAllowedIPs = 10.0.0.1\n[Peer]\nPublicKey = ${PEER_B}\nAllowedIPs = 192.0.2.0/24\n`;
  throws(() => check(text, "192.0.2.7"), {
    message:
      "wg0.conf:5: Endpoint: vpn.example (192.0.2.7) lies inside AllowedIPs 192.0.2.0/24 of line 9, which is not supported by this version yet; leave the address out of AllowedIPs",
  });
  doesNotThrow(() => check(text, "192.0.3.7"));
  // A name that nobody could resolve.
  doesNotThrow(() => check(text));
});
