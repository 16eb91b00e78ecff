/**
 * `set`, `setconf`, `addconf` and `syncconf` beside stock wg(8) of 2021, each on a daemon of its
 * own in a sandbox of its own: the same words leave the same status, the same words and the same
 * interface. Below an error of ours stand indented hints; they are left out of the comparison.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { DENO } from "../program.ts";
import { FILES, type Outcome, type Sandbox } from "../quick/sandbox.ts";
import { boxWithDaemon, DAEMONS } from "./set_daemon.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Private keys and their public halves; they guard nothing. */
const OWN = "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=";
const OTHER = "iAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=";
const PSK = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const A = "TtrHAq0EbhHwWWqWVBpHJ0lcWzpBhXCqEqTPGExaw1c=";
const B = "j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8=";
const C = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";

/** Files that the words name, in the folder in which they are run. */
const TEXTS: Record<string, string> = {
  own: `${OWN}\n`,
  other: `${OTHER} \t\n\n`,
  psk: PSK,
  empty: "",
  newline: "\n",
  short: `${OWN.slice(4)}\n`,
  long: `${OWN}${OWN}\n`,
  bad: `!${OWN.slice(1)}\n`,
  zeros: `${"A".repeat(43)}=\n`,
  full:
    `[Interface]\nPrivateKey = ${OWN}\nListenPort = 5180\nFwMark = 0xca6c\n\n` +
    `[Peer]\nPublicKey = ${A}\nPresharedKey = ${PSK}\nEndpoint = 192.0.2.9:7\n` +
    `AllowedIPs = 10.1.0.0/16, fd01::/64\nPersistentKeepalive = 25\n` +
    `[Peer]\nPublicKey=${B}\nAllowedIPs=10.2.0.0/16\nAllowedIPs=10.3.0.1\n`,
  odd:
    `# all blanks go\r\n\t[ interFACE ]\r\n  lIsTeNpOrT =  51 81 # port\r\nprivatekey=${OWN}\r\n` +
    `[ pEEr ]\r\npublicKEY = ${A.slice(0, 20)} ${
      A.slice(20)
    }\r\nAllowedIPs = 10.1.2.3 / 16 , FD01::5/64\r\n` +
    `endpoint = [2001:DB8::1] : domain\r\nPersistentKeepalive = OFF`,
  more: `[Peer]\nPublicKey = ${C}\nAllowedIPs = 10.3.0.0/16, 10.2.7.0/24\n`,
  fewer:
    `[Interface]\nPrivateKey = ${OWN}\nListenPort = 5182\n[Peer]\nPublicKey = ${B}\nAllowedIPs = 10.1.0.0/16\n`,
  again:
    `[Peer]\nPublicKey = ${A}\nAllowedIPs = 10.7.0.0/16\n[Peer]\nPublicKey = ${A}\nAllowedIPs = 10.8.0.0/16\nPersistentKeepalive = 9\n`,
  shared:
    `[Interface]\nPrivateKey = ${OWN}\nListenPort = 5183\n[Peer]\nPublicKey = ${A}\nAllowedIPs = 10.9.0.0/16\n[Peer]\nPublicKey = ${B}\nAllowedIPs = 10.9.0.0/16\n`,
  alone: `[Interface]\nPrivateKey = ${OWN}\nListenPort = 5184\n`,
  nothing: "# nothing\n\n",
  unknown: "[Interface]\nNonsense = 1\n",
  headless: "ListenPort = 1\n",
  section: "[Interfaces]\n",
  bareword: "[Interface]\nListenPort\n",
  novalue: "[Interface]\nListenPort =\n",
  wrongplace: "[Interface]\nAllowedIPs = 10.0.0.0/8\n",
  quick: "[Interface]\nAddress = 10.0.0.1/24\n",
  nokey: `[Interface]\nListenPort = 1\n[Peer]\nAllowedIPs = 10.0.0.0/8\n`,
  badmark: "[Interface]\nFwMark = 0x\n",
  badkeepalive: `[Peer]\nPublicKey = ${A}\nPersistentKeepalive = 65536\n`,
  badip: `[Peer]\nPublicKey = ${A}\nAllowedIPs = 10.0.0/8\n`,
  badlength: `[Peer]\nPublicKey = ${A}\nAllowedIPs = 10.0.0.0/33\n`,
  badendpoint: `[Peer]\nPublicKey = ${A}\nEndpoint = 10.0.0.1\n`,
  badhost: `[Peer]\nPublicKey = ${A}\nEndpoint = nosuch.invalid:1\n`,
};

/** Command lines in the order in which they are run, on one interface. */
const LINES = `
set
set wg0
set none listen-port 1
set wg0 listen-port 5180
set wg0 listen-port domain
set wg0 listen-port nosuchservice
set wg0 listen-port
set wg0 listen-port ''
set wg0 fwmark 0x10
set wg0 fwmark 17
set wg0 fwmark 017
set wg0 fwmark 0xffffffff
set wg0 fwmark 4294967296
set wg0 fwmark 0x
set wg0 fwmark 0X10
set wg0 fwmark -1
set wg0 fwmark OFF
set wg0 fwmark 3 listen-port 5181 private-key own
set wg0 private-key other
set wg0 private-key newline
set wg0 private-key short
set wg0 private-key nosuchfile
set wg0 private-key .
set wg0 private-key zeros
set wg0 private-key own
set wg0 private-key /dev/null
set wg0 private-key own
set wg0 private-key empty
set wg0 private-key own
set wg0 peer ${A}
set wg0 peer ${A} preshared-key psk
set wg0 peer ${A} preshared-key empty
set wg0 peer ${A} preshared-key psk endpoint 192.0.2.1:9 persistent-keepalive 25 allowed-ips 10.0.0.0/8
set wg0 peer ${A} preshared-key /dev/null
set wg0 peer ${A} preshared-key zeros
set wg0 peer ${A} endpoint [2001:db8::1]:51820
set wg0 peer ${A} endpoint [::ffff:192.0.2.1]:1
set wg0 peer ${A} endpoint 192.0.2.1:domain
set wg0 peer ${A} endpoint localhost4:53
set wg0 peer ${A} endpoint [fe80::1%lo]:5
set wg0 peer ${A} endpoint ''
set wg0 peer ${A} endpoint 192.0.2.1
set wg0 peer ${A} endpoint 192.0.2.1:
set wg0 peer ${A} endpoint [2001:db8::1
set wg0 peer ${A} endpoint [2001:db8::1]
set wg0 peer ${A} endpoint [2001:db8::1]51820
set wg0 peer ${A} endpoint nosuch.invalid:1
set wg0 peer ${A} endpoint 192.0.2.1:nosuch
set wg0 peer ${A} persistent-keepalive 65535
set wg0 peer ${A} persistent-keepalive 65536
set wg0 peer ${A} persistent-keepalive -1
set wg0 peer ${A} persistent-keepalive 1s
set wg0 peer ${A} persistent-keepalive Off
set wg0 peer ${A} persistent-keepalive 0
set wg0 peer ${A} allowed-ips 10.1.2.3/16,fd01::5/32,10.9.9.9
set wg0 peer ${A} allowed-ips '10.1.0.0/16 , fd01::/32'
set wg0 peer ${A} allowed-ips 10.1.0.0/016
set wg0 peer ${A} allowed-ips 10.1.0.0/33
set wg0 peer ${A} allowed-ips fd01::/129
set wg0 peer ${A} allowed-ips 10.1.0.0/
set wg0 peer ${A} allowed-ips 10.1.0.0/16/3
set wg0 peer ${A} allowed-ips 10.1.0.0/255.255.0.0
set wg0 peer ${A} allowed-ips ,10.1.0.0/16
set wg0 peer ${A} allowed-ips 10.1/16
set wg0 peer ${A} allowed-ips 010.1.0.0/16
set wg0 peer ${A} allowed-ips 10.1.0.0/16 allowed-ips 10.2.0.0/16
set wg0 peer ${A} allowed-ips 0.0.0.0/0,::/0 peer ${B} allowed-ips 0.0.0.0/1,128.0.0.0/1
set wg0 peer ${A} allowed-ips 10.0.0.0/8 peer ${B} allowed-ips 10.0.0.0/8 peer ${C} persistent-keepalive 3
set wg0 peer ${A} allowed-ips ''
set wg0 peer ${C} remove
set wg0 peer ${C} remove
set wg0 peer ${C} remove allowed-ips 10.6.0.0/16
set wg0 peer ${B} remove peer ${A} allowed-ips 10.0.0.0/8 peer ${B} allowed-ips 10.2.0.0/16
set wg0 peer
set wg0 remove
set wg0 peer ${A} remove again
set wg0 nonsense 1
set wg0 peer ${A} listen-port 1
set wg0 endpoint 1.1.1.1:1
set wg0 peer ${A} endpoint
set wg0 listen-port 5185 nonsense
set wg0 peer ${A} allowed-ips 10.5.0.0/16 peer ${B} persistent-keepalive x
setconf
setconf wg0
setconf wg0 full more
setconf wg0 nosuchfile
setconf none full
setconf wg0 full
setconf wg0 odd
addconf wg0 more
addconf wg0 again
addconf wg0 nothing
setconf wg0 shared
setconf wg0 alone
setconf wg0 full
syncconf wg0 full
set wg0 peer ${A} endpoint 192.0.2.77:77 persistent-keepalive 1 allowed-ips ''
syncconf wg0 full
syncconf wg0 fewer
syncconf none full
syncconf wg0 full
syncconf wg0 fewer
syncconf wg0 shared
syncconf wg0 alone
syncconf wg0 full
addconf wg0 unknown
setconf wg0 headless
setconf wg0 section
setconf wg0 bareword
setconf wg0 novalue
setconf wg0 wrongplace
setconf wg0 quick
setconf wg0 nokey
setconf wg0 badmark
setconf wg0 badkeepalive
setconf wg0 badip
setconf wg0 badlength
setconf wg0 badendpoint
setconf wg0 badhost
setconf wg0 fewer
showconf wg0
show wg0 allowed-ips
show help
show --help
show -h
show help help
show all help
show none
showconf none
`.trim().split("\n").map(wordsOf);

/** Words of a line, of which those in quotes may be empty or have blanks. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) =>
    quoted ?? word ?? ""
  );
}

/** What one line did: its status, what it said, and the interface then. */
interface Done {
  status: string;
  said: string;
  dump: string;
}

/** Runs the lines with the driver of this folder, or with stock wg. */
async function runAll(
  box: Sandbox,
  lines: readonly string[][],
  who: "caktus" | "wg",
  settings = "",
): Promise<Done[]> {
  let result: Outcome;
  if (who === "caktus") {
    const path = await box.write("lines.json", JSON.stringify(lines));
    result = await box.run(
      `cd ${FILES}; ${settings} ${
        DENO.join(" ")
      } ${ROOT}tests/cli/set_driver.ts ${path} wg0 2>&1`,
    );
  } else {
    const commands = lines.map((words) =>
      `wg ${
        words.map((word) => `'${word}'`).join(" ")
      } 2>&1; echo "=== $?"; wg show wg0 dump; echo ===`
    );
    const path = await box.write("lines.sh", commands.join("\n"));
    result = await box.run(`cd ${FILES}; ${settings} bash ${path}`);
  }
  const done = result.stdout.split(/^===\n/m).slice(0, -1).map((part) => {
    const [, said = "", status = "", dump = ""] =
      /^([\s\S]*?)=== (\d+)\n([\s\S]*)$/.exec(part) ?? [];
    return { status, said, dump };
  });
  strictEqual(done.length, lines.length, result.stdout + result.stderr);
  return done;
}

/**
 * Peers and prefixes in an order of their own, since wireguard-go promises none; a port that the
 * kernel chose is any; and how many initiations have been sent is a matter of time.
 */
function comparable(dump: string): string {
  return dump.trimEnd().split("\n").map((line) => {
    const words = line.split("\t");
    if (words.length > 4) words[6] = "sent";
    else if (Number(words[2]) >= 32768) words[2] = "any";
    return words.map((word) => word.split(",").sort().join(",")).join("\t");
  }).sort().join("\n");
}

/** Where ours says less or something else, each for its reason. */
const OTHER_WORDS: [RegExp, string][] = [
  [/^Usage: wg /gm, "Usage: caktus "],
  // What wg says of every name where the kernel has no WireGuard.
  [/: Protocol not supported$/gm, ": No such device"],
  // Incremental allowed IPs are of 2025.
  [
    /\[allowed-ips <ip1>\/<cidr1>\[,<ip2>\/<cidr2>\]\.\.\.\]/,
    "[allowed-ips [+|-]<ip1>/<cidr1>[,[+|-]<ip2>/<cidr2>]...]",
  ],
  // Never a key, nor a piece of one.
  [/^(Key is not the correct length or format): `.*'$/gm, "$1"],
  [/^(Found trailing character in key file): `.*'$/gm, "$1"],
];

function stockWords(said: string): string {
  return OTHER_WORDS.reduce(
    (text, [from, to]) => text.replace(from, to),
    said,
  );
}

function withoutHints(said: string): string {
  return said.split("\n").filter((line) => !line.startsWith("  ")).join("\n");
}

for (const name of DAEMONS) {
  rootTest(
    `set, setconf, addconf, syncconf do what wg does, on ${name}`,
    async () => {
      await using ours = await boxWithDaemon(name, TEXTS);
      await using stock = await boxWithDaemon(name, TEXTS);
      const [done, expected] = await Promise.all([
        runAll(ours, LINES, "caktus"),
        runAll(stock, LINES, "wg"),
      ]);
      const differences = LINES.flatMap((words, i) =>
        differenceOf(words, done[i]!, expected[i]!)
      );
      deepStrictEqual(differences, []);
      for (const [i, words] of LINES.entries()) {
        if (words[0]!.startsWith("show")) continue;
        const { said } = done[i]!;
        for (const secret of [OWN, OTHER, PSK]) {
          ok(!said.includes(secret.slice(4, 20)), words.join(" "));
        }
      }
    },
  );
}

/** Settings, and lines that are run with them where no name server answers. */
const RETRIES: [string, string[][]][] = [
  ["1", [["set", "wg0", "peer", A, "endpoint", "nobody.example:1"]]],
  ["0", [["setconf", "wg0", "name"], ["addconf", "wg0", "address"]]],
  ["many", [["set", "wg0", "peer", A, "endpoint", "192.0.2.1:1"], [
    "set",
    "wg0",
    "fwmark",
    "1",
  ]]],
];

rootTest(
  "WG_ENDPOINT_RESOLUTION_RETRIES is to set and setconf what it is to wg",
  async () => {
    const peer = `[Peer]\nPublicKey = ${A}\nEndpoint = `;
    const files = {
      name: `${peer}nobody.example:1\n`,
      address: `${peer}192.0.2.1:1\n`,
    };
    await using ours = await boxWithDaemon("wireguard-go", files);
    await using stock = await boxWithDaemon("wireguard-go", files);
    for (const box of [ours, stock]) {
      await box.run(`cd ${FILES}; echo hosts: dns > nsswitch
      echo nameserver 127.0.0.1 > resolv; mount --bind resolv /etc/resolv.conf`);
    }
    for (const [value, lines] of RETRIES) {
      const settings = `WG_ENDPOINT_RESOLUTION_RETRIES=${value}`;
      const [done, expected] = await Promise.all([
        runAll(ours, lines, "caktus", settings),
        runAll(stock, lines, "wg", settings),
      ]);
      deepStrictEqual(
        lines.flatMap((words, i) =>
          differenceOf(words, done[i]!, expected[i]!)
        ),
        [],
      );
    }
  },
);

/** What one line did otherwise than with wg. */
function differenceOf(words: readonly string[], mine: Done, its: Done) {
  const ours = [mine.status, withoutHints(mine.said), comparable(mine.dump)];
  const stock = [its.status, stockWords(its.said), comparable(its.dump)];
  const equal = ours.every((text, i) => text === stock[i]);
  return equal ? [] : [{ line: words.join(" "), ours, stock }];
}
