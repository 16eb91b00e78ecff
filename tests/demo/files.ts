/**
 * The two files of the demo: a laptop that nobody can reach, and the VPS that it dials. Only keys and the VPS's
 * address are filled in.
 *
 * @module
 */

/** The laptop's wg0.conf. */
export function laptopConf(
  privateKey: string,
  vpsPublicKey: string,
  vpsAddress: string,
): string {
  return `[Interface]
Address = 10.0.0.2/24
PrivateKey = ${privateKey}

[Peer]
PublicKey = ${vpsPublicKey}
Endpoint = ${vpsAddress}:51820
AllowedIPs = 10.0.0.1/32
PersistentKeepalive = 25
`;
}

/** The VPS's wg0.conf, whose uplink is called ens3. */
export function vpsConf(privateKey: string, laptopPublicKey: string): string {
  return `[Interface]
Address = 10.0.0.1/24
ListenPort = 51820
PrivateKey = ${privateKey}

# IP forwarding and NAT rules
PostUp   = sysctl -w net.ipv4.ip_forward=1
PostUp   = iptables -A FORWARD -i wg0 -j ACCEPT
PostUp   = iptables -A FORWARD -o wg0 -j ACCEPT
PostUp   = iptables -t nat -A POSTROUTING -o ens3 -j MASQUERADE
PostDown = iptables -D FORWARD -i wg0 -j ACCEPT
PostDown = iptables -D FORWARD -o wg0 -j ACCEPT
PostDown = iptables -t nat -D POSTROUTING -o ens3 -j MASQUERADE

[Peer]
PublicKey = ${laptopPublicKey}
AllowedIPs = 10.0.0.2/32
`;
}
