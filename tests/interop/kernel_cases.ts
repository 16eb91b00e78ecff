/**
 * What stock wg and Caktus are both told of the kernel's WireGuard interfaces, in the virtual machine.
 *
 * ```text
 * alone        nothing but a name
 * ha ═══ hb    joined over loopback: a handshake and traffic, then silence
 * big          25 peers of 50 prefixes each, which come and go in many messages
 * stock, ours  the one is changed by wg, the other by Caktus; after each change they must be equal
 * ```
 *
 * @module
 */

/** The key of a peer, of so many letters each. */
export const peerKey = (letter: string) => `${letter.repeat(42)}A=`;

const A = peerKey("a");
const B = peerKey("b");
const C = peerKey("c");

/** Makes the interfaces, and the files that the commands read. */
export const SETUP = `
set -e
cd /tmp
for name in alone ha hb big stock ours; do ip link add $name type wireguard; done
for name in ha hb key other; do wg genkey > $name.key; done
wg genpsk > psk; : > empty
for side in "ha 1001 hb 1002" "hb 1002 ha 1001"; do
  set -- $side
  wg set $1 private-key $1.key listen-port $2 fwmark 0xca6c peer $(wg pubkey < $3.key) preshared-key psk \\
    endpoint 127.0.0.1:$4 allowed-ips 10.9.0.0/24,fd00:9::/64 persistent-keepalive 1
done
ip link set ha up; ip link set hb up
for name in ha hb; do
  for i in {1..100}; do
    read -r _ received sent < <(wg show $name transfer)
    [ $received != 0 ] && [ $sent != 0 ] && break
    sleep 0.1
  done
done
for name in ha hb; do wg set $name peer $(wg show $name peers) persistent-keepalive 0; done
sleep 0.2
wg setconf big big.conf
cat > one.conf <<'END'
[Interface]
ListenPort = 4321
FwMark = 0x10
[Peer]
PublicKey = ${A}
AllowedIPs = 10.1.0.0/16, fd00:1::/32
Endpoint = 192.0.2.7:7
PersistentKeepalive = 7
[Peer]
PublicKey = ${B}
AllowedIPs = 10.2.0.0/16
END
cat > two.conf <<'END'
[Interface]
ListenPort = 4321
[Peer]
PublicKey = ${B}
AllowedIPs = 10.2.0.0/16, 10.22.0.0/16
[Peer]
PublicKey = ${C}
AllowedIPs = 10.1.0.0/16
Endpoint = [2001:db8::3]:3
END
`;

/** 25 peers of 50 prefixes, as a file of wg's keys. */
export function bigConf(): string {
  const numbers = Array.from({ length: 25 }, (_, i) => i);
  return numbers.map((i) =>
    [
      "[Peer]",
      `PublicKey = ${"z".repeat(39)}${String(i).padStart(3, "0")}A=`,
      `PresharedKey = ${"y".repeat(42)}A=`,
      `Endpoint = [2001:db8::${i.toString(16)}]:${i + 1}`,
      ...numbers.map((j) =>
        `AllowedIPs = 10.${i}.${j}.0/24, fd00:${i}:${j}::/64`
      ),
      "",
    ].join("\n")
  ).join("");
}

/** Commands that show, or fail; both programs must say the same to each. */
export const SHOWN: string[] = [
  "show interfaces",
  "show all dump",
  "show all transfer",
  "show",
  "showconf big",
  ...["alone", "ha", "hb"].flatMap((name) => [
    `show ${name}`,
    `showconf ${name}`,
  ]),
  "show alone dump",
  "show ha latest-handshakes",
  "show ha endpoints",
  ...["none0", "lo"].flatMap((name) => [
    `show ${name}`,
    `set ${name} fwmark 1`,
    `syncconf ${name} one.conf`,
  ]),
  "set hb listen-port 1001", // ha has it
];

/** A command with `stock` for `%` for wg, and the one with `ours` for Caktus that must do the same. */
type Change = [stock: string, ours: string];

/** Commands that change, in the order in which they are given. */
export const CHANGES: Change[] = [
  ...[
    "set % private-key key.key listen-port 1234 fwmark 0x1234",
    `set % peer ${A} allowed-ips 10.0.0.0/24,fd00::/64,0.0.0.0/0,::/0 endpoint 192.0.2.1:51820 persistent-keepalive 25 preshared-key psk`,
    `set % peer ${A} endpoint [2001:db8::1]:9`,
    `set % peer ${A} endpoint [fe80::1%lo]:9`,
    `set % peer ${B} allowed-ips 10.0.0.0/24 peer ${C} persistent-keepalive 65535`,
    `set % peer ${A} preshared-key empty persistent-keepalive off`,
    `set % peer ${A} allowed-ips ''`,
    `set % peer ${C} remove peer ${B} remove`,
    `set % peer ${C} remove`,
    "set % fwmark off",
    "set % private-key other.key",
    "set % private-key /dev/null",
    `set % peer ${A} endpoint 192.0.2.1`,
    "addconf % one.conf",
    "addconf % two.conf",
    "setconf % one.conf",
  ].map((command): Change => [command, command]),
  // wg of 2021 knows neither + nor -; this kernel cannot take a prefix away.
  [
    `set % peer ${A} allowed-ips 10.1.0.0/16,fd00:1::/32,10.7.0.0/16`,
    `set % peer ${A} allowed-ips +10.7.0.0/16`,
  ],
  [
    `set % peer ${A} allowed-ips 10.1.0.0/16,10.7.0.0/16 peer ${B} allowed-ips 10.2.0.0/16,10.8.0.0/16`,
    `set % peer ${A} allowed-ips -fd00:1::/32,-10.9.0.0/16 peer ${B} allowed-ips +10.8.0.0/16`,
  ],
  [
    `set % peer ${B} allowed-ips 10.8.0.0/16,10.7.0.0/16`,
    `set % peer ${B} allowed-ips +10.7.0.0/16,-10.2.0.0/16`,
  ],
  ...[
    "syncconf % two.conf",
    "syncconf % one.conf",
    "setconf % big.conf",
    "syncconf % two.conf",
    "setconf % /dev/null",
  ].map((command): Change => [command, command]),
];
