/**
 * What people write in wg0.conf: the document's files, the manuals' examples, full and split tunnels, and all the
 * ways to type the same thing. configs_test.ts gives each to stock wg-quick and to Caktus.
 *
 * ```text
 * text      what Caktus is given, and stock too, unless
 * stock     is what stock is given: it refuses the text, which means the same
 * refused   both refuse it, and Caktus says this
 * better    what Caktus leaves that stock does not, on purpose: see Better
 * hooks     hooks leave something behind, the same with both
 * ```
 *
 * The machine that they meet has an uplink 192.0.2.2/24, 2001:db8::2/64 with MTU 1500 and default routes; a way
 * to 198.51.100.0/24 with MTU 1400; the name vpn.example for 203.0.113.77; a table `isp2`, number 100; and a
 * key in /etc/wireguard/wg0.key.
 *
 * @module
 */

import { confText, keyPair } from "./settings.ts";

/** One file. */
export interface ConfigCase {
  name: string;
  text: string;
  stock?: string;
  refused?: RegExp;
  /** Lines that must stand in what Caktus leaves; and what is left is then not compared. */
  better?: RegExp[];
  hooks?: boolean;
}

const OWN = keyPair();
const [A, B, C] = [keyPair(), keyPair(), keyPair()].map((pair) =>
  pair.publicKey
) as [string, string, string];

/** The private key of the file wg0.key. */
export const KEY_FILE = OWN.privateKey;

/** A file with these lines in [Interface] and in [Peer]. */
function file(own: string, peer = "AllowedIPs = 10.9.0.0/16"): string {
  return `[Interface]\nPrivateKey = ${OWN.privateKey}\n${own}\n\n` +
    `[Peer]\nPublicKey = ${A}\nEndpoint = 203.0.113.7:51820\n${peer}\n`;
}

const ADDRESS = "Address = 10.0.0.2/24";
const BOTH = "Address = 10.0.0.2/24, fd00::2/64";
const ALL = "AllowedIPs = 0.0.0.0/0, ::/0";
const PLAIN = file(ADDRESS);

const MANUALS: ConfigCase[] = [
  {
    name: "the document's laptop",
    text: `[Interface]
Address = 10.0.0.2/24
PrivateKey = ${OWN.privateKey}

[Peer]
PublicKey = ${A}
Endpoint = 198.51.100.10:51820
AllowedIPs = 10.0.0.1/32
PersistentKeepalive = 25
`,
  },
  {
    name: "the document's VPS",
    hooks: true,
    text: `[Interface]
Address = 10.0.0.1/24
ListenPort = 51820
PrivateKey = ${OWN.privateKey}

# IP forwarding and NAT rules
PostUp   = sysctl -w net.ipv4.ip_forward=1
PostUp   = iptables -A FORWARD -i wg0 -j ACCEPT
PostUp   = iptables -A FORWARD -o wg0 -j ACCEPT
PostUp   = iptables -t nat -A POSTROUTING -o ens3 -j MASQUERADE
PostDown = iptables -D FORWARD -i wg0 -j ACCEPT
PostDown = iptables -D FORWARD -o wg0 -j ACCEPT
PostDown = iptables -t nat -D POSTROUTING -o ens3 -j MASQUERADE

[Peer]
PublicKey = ${A}
AllowedIPs = 10.0.0.2/32
`,
  },
  {
    name: "wg(8): three peers",
    text: `[Interface]
PrivateKey = ${OWN.privateKey}
ListenPort = 51820

[Peer]
PublicKey = ${A}
Endpoint = 192.95.5.67:1234
AllowedIPs = 10.192.122.3/32, 10.192.124.1/24

[Peer]
PublicKey = ${B}
Endpoint = [2607:5300:60:6b0::c05f:543]:2468
AllowedIPs = 10.192.122.4/32, 192.168.0.0/16

[Peer]
PublicKey = ${C}
Endpoint = vpn.example:18981
AllowedIPs = 10.10.10.230/32
`,
  },
  {
    name: "wg-quick(8): a client of a gateway",
    text: `[Interface]
Address = 10.200.100.8/24
PrivateKey = ${OWN.privateKey}

[Peer]
PublicKey = ${A}
PresharedKey = ${keyPair().publicKey}
AllowedIPs = 0.0.0.0/0
Endpoint = vpn.example:51820
`,
  },
  {
    name: "wg-quick(8): the kill switch",
    hooks: true,
    text: file(
      `${ADDRESS}
PostUp = iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT
PreDown = iptables -D OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT`,
      "AllowedIPs = 0.0.0.0/0",
    ),
  },
  {
    name: "wg-quick(8): a private key from a command",
    text: PLAIN.replace(/PrivateKey.*\n/, "").replace(
      "[Interface]\n",
      "[Interface]\nPostUp = wg set %i private-key <(cat /etc/wireguard/%i.key)\n",
    ),
  },
  {
    name: "wg-quick(8): a server",
    text: `[Interface]
Address = 10.192.122.1/24
Address = 10.10.0.1/16
SaveConfig = false
PrivateKey = ${OWN.privateKey}
ListenPort = 51820

[Peer]
PublicKey = ${A}
AllowedIPs = 10.192.122.3/32, 10.192.124.1/24

[Peer]
PublicKey = ${B}
AllowedIPs = 10.192.122.4/32, 192.168.0.0/16

[Peer]
PublicKey = ${C}
AllowedIPs = 10.10.10.230/32
`,
  },
  {
    name: "wg-quick(8): SSH alone through the tunnel",
    text: `[Interface]
Address = 10.192.122.1/24
PrivateKey = ${OWN.privateKey}
ListenPort = 51820
Table = 1234
PostUp = ip rule add ipproto tcp dport 22 table 1234
PreDown = ip rule delete ipproto tcp dport 22 table 1234

[Peer]
PublicKey = ${A}
AllowedIPs = 0.0.0.0/0
`,
  },
];

const ROUTING: ConfigCase[] = [
  { name: "all of IPv4", text: file(ADDRESS, "AllowedIPs = 0.0.0.0/0") },
  {
    name: "all of IPv6",
    text: file("Address = fd00::2/64", "AllowedIPs = ::/0"),
  },
  { name: "all of both", text: file(BOTH, ALL) },
  { name: "all of both, v4 address alone", text: file(ADDRESS, ALL) },
  {
    name: "all of both over IPv6",
    text: file(BOTH, ALL).replace("203.0.113.7", "[2001:db8:9::7]"),
  },
  {
    name: "all and a part",
    text: file(BOTH, `${ALL}, 10.9.0.0/16, fd09::/48`),
  },
  {
    name: "all by one peer, a part by another",
    text: `${
      file(BOTH, ALL)
    }[Peer]\nPublicKey = ${B}\nAllowedIPs = 10.7.0.0/16\n`,
  },
  { name: "all without any address", text: file("", ALL) },
  {
    name: "all, several addresses",
    text: file(`${BOTH}\nAddress = 10.3.0.2/32, fd03::2/128`, ALL),
  },
  { name: "all, FwMark", text: file(`${BOTH}\nFwMark = 1234`, ALL) },
  {
    name:
      "all, a mark from a hook, which stock of 2021 runs before there is an interface",
    text: file(`${BOTH}\nPreUp = wg set %i fwmark 77`, ALL),
    stock: file(`${BOTH}\nFwMark = 77`, ALL),
  },
  { name: "all, MTU", text: file(`${BOTH}\nMTU = 1380`, ALL) },
  { name: "all, Table = off", text: file(`${BOTH}\nTable = off`, ALL) },
  { name: "all, Table = 1234", text: file(`${BOTH}\nTable = 1234`, ALL) },
  { name: "all, Table = auto", text: file(`${BOTH}\nTable = auto`, ALL) },
  { name: "a part, FwMark in hex", text: file(`${ADDRESS}\nFwMark = 0xca6c`) },
  { name: "a part, FwMark = off", text: file(`${ADDRESS}\nFwMark = off`) },
  { name: "a part, Table = off", text: file(`${ADDRESS}\nTable = off`) },
  {
    name: "a part, Table = 1234",
    text: file(
      `${BOTH}\nTable = 1234`,
      "AllowedIPs = 10.0.0.0/24, 10.9.0.0/16, fd09::/48",
    ),
  },
  { name: "a part, Table = main", text: file(`${ADDRESS}\nTable = main`) },
  {
    name: "a part, Table by a name of the machine",
    text: file(`${ADDRESS}\nTable = isp2`),
  },
  {
    name: "nested prefixes",
    text: file(
      "Address = 10.0.0.2/32",
      "AllowedIPs = 10.0.0.0/8, 10.1.0.0/16, 10.1.2.0/24, 10.1.2.3/32",
    ),
  },
  {
    name: "nested prefixes of IPv6",
    text: file(
      "Address = fd00::2/128",
      "AllowedIPs = fd00::/8, fd01::/16, fd01:2::/32, fd01:2::3/128",
    ),
  },
  {
    name: "the network of the address, wider, narrower",
    text: file(
      BOTH,
      "AllowedIPs = 10.0.0.0/24, 10.0.0.0/23, 10.0.0.128/25, fd00::/64, fd00::/63, fd00::8/125",
    ),
  },
  {
    name: "an address without a mask",
    text: file(
      "Address = 10.0.0.2, fd00::2",
      "AllowedIPs = 10.0.0.1/32, fd00::1/128, fd00::2/128",
    ),
  },
  {
    name: "addresses of /31 and /127",
    text: file(
      "Address = 10.0.0.2/31, fd00::2/127",
      "AllowedIPs = 10.0.0.3/32, fd00::3/128",
    ),
  },
  {
    name: "many Address lines",
    text: file(
      "Address = 10.1.0.2/24\nAddress = 10.2.0.2/24,10.3.0.2/24\nAddress = fd01::2/64\nAddress=fd02::2/64",
    ),
  },
  { name: "MTU 1280", text: file(`${BOTH}\nMTU = 1280`) },
  {
    name: "a way with a smaller MTU",
    text: file(ADDRESS).replace("203.0.113.7", "198.51.100.7"),
  },
  {
    name: "hooks at every moment",
    text: file(
      `${ADDRESS}\nPreUp = ip rule add to 10.71.0.0/16 lookup 71\nPostUp = ip route add 10.72.0.0/16 dev %i; ip route add 10.73.0.0/16 dev %i\nPostUp = ip link set %i txqueuelen 77\nPreDown = ip route del 10.72.0.0/16 dev %i && true\nPostDown = ip rule del to 10.71.0.0/16 lookup 71`,
    ),
  },
  {
    name: "hooks in the words of bash",
    text: file(
      `${ADDRESS}\nPostUp = for n in {1..3}; do [[ $n -eq 2 ]] || ip route add 10.8$n.0.0/16 dev $INTERFACE; done`,
    ),
  },
  {
    name: "halves: stock leads its own datagrams into the tunnel",
    text: file(ADDRESS, "AllowedIPs = 0.0.0.0/1, 128.0.0.0/1"),
    better: [
      /^unicast 0\.0\.0\.0\/1 dev wg0 table 51820 /m,
      /^32764:\s+from all lookup main suppress_prefixlength 0/m,
      /^32765:\s+not from all fwmark 0xca6c lookup 51820/m,
    ],
  },
  {
    name:
      "an endpoint inside AllowedIPs: stock leads its own datagrams into the tunnel",
    text: file(ADDRESS, "AllowedIPs = 203.0.113.0/24, 10.9.0.0/16"),
    better: [
      /^unicast 203\.0\.113\.0\/24 dev wg0 table 51820 /m,
      /^unicast 10\.9\.0\.0\/16 dev wg0 table main /m,
      /^32764:\s+from all lookup main suppress_prefixlength 23/m,
    ],
  },
  {
    name: "a relay on loopback: stock takes 65456 for the MTU",
    text: file(ADDRESS).replace("203.0.113.7", "127.0.0.1"),
    better: [/^wg0: mtu 1420$/m],
  },
  {
    name: "two ways: the smallest MTU (2025), stock of 2021 the largest",
    text: `${
      file(ADDRESS)
    }[Peer]\nPublicKey = ${B}\nEndpoint = 198.51.100.7:1\n`,
    better: [/^wg0: mtu 1320$/m],
  },
];

const TYPING: ConfigCase[] = [
  {
    name: "tabs",
    text: PLAIN.replaceAll(" = ", "\t=\t").replaceAll("\nA", "\n\t A"),
  },
  { name: "CRLF", text: PLAIN.replaceAll("\n", "\r\n") },
  { name: "a byte order mark", text: `\uFEFF${PLAIN}`, stock: PLAIN },
  { name: "no newline at the end", text: PLAIN.trimEnd() },
  { name: "no blanks at all", text: PLAIN.replaceAll(" = ", "=") },
  {
    name: "keys and sections in any case",
    text: PLAIN.replace(
      /^[A-Z]\w+(?= =)|^\[.*\]$/gm,
      (word) => word.length % 2 ? word.toUpperCase() : word.toLowerCase(),
    ),
  },
  {
    name: "words in any case",
    text: file(`${ADDRESS}\nTable = Off\nFwMark = Off\nSaveConfig = False`),
    stock: file(`${ADDRESS}\nTable = off\nFwMark = off\nSaveConfig = false`),
  },
  {
    name: "blanks in a header",
    text: PLAIN.replace("[Interface]", "[ Interface ]"),
    stock: PLAIN,
  },
  {
    name: "comments everywhere, in other scripts too",
    text: PLAIN.replaceAll("\n", " # Türöffner 警告 🌵\n#\n"),
  },
  {
    name: "a commented key",
    text: file(`#ListenPort = 1\n${ADDRESS} # 10.0.0.3\n`),
  },
  {
    name: "a hook with a # (2025), where stock of 2021 cuts",
    text: file(`${ADDRESS}\nPostUp = ip route add 10.78.0.0/16 dev %i # '`),
    stock: file(`${ADDRESS}\nPostUp = ip route add 10.78.0.0/16 dev %i`),
  },
  {
    name: "lists without blanks and with many",
    text: file(
      "Address=10.0.0.2/24,fd00::2/64",
      "AllowedIPs=10.9.0.0/16,fd09::/48\nAllowedIPs =  10.8.0.0/16 ,  10.7.0.0/16",
    ),
  },
  {
    name: "IPv6 in capitals",
    text: file("Address = FD00::A/64", "AllowedIPs = FD09::/48"),
  },
  {
    name: "host bits",
    text: file(ADDRESS, "AllowedIPs = 10.9.8.7/16, fd09::1/48"),
  },
  {
    name: "no mask in AllowedIPs",
    text: file(ADDRESS, "AllowedIPs = 10.9.8.7, fd09::1"),
  },
  {
    name: "the same address twice, which stock refuses",
    text: file(`${ADDRESS}\n${ADDRESS}`),
    stock: file(ADDRESS),
  },
  {
    name: "a service's name as a port",
    text: file(`${ADDRESS}\nListenPort = ntp`).replace(":51820", ":domain"),
  },
  { name: "a host's name", text: PLAIN.replace("203.0.113.7", "vpn.example") },
  {
    name: "an endpoint of IPv6",
    text: PLAIN.replace("203.0.113.7", "[2001:db8:9::7]"),
  },
  {
    name: "an endpoint with a zone",
    text: PLAIN.replace("203.0.113.7", "[fe80::7%uplink]"),
  },
  {
    name: "PersistentKeepalive = off",
    text: file(ADDRESS, "PersistentKeepalive = off\nAllowedIPs = 10.9.0.0/16"),
  },
  {
    name: "PersistentKeepalive = 65535",
    text: file(
      ADDRESS,
      "PersistentKeepalive = 65535\nAllowedIPs = 10.9.0.0/16",
    ),
  },
  {
    name: "a preshared key",
    text: file(ADDRESS, `PresharedKey = ${C}\nAllowedIPs = 10.9.0.0/16`),
  },
  {
    name: "an empty PresharedKey, which stock refuses",
    text: file(ADDRESS, "PresharedKey =\nAllowedIPs = 10.9.0.0/16"),
    stock: file(ADDRESS),
  },
  {
    name: "empty values",
    text: file(`${ADDRESS}\nDNS =\nMTU =\nTable =\nAddress =`),
  },
  {
    name: "no peer",
    text: `[Interface]\nPrivateKey = ${OWN.privateKey}\n${ADDRESS}\n`,
  },
  { name: "a peer without AllowedIPs", text: file(ADDRESS, "") },
  {
    name: "the same AllowedIPs for two peers",
    text: `${PLAIN}[Peer]\nPublicKey = ${B}\nAllowedIPs = 10.9.0.0/16\n`,
  },
  {
    name: "the same peer twice",
    text: `${PLAIN}[Peer]\nPublicKey = ${A}\nAllowedIPs = 10.8.0.0/16\n`,
  },
  {
    name: "the peers first",
    text:
      `[Peer]\nPublicKey = ${A}\nAllowedIPs = 10.9.0.0/16\n\n[Interface]\nPrivateKey = ${OWN.privateKey}\n${ADDRESS}\n`,
  },
  {
    name: "200 peers",
    text: confText({
      privateKey: OWN.privateKey,
      listenPort: 51820,
      addresses: ["10.5.0.1/16", "fd05::1/64"],
      peers: Array.from(
        { length: 200 },
        (_, i) => ({
          publicKey: keyPair().publicKey,
          allowedIps: [`10.5.1.${i}/32`],
        }),
      ),
    }),
  },
  {
    name: "one line of 100 prefixes",
    text: file(
      ADDRESS,
      `AllowedIPs = ${
        Array.from(
          { length: 100 },
          (_, i) => `10.100.${i}.0/24`,
        ).join(", ")
      }`,
    ),
  },
  {
    name: "keys of phone apps, which stock refuses",
    text: file(`${ADDRESS}\nExcludedApplications = com.example.app`),
    stock: PLAIN,
  },
];

const REFUSED: [name: string, text: string, problem: RegExp][] = [
  [
    "keys of AmneziaWG",
    file(`${ADDRESS}\nJc = 4\nJmin = 40`),
    /wg0\.conf:4: Jc: belongs to AmneziaWG/,
  ],
  [
    "a placeholder",
    PLAIN.replace(OWN.privateKey, "<LAPTOP_PRIVATE_KEY>"),
    /wg0\.conf:2: PrivateKey: a placeholder still stands here/,
  ],
  [
    "a key cut short",
    PLAIN.replace(A, A.slice(0, 40)),
    /wg0\.conf:6: PublicKey: has 40 characters, a key has 44/,
  ],
  [
    "quotes",
    file(`Address = "10.0.0.2/24"`),
    /wg0\.conf:3: Address: remove the quotes/,
  ],
  [
    "a ; comment",
    file(`${ADDRESS} ; mine`),
    /wg0\.conf:3: Address: a comment starts with #/,
  ],
  [
    "a dotted netmask",
    file(ADDRESS, "AllowedIPs = 10.9.0.0/255.255.0.0"),
    /wg0\.conf:8: AllowedIPs: .*\/16/,
  ],
  [
    "an endpoint without a port",
    PLAIN.replace(":51820", ""),
    /wg0\.conf:7: Endpoint: /,
  ],
  [
    "a keepalive of 65536",
    file(ADDRESS, "PersistentKeepalive = 65536"),
    /wg0\.conf:8: PersistentKeepalive: /,
  ],
  [
    "a [Peer] without PublicKey",
    `${PLAIN}[Peer]\nAllowedIPs = 10.8.0.0/16\n`,
    /wg0\.conf:9: PublicKey: /,
  ],
  [
    "a table that nobody knows",
    file(`${ADDRESS}\nTable = nowhere`),
    /wg0\.conf:4: Table: must be /,
  ],
];

/** All of them. */
export const CONFIG_CASES: readonly ConfigCase[] = [
  ...MANUALS,
  ...ROUTING,
  ...TYPING,
  ...REFUSED.map(([name, text, refused]) => ({ name, text, refused })),
];
