/** What people write in wg0.conf, and mean. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { decodeConfig } from "../../src/config/conf_text.ts";
import { formatPrefix } from "../../src/config/prefix.ts";
import { encodeKey } from "../../src/noise/keys.ts";
import { INTERFACE, PEER, PEER_A, PRIVATE, readQuietly } from "./conf_files.ts";

const addresses = (text: string) =>
  readQuietly(INTERFACE + text).interface.addresses.map(formatPrefix);
const allowedIps = (text: string) =>
  readQuietly(INTERFACE + PEER + text).peers[0]!.allowedIps.map(formatPrefix);

Deno.test("parseConfig() accepts CRLF, tabs, and no newline at the end", () => {
  const { interface: own } = readQuietly(
    `[Interface]\r\n\tPrivateKey\t=\t${PRIVATE}\r\nPostUp = echo \r\nListenPort = 7`,
  );
  strictEqual(encodeKey(own.privateKey!), PRIVATE);
  strictEqual(own.listenPort, 7);
  deepStrictEqual(own.postUp, [{ command: "echo", line: 3 }]);
});

Deno.test("parseConfig() accepts a byte order mark, of UTF-16 too", () => {
  const text = `\uFEFF${INTERFACE}`;
  strictEqual(readQuietly(text).peers.length, 0);
  const utf16 = new Uint8Array(
    Uint16Array.from(
      text,
      (character) => character.charCodeAt(0),
    ).buffer,
  );
  strictEqual(readQuietly(decodeConfig(utf16)).peers.length, 0);
});

Deno.test("parseConfig() accepts any case of sections, keys and words, and blanks in headers", () => {
  const { interface: own, peers } = readQuietly(
    `[ INTERFACE ]\nprivatekey=${PRIVATE}\nFWMARK=Off\nTable = AUTO\nSaveConfig = False\nmtu=1400\n` +
      `[peer]\npublickey=${PEER_A}\nallowedips=10.0.0.1\nPERSISTENTKEEPALIVE=OFF\n`,
  );
  strictEqual(own.fwmark, 0);
  strictEqual(own.mtu, 1400);
  strictEqual(peers[0]!.persistentKeepaliveSeconds, 0);
});

Deno.test("parseConfig() accepts comments anywhere, other scripts in them too", () => {
  const { interface: own } = readQuietly(
    `# Türöffner 警告 🌵\n[Interface] # header\n  # PrivateKey = x\nPrivateKey = ${PRIVATE}# none\n#\nListenPort = 7 # #\n`,
  );
  strictEqual(own.listenPort, 7);
});

Deno.test("parseConfig() accepts blanks inside values, and no-break spaces", () => {
  const { interface: own, peers } = readQuietly(
    `[Interface]\nPrivateKey\u00a0=\u00a0${PRIVATE.slice(0, 9)} ${
      PRIVATE.slice(9)
    }\n` + PEER +
      "Endpoint = [fd00::1] : 51820\u00a0\nAllowedIPs = 10.0. 0.1 / 32\n",
  );
  strictEqual(encodeKey(own.privateKey!), PRIVATE);
  strictEqual(peers[0]!.endpoint!.host, "fd00::1");
  strictEqual(formatPrefix(peers[0]!.allowedIps[0]!), "10.0.0.1/32");
});

Deno.test("parseConfig() accepts lists with and without blanks, and a comma at their end", () => {
  deepStrictEqual(addresses("Address = 10.0.0.1/24,fd00::1/64\n"), [
    "10.0.0.1/24",
    "fd00::1/64",
  ]);
  deepStrictEqual(addresses("Address = 10.0.0.1 / 24 , fd00::1/64 ,\n"), [
    "10.0.0.1/24",
    "fd00::1/64",
  ]);
  deepStrictEqual(allowedIps("AllowedIPs=10.0.0.1/32,fd00::1/128,\n"), [
    "10.0.0.1/32",
    "fd00::1/128",
  ]);
});

Deno.test("parseConfig() separates addresses by blanks too, as wg-quick(8) does", () => {
  deepStrictEqual(addresses("Address = 10.0.0.1/24 fd00::1/64\n"), [
    "10.0.0.1/24",
    "fd00::1/64",
  ]);
});

Deno.test("parseConfig() accepts several Address and AllowedIPs lines, and the same address twice", () => {
  deepStrictEqual(
    addresses("Address = 10.0.0.1/24\nAddress = 10.0.0.2/24, 10.0.0.1/24\n"),
    ["10.0.0.1/24", "10.0.0.2/24"],
  );
  deepStrictEqual(
    allowedIps("AllowedIPs = 10.0.0.1/32\nAllowedIPs = 10.0.0.2/32\n"),
    ["10.0.0.1/32", "10.0.0.2/32"],
  );
});

Deno.test("parseConfig() takes a missing mask as a single address, and upper-case IPv6", () => {
  deepStrictEqual(addresses("Address = 10.0.0.1, FD00::A\n"), [
    "10.0.0.1/32",
    "fd00::a/128",
  ]);
  deepStrictEqual(allowedIps("AllowedIPs = 10.0.0.1, FD00::A\n"), [
    "10.0.0.1/32",
    "fd00::a/128",
  ]);
});

Deno.test("parseConfig() accepts service names as ports where it is given services", () => {
  const services = (name: string) => name === "domain" ? 53 : undefined;
  const { interface: own, peers } = readQuietly(
    INTERFACE + "ListenPort = domain\n" + PEER +
      "Endpoint = vpn.example:domain\nAllowedIPs = ::/0\n",
    { services },
  );
  strictEqual(own.listenPort, 53);
  strictEqual(peers[0]!.endpoint!.port, 53);
});

Deno.test("parseConfig() accepts off, 0 and hex where they have a meaning", () => {
  const mark = (value: string) =>
    readQuietly(INTERFACE + `FwMark = ${value}\n`).interface.fwmark;
  strictEqual(mark("off"), 0);
  strictEqual(mark("0"), 0);
  strictEqual(mark("0xCA6C"), 51820);
  strictEqual(mark("010"), 10);
  strictEqual(mark("4294967295"), 0xffffffff);
  const port = readQuietly(INTERFACE + "ListenPort = 0\n").interface.listenPort;
  strictEqual(port, 0);
});

Deno.test("parseConfig() takes wg-quick's keys without a value as absent", () => {
  const { interface: own } = readQuietly(
    INTERFACE +
      "Address =\nDNS =\nMTU =\nTable =\nSaveConfig =\nPreUp =\nPostUp = \nPreDown=\nPostDown=#\n",
  );
  deepStrictEqual(own.addresses, []);
  strictEqual(own.mtu, undefined);
  deepStrictEqual([own.preUp, own.postUp, own.preDown], [[], [], []]);
  // What follows the = of a hook is the shell's, comments too.
  deepStrictEqual(own.postDown, [{ command: "#", line: 11 }]);
});

Deno.test("parseConfig() takes an empty PresharedKey, as panels write it, as none", () => {
  const { peers } = readQuietly(
    INTERFACE + PEER + "PresharedKey =\nAllowedIPs = 10.0.0.1\n",
  );
  strictEqual(peers[0]!.presharedKey, undefined);
});

Deno.test("parseConfig() leaves a hook as it is: #, quotes, ;, = and bytes that are no UTF-8", () => {
  const command = `[[ "$x" = '#1' ]] && echo "a;b" \u00a0\udce9 \\\\ # done`;
  const { interface: own } = readQuietly(
    INTERFACE + `PreUp = ${command} \t\nPREDOWN=%i\n`,
  );
  strictEqual(own.preUp[0]!.command, command);
  strictEqual(own.preDown[0]!.command, "%i");
});

Deno.test("parseConfig() needs no PrivateKey where a hook may set it", () => {
  const { interface: own } = readQuietly(
    "[Interface]\nPostUp = wg set %i private-key /etc/wireguard/%i.key\n",
  );
  strictEqual(own.privateKey, undefined);
});

Deno.test("parseConfig() accepts peers before the interface, and 0.0.0.0/0", () => {
  const { peers } = readQuietly(
    PEER + "AllowedIPs = 0.0.0.0/0, ::/0\n" + INTERFACE,
  );
  deepStrictEqual(peers[0]!.allowedIps.map(formatPrefix), [
    "0.0.0.0/0",
    "::/0",
  ]);
  deepStrictEqual(peers[0]!.allowedIpLines, [3, 3]);
});

Deno.test("parseConfig() reads one line of 500 prefixes and 200 peers in milliseconds", () => {
  const line = Array.from(
    { length: 500 },
    (_, i) => `10.${i >> 8}.${i & 255}.0/24`,
  ).join(", ");
  const peers = Array.from({ length: 200 }, (_, i) => {
    const key = btoa(
      String.fromCharCode(
        i,
        ..."k".repeat(31).split("").map((c) => c.charCodeAt(0)),
      ),
    );
    return `[Peer]\nPublicKey = ${key}\nAllowedIPs = 192.168.${i}.0/24\n`;
  });
  const text = INTERFACE + PEER + `AllowedIPs = ${line}\n` + peers.join("");
  const start = performance.now();
  const config = readQuietly(text);
  // Some 5 ms; the rest is for a busy machine.
  ok(performance.now() - start < 250);
  strictEqual(config.peers.length, 201);
  strictEqual(config.peers[0]!.allowedIps.length, 500);
});
