/** What is refused in wg0.conf: the line, the key, and the cure. */

import {
  INTERFACE,
  PEER,
  PEER_A,
  PRESHARED,
  PRIVATE,
  refuses,
} from "./conf_files.ts";

/** Asserts the error of one line under [Interface], line 3 of the file. */
const own = (line: string, message: string) =>
  refuses(INTERFACE + line + "\n", `wg0.conf:3: ${message}`);
/** Asserts the error of one line under [Peer], line 5 of the file. */
const peer = (line: string, message: string) =>
  refuses(INTERFACE + PEER + line + "\n", `wg0.conf:5: ${message}`);
/** Asserts the error of a PrivateKey line, line 2 of the file. */
const key = (value: string, message: string) =>
  refuses(
    `[Interface]\nPrivateKey = ${value}\n`,
    `wg0.conf:2: PrivateKey: ${message}`,
  );

Deno.test("parseConfig() refuses a placeholder that still stands in the file", () => {
  const message =
    "a placeholder still stands here; put the real value in its place";
  key("<LAPTOP_PRIVATE_KEY>", message);
  key("${PRIVATE_KEY}", message);
  key("{{ private_key }}", message);
  key("YOUR_PRIVATE_KEY", message);
  key(
    "PRIVATE_KEY_HERE",
    "has 16 characters, a key has 44; is it still a placeholder?",
  );
  peer("Endpoint = <VPS_PUBLIC_IP>:51820", `Endpoint: ${message}`);
  peer("AllowedIPs = <LAN>", `AllowedIPs: ${message}`);
});

Deno.test("parseConfig() refuses a key that was cut short, and says how long it is", () => {
  key(
    PRIVATE.slice(0, 40),
    "has 40 characters, a key has 44; copy the whole key",
  );
  key(
    PRIVATE.slice(0, 43),
    "has 43 characters, a key has 44; copy the whole key",
  );
  key(PRIVATE + "A", "has 45 characters, a key has 44; copy the whole key");
  peer(
    `PresharedKey = ${PRESHARED.slice(1)}`,
    "PresharedKey: has 43 characters, a key has 44; copy the whole key",
  );
  refuses(
    INTERFACE + `[Peer]\nPublicKey = ${PEER_A.slice(0, 20)}\n`,
    "wg0.conf:4: PublicKey: has 20 characters, a key has 44; copy the whole key",
  );
});

Deno.test("parseConfig() refuses what is no key, and does not show it", () => {
  const message =
    "is no key in base64: letters, digits, + and /, and = at its end; copy it again";
  key("!" + PRIVATE.slice(1), message);
  key(PRIVATE.slice(0, 43) + "A", message);
  // The last digit before = has bits that no byte takes.
  key(PRIVATE.slice(0, 42) + "5=", message);
  key("ab".repeat(32), "is in hex; write the key in base64, 44 characters");
  key("", "is empty; give it a value, or remove the line");
});

Deno.test("parseConfig() refuses quotes around a value", () => {
  const message = "remove the quotes around the value";
  key(`"${PRIVATE}"`, message);
  key(`“${PRIVATE}”`, message);
  own("Address = '10.0.0.1/24'", `Address: ${message}`);
});

Deno.test("parseConfig() refuses comments that start with ; or //", () => {
  own("; a comment", "a comment starts with #, not ;");
  own("// a comment", "a comment starts with #, not //");
  own(
    "Address = 10.0.0.1/24 ; home",
    "Address: a comment starts with #, not ;",
  );
});

Deno.test("parseConfig() refuses bad prefixes", () => {
  peer(
    "AllowedIPs = 10.0.0.0/255.255.255.0",
    "AllowedIPs: 10.0.0.0/255.255.255.0: a netmask is written as its length: /24",
  );
  peer(
    "AllowedIPs = 10.0.0.0/8, 10.0.0.1/33",
    "AllowedIPs: 10.0.0.1/33: the length behind the slash must be 0 to 32",
  );
  peer(
    "AllowedIPs = fd00::/129",
    "AllowedIPs: fd00::/129: the length behind the slash must be 0 to 128",
  );
  peer(
    "AllowedIPs = 10.0.0.1/32 10.0.0.2/32",
    "AllowedIPs: separate the addresses by commas",
  );
  peer(
    "AllowedIPs = all",
    "AllowedIPs: all: not an IP address, as 10.0.0.1/24 or fd00::1/64",
  );
  own(
    "Address = 10.0.0.1 255.255.255.0",
    "Address: a netmask is written as a length, as 10.0.0.1/24",
  );
  own(
    "Address = 10.0.0.256/24",
    "Address: 10.0.0.256/24: an IPv4 address is four numbers of 0 to 255, as 10.0.0.1",
  );
  own(
    "Address = 10.0.0.1/24, fd00::1::2",
    "Address: fd00::1::2: an IPv6 address is eight groups of hex digits, as fd00::1",
  );
});

Deno.test("parseConfig() refuses bad endpoints", () => {
  peer(
    "Endpoint = vpn.example.com",
    "Endpoint: vpn.example.com: the port is missing, as in vpn.example.com:51820",
  );
  peer(
    "Endpoint = fd00::1:51820",
    "Endpoint: fd00::1:51820: an IPv6 address stands in brackets, its port behind them, as [fd00::1]:51820",
  );
  peer(
    "Endpoint = 192.0.2.1:7, 192.0.2.2:7",
    "Endpoint: 192.0.2.1:7,192.0.2.2:7: a peer has one endpoint; remove the others",
  );
  peer(
    "Endpoint = vpn.example.com:70000",
    "Endpoint: vpn.example.com:70000: port is 70000, must be 1 to 65535",
  );
  peer(
    "Endpoint = vpn!example.com:51820",
    "Endpoint: vpn!example.com:51820: a host name has only letters, digits, hyphens and dots",
  );
  peer(
    "Endpoint =",
    "Endpoint: is empty; give it a value, or remove the line",
  );
});

Deno.test("parseConfig() refuses bad ports and numbers", () => {
  const keepalive = "must be off or a number of 0 to 65535";
  peer(
    "PersistentKeepalive = 65536",
    `PersistentKeepalive: is 65536, ${keepalive}`,
  );
  peer("PersistentKeepalive = 25s", `PersistentKeepalive: ${keepalive}`);
  own("ListenPort = 65536", "ListenPort: port is 65536, must be 0 to 65535");
  own(
    "ListenPort = all",
    "ListenPort: port must be a number of 0 to 65535",
  );
  own("MTU = 67", "MTU: is 67, must be a number of 68 to 65535");
  own("MTU = big", "MTU: must be a number of 68 to 65535");
  own(
    "FwMark = 4294967296",
    "FwMark: must be off, or a number of 0 to 4294967295, decimal or 0x…",
  );
  own(
    "SaveConfig = maybe",
    "SaveConfig: `maybe' is neither true nor false",
  );
});

Deno.test("parseConfig() refuses an MTU that is too small for the IPv6 address", () => {
  refuses(
    INTERFACE + "MTU = 1200\nAddress = fd00::1/64\n",
    "wg0.conf:3: MTU: is 1200, but IPv6 needs 1280 at least; raise it, or remove the IPv6 address",
  );
});

Deno.test("parseConfig() refuses a hook that is continued with a backslash", () => {
  own(
    "PostUp = iptables -A FORWARD \\\n  -i %i -j ACCEPT",
    "PostUp: a backslash does not continue a line; write all of it on one line",
  );
  own(
    "Address = 10.0.0.1/24, \\",
    "Address: a backslash does not continue a line; write all of it on one line",
  );
});

Deno.test("parseConfig() refuses a [Peer] without PublicKey at its own line", () => {
  const message =
    "wg0.conf:3: PublicKey: is missing in this [Peer]; write the other end's public key";
  refuses(INTERFACE + "[Peer]\nAllowedIPs = 10.0.0.1\n", message);
  refuses(INTERFACE + "[Peer]\n\n" + PEER, message);
});

Deno.test("parseConfig() refuses a file without PrivateKey where no hook may set it", () => {
  refuses(
    "\n[Interface]\nAddress = 10.0.0.1/24\nPostUp = iptables -L\n" + PEER,
    "wg0.conf:2: PrivateKey: is missing in this [Interface]; `caktus genkey` makes one",
  );
});

Deno.test("parseConfig() refuses lines before any section, and files without [Interface]", () => {
  refuses(
    `# mine\nPrivateKey = ${PRIVATE}\n`,
    "wg0.conf:2: PrivateKey: stands before any section; the line [Interface] is missing above it",
  );
  refuses("", "wg0.conf: the section [Interface] is missing");
  refuses(PEER, "wg0.conf: the section [Interface] is missing");
});

Deno.test("parseConfig() refuses unknown keys, and names the nearest", () => {
  own("Adress = 10.0.0.1/24", "Adress: unknown key; did you mean Address?");
  peer(
    "AllowedIP = 10.0.0.1",
    "AllowedIP: unknown key; did you mean AllowedIPs?",
  );
  own(
    "PubKey = x",
    "PubKey: unknown key; did you mean PublicKey under [Peer]?",
  );
  peer(
    "Nickname = vps",
    "Nickname: unknown key; [Peer] has PublicKey, PresharedKey, AllowedIPs, Endpoint, PersistentKeepalive",
  );
});

Deno.test("parseConfig() refuses a key in the wrong section, and says where it belongs", () => {
  own(
    "Endpoint = 192.0.2.1:51820",
    "Endpoint: belongs under [Peer], not [Interface]",
  );
  peer("listenport = 7", "listenport: belongs under [Interface], not [Peer]");
});

Deno.test("parseConfig() refuses AmneziaWG's keys as another protocol", () => {
  const message =
    "belongs to AmneziaWG, another protocol: with WireGuard such a tunnel would never handshake; ask for a WireGuard config";
  for (const name of ["Jc", "Jmin", "Jmax", "S1", "S2", "H1", "h4", "I1"]) {
    own(`${name} = 0`, `${name}: ${message}`);
  }
});

Deno.test("parseConfig() refuses headers that are none", () => {
  refuses(
    "[Interfaces]\n",
    "wg0.conf:1: unknown section [Interfaces]; did you mean [Interface]?",
  );
  refuses(
    "[WireGuard]\n",
    "wg0.conf:1: unknown section [WireGuard]; there are [Interface] and [Peer]",
  );
  refuses(
    `[${PRIVATE}]\n`,
    "wg0.conf:1: unknown section; there are [Interface] and [Peer]",
  );
  refuses(
    "[Interface\n",
    "wg0.conf:1: a section header is [Interface] or [Peer], and nothing else on its line",
  );
  own("Peer", "a section header stands in brackets: [Peer]");
});

Deno.test("parseConfig() refuses lines without =, and does not show them", () => {
  const message =
    "this line is neither KEY = VALUE nor a section header; a value stands on the line of its key";
  own(PRIVATE, message);
  own(PRIVATE.slice(22), message);
  own(
    `${PRIVATE.slice(0, 12)}=${PRIVATE.slice(12)}`,
    "what stands before = is no key of such a file",
  );
  own("PublicKey: " + PEER_A, "write PublicKey = VALUE on one line");
  own("ListenPort 51820", "write ListenPort = VALUE on one line");
});

Deno.test("parseConfig() names what is invisible", () => {
  peer(
    "AllowedIPs = 10.0.0.1/32\u200b",
    "AllowedIPs: holds an invisible character, U+200B; type it anew",
  );
  own(
    "Address\u200b = 10.0.0.1/32",
    "holds an invisible character, U+200B; type it anew",
  );
  own(
    "Address = 10.0.0.1/24\udce4",
    "Address: holds the byte 0xE4, which is no UTF-8; type it anew",
  );
  own("PostUp = echo \0", "PostUp: holds a NUL byte");
});

Deno.test("parseConfig() never shows a key that stands where none belongs", () => {
  peer(
    `Endpoint = ${PRIVATE}`,
    "Endpoint: the port is missing, as in vpn.example.com:51820",
  );
  peer(
    `AllowedIPs = ${PRIVATE}`,
    "AllowedIPs: not an IP address, as 10.0.0.1/24 or fd00::1/64",
  );
  own(
    `ListenPort = ${PRIVATE}`,
    "ListenPort: port must be a number of 0 to 65535",
  );
});
