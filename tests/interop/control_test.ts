/**
 * Stock wg on the subject's interface and on wireguard-go's: each command is run on both, and leaves the same status,
 * the same words and the same interface.
 */

import { ok, strictEqual } from "node:assert";
import { caktusTest, interopTest } from "./cases.ts";
import { named, type Running } from "./peers.ts";
import { failure, sleep } from "./process.ts";
import { keyPair, presharedKey, type Settings } from "./settings.ts";
import { INSIDE, newEnds, PLAIN, reaches, Tunnel } from "./tunnel.ts";

const STOCK = named("wireguard-go");

const [OWN, A, B, C] = [keyPair(), keyPair(), keyPair(), keyPair()] as const;

/** Not clamped: what is read back is. */
const UNCLAMPED = "/".repeat(42) + "8=";

/** Files that the commands read, by name. */
const FILES: Record<string, string> = {
  own: `${OWN.privateKey}\n`,
  a: `${A.privateKey}\n`,
  unclamped: `${UNCLAMPED}\n`,
  short: `${OWN.privateKey.slice(4)}\n`,
  psk: `${presharedKey()}\n`,
  empty: "",
  full: `[Interface]
PrivateKey = ${OWN.privateKey}
ListenPort = 51830
[Peer]
PublicKey = ${A.publicKey}
PresharedKey = ${presharedKey()}
AllowedIPs = 10.1.0.0/16, fd01::/16
Endpoint = 127.0.0.1:9
[Peer]
PublicKey = ${B.publicKey}
AllowedIPs = 10.2.0.0/16
PersistentKeepalive = 25
`,
  more:
    `[Peer]\nPublicKey = ${C.publicKey}\nAllowedIPs = 10.3.0.0/16, 10.2.7.0/24\n`,
  fewer: `[Interface]
PrivateKey = ${OWN.privateKey}
ListenPort = 51831
FwMark = 7
[Peer]
PublicKey = ${A.publicKey}
AllowedIPs = 10.1.0.0/16
`,
  broken: "[Interface]\nNonsense = 1\n",
  bare: "[Interface]\nListenPort = 51840\n",
  many: "[Interface]\nListenPort = 51841\n" +
    Array.from(
      { length: 40 },
      (_, peer) =>
        `[Peer]\nPublicKey = ${keyPair().publicKey}\nAllowedIPs = ${
          Array.from(
            { length: 52 },
            (_, each) => `10.${100 + peer}.${each}.0/24`,
          ).join(", ")
        }\n`,
    ).join(""),
};

const FIELDS =
  "public-key private-key listen-port fwmark peers preshared-keys endpoints allowed-ips latest-handshakes " +
  "transfer persistent-keepalive dump";

const SHOWS = [
  "wg show",
  "wg show wg0",
  "wg show all",
  "wg show interfaces",
  "wg showconf wg0",
  ...FIELDS.split(" ").flatMap((
    field,
  ) => [`wg show wg0 ${field}`, `wg show all ${field}`]),
  "wg show none",
  "wg show wg0 nonsense",
  "WG_HIDE_KEYS=never wg show wg0",
];

/** Commands of wg in the order in which they are run; `@NAME` is a file. */
const COMMANDS = [
  ...SHOWS,
  "wg set wg0 listen-port 51829",
  "wg set wg0 listen-port 51829",
  "wg set wg0 listen-port 70000",
  "wg set wg0 fwmark 0x10",
  "wg set wg0 fwmark 17",
  "wg set wg0 fwmark off",
  "wg set wg0 private-key @unclamped",
  "wg show wg0 private-key",
  "wg set wg0 private-key @short",
  "wg set wg0 private-key /dev/null",
  "wg show wg0",
  "wg set wg0 private-key @empty",
  "wg set wg0 private-key @own",
  `wg set wg0 peer ${A.publicKey}`,
  `wg set wg0 peer ${A.publicKey} preshared-key @psk`,
  `wg set wg0 peer ${A.publicKey} preshared-key /dev/null`,
  `wg set wg0 peer ${A.publicKey} preshared-key @psk endpoint 127.0.0.1:9 persistent-keepalive 0`,
  `wg set wg0 peer ${A.publicKey} endpoint '[::1]:9'`,
  `wg set wg0 peer ${A.publicKey} endpoint 127.0.0.1`,
  `wg set wg0 peer ${B.publicKey} persistent-keepalive 65535`,
  `wg set wg0 peer ${B.publicKey} persistent-keepalive 65536`,
  `wg set wg0 peer ${B.publicKey} persistent-keepalive off`,
  `wg set wg0 peer ${A.publicKey} allowed-ips 10.1.2.3/16,fd01::5/32,10.9.9.9`,
  `wg set wg0 peer ${A.publicKey} allowed-ips 10.1.0.0/33`,
  `wg set wg0 peer ${B.publicKey} allowed-ips 10.1.0.0/16`,
  `wg set wg0 peer ${A.publicKey} allowed-ips 0.0.0.0/0,::/0 peer ${B.publicKey} allowed-ips 0.0.0.0/1,128.0.0.0/1`,
  // Sets that overlap, as the kernel's test has them.
  `wg set wg0 peer ${A.publicKey} allowed-ips 10.0.0.0/16,10.0.1.0/24,10.0.1.7/32`,
  `wg set wg0 peer ${A.publicKey} allowed-ips 10.0.0.0/15,10.0.0.0/14`,
  `wg set wg0 peer ${A.publicKey} allowed-ips 10.0.1.7/32,10.0.1.6/32`,
  `wg set wg0 peer ${A.publicKey} allowed-ips ''`,
  ...SHOWS,
  `wg set wg0 peer ${B.publicKey} remove`,
  `wg set wg0 peer ${B.publicKey} remove`,
  `wg set wg0 peer ${OWN.publicKey} allowed-ips 10.5.0.0/16`,
  "wg set wg0 private-key @a",
  "wg set wg0 private-key @own",
  `wg set wg0 peer ${"A".repeat(42)}`,
  "wg set wg0 nonsense 1",
  "wg setconf wg0 @full",
  ...SHOWS,
  "wg addconf wg0 @more",
  "wg show wg0 allowed-ips",
  "wg syncconf wg0 @full",
  "wg syncconf wg0 @fewer",
  "wg showconf wg0",
  "wg syncconf wg0 @full",
  "wg addconf wg0 @broken",
  "wg setconf none @full",
  "wg setconf wg0 @many",
  "wg show wg0 allowed-ips",
  "wg setconf wg0 @bare",
  ...SHOWS,
];

interopTest(
  "stock wg does on the interface what it does on wireguard-go's",
  async (subject, test) => {
    const ends = newEnds();
    const bare: Settings = {
      ...ends.subject,
      privateKey: OWN.privateKey,
      peers: [],
    };
    await using tunnel = await Tunnel.up(subject, STOCK, PLAIN, {
      subject: bare,
      peer: bare,
    });
    const both = [tunnel.subject, tunnel.peer];
    for (const { host } of both) {
      for (const [name, text] of Object.entries(FILES)) {
        await host.write(
          `/run/file.${name}`,
          text,
        );
      }
    }
    const differences: string[] = [];
    for (const command of COMMANDS) {
      const [own = "", stock = ""] = await Promise.all(
        both.map((end) => outcome(end, command)),
      );
      if (own !== stock) {
        differences.push(
          `${command}\n--- ${subject.name}:\n${own}\n--- wireguard-go:\n${stock}`,
        );
      }
    }
    await test.step(`${COMMANDS.length} commands`, () =>
      ok(
        differences.length === 0,
        differences.slice(0, 5).join("\n\n").slice(0, 8_000),
      ));
  },
);

caktusTest(
  "a client that stops in the middle of a request holds up nobody",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, STOCK);
    const socket = "UNIX-CONNECT:/run/wireguard/wg0.sock";
    for (const half of ["set=1\\nlisten_port=4", "get=1", "set=1\\n"]) {
      await tunnel.hosts.subject.spawn([
        "bash",
        "-c",
        `{ printf '${half}'; sleep 60; } | socat - ${socket}`,
      ]);
    }
    await sleep(300);
    const began = performance.now();
    await tunnel.subject.must("wg", "show", "wg0");
    await tunnel.subject.must("wg", "set", "wg0", "fwmark", "0");
    ok(
      performance.now() - began < 1_000,
      `wg took ${Math.round(performance.now() - began)} ms`,
    );
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
  },
  [STOCK.name],
);

caktusTest(
  "a port that is taken is refused, and the old socket lives on",
  async (subject) => {
    await using tunnel = await Tunnel.up(subject, STOCK);
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    await tunnel.hosts.subject.spawn([
      "socat",
      "-u",
      "UDP4-RECV:7777,reuseaddr=0",
      "/dev/null",
    ]);
    await sleep(200);
    const result = await tunnel.subject.run(
      "wg",
      "set",
      "wg0",
      "listen-port",
      "7777",
    );
    strictEqual(result.code, 1, failure(["wg set listen-port"], result));
    ok(await reaches(tunnel.peer, INSIDE.v4.subject), tunnel.logs());
    strictEqual(
      (await tunnel.subject.must("wg", "show", "wg0", "listen-port")).trim(),
      "51820",
    );
  },
  [STOCK.name],
);

interopTest(
  "deleting the link or the socket ends the daemon",
  async (subject) => {
    for (
      const command of ["ip link delete wg0", "rm /run/wireguard/wg0.sock"]
    ) {
      await using tunnel = await Tunnel.up(subject, STOCK);
      await tunnel.hosts.subject.shell(command);
      await sleep(500);
      const { stdout } = await tunnel.hosts.subject.run(
        "sh",
        "-c",
        "ls /run/wireguard /sys/class/net",
      );
      ok(!stdout.includes("wg0"), `${command} leaves\n${stdout}`);
    }
  },
);

/** Status, words and the interface afterwards, in an order of their own: neither promises one. */
async function outcome(end: Running, command: string): Promise<string> {
  const script = command.replace(/@(\w+)/g, "/run/file.$1");
  const result = await end.run("bash", "-c", script);
  const dump = await end.run("wg", "show", "wg0", "dump");
  const lines = dump.stdout.split("\n").map(words).sort().join("\n");
  return `status ${result.code}: ${
    words(result.stdout)
  }\n${result.stderr}${lines}`;
}

function words(text: string): string {
  return text.split(/[,\s]+/).sort().join(" ").trim();
}
