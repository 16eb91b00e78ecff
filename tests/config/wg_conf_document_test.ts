/** The two files of the document that Caktus is built from, with keys and address filled in. */

import { deepStrictEqual, strictEqual } from "node:assert";
import { formatPrefix } from "../../src/config/prefix.ts";
import { encodeKey } from "../../src/noise/keys.ts";
import { PEER_A, PEER_B, PRIVATE, readQuietly } from "./conf_files.ts";

const LAPTOP = `[Interface]
Address = 10.0.0.2/24
PrivateKey = ${PRIVATE}

[Peer]
PublicKey = ${PEER_A}
Endpoint = 203.0.113.7:51820
AllowedIPs = 10.0.0.1/32
PersistentKeepalive = 25
`;

const VPS = `[Interface]
Address = 10.0.0.1/24
ListenPort = 51820
PrivateKey = ${PRIVATE}

# IP forwarding and NAT rules
PostUp   = sysctl -w net.ipv4.ip_forward=1
PostUp   = iptables -A FORWARD -i wg0 -j ACCEPT
PostUp   = iptables -A FORWARD -o wg0 -j ACCEPT
PostUp   = iptables -t nat -A POSTROUTING -o ens3 -j MASQUERADE
PostDown = iptables -D FORWARD -i wg0 -j ACCEPT
PostDown = iptables -D FORWARD -o wg0 -j ACCEPT
PostDown = iptables -t nat -D POSTROUTING -o ens3 -j MASQUERADE

[Peer]
PublicKey = ${PEER_B}
AllowedIPs = 10.0.0.2/32
`;

Deno.test("parseConfig() reads the laptop's file", () => {
  const { interface: own, peers } = readQuietly(LAPTOP);
  strictEqual(encodeKey(own.privateKey!), PRIVATE);
  deepStrictEqual(own.addresses.map(formatPrefix), ["10.0.0.2/24"]);
  strictEqual(own.listenPort, undefined);
  strictEqual(peers.length, 1);
  const [vps] = peers;
  strictEqual(encodeKey(vps!.publicKey), PEER_A);
  deepStrictEqual(vps!.endpoint, { host: "203.0.113.7", port: 51820, line: 7 });
  deepStrictEqual(vps!.allowedIps.map(formatPrefix), ["10.0.0.1/32"]);
  strictEqual(vps!.persistentKeepaliveSeconds, 25);
  strictEqual(vps!.line, 5);
});

Deno.test("parseConfig() reads the VPS's file with its hooks", () => {
  const { interface: own, peers } = readQuietly(VPS);
  strictEqual(own.listenPort, 51820);
  deepStrictEqual(own.postUp, [
    { command: "sysctl -w net.ipv4.ip_forward=1", line: 7 },
    { command: "iptables -A FORWARD -i wg0 -j ACCEPT", line: 8 },
    { command: "iptables -A FORWARD -o wg0 -j ACCEPT", line: 9 },
    {
      command: "iptables -t nat -A POSTROUTING -o ens3 -j MASQUERADE",
      line: 10,
    },
  ]);
  deepStrictEqual(own.postDown.map(({ line }) => line), [11, 12, 13]);
  deepStrictEqual(own.preUp, []);
  deepStrictEqual(own.preDown, []);
  strictEqual(peers[0]!.endpoint, undefined);
  deepStrictEqual(peers[0]!.allowedIps.map(formatPrefix), ["10.0.0.2/32"]);
});
