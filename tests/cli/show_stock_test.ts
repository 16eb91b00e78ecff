/**
 * `show` and `showconf` beside stock wg(8), on the same answers of a daemon: equal to the byte,
 * in every field, colour and exit status.
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { DENO } from "../program.ts";
import { CAKTUS, FILES, Sandbox } from "../quick/sandbox.ts";

const NOW = Math.floor(Date.now() / 1000);
const hex = (byte: number) => byte.toString(16).padStart(2, "0").repeat(32);
const PRIVATE =
  "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdce4f";

/** A peer's lines; `more` come behind the usual ones. */
function peer(byte: number, ...more: string[]): string[] {
  return [`public_key=${hex(byte)}`, "protocol_version=1", ...more];
}

function handshake(secondsAgo: number): string[] {
  return [
    `last_handshake_time_sec=${NOW - secondsAgo}`,
    "last_handshake_time_nsec=7",
  ];
}

/** Interfaces by name, as their daemons describe them. */
const STATES: Record<string, string[]> = {
  empty: ["listen_port=0"],
  nokey: ["listen_port=51820"],
  alone: [`private_key=${PRIVATE}`, "listen_port=51820", "fwmark=51820"],
  many: [
    `private_key=${PRIVATE}`,
    "listen_port=1",
    "fwmark=4294967295",
    ...peer(
      1,
      "endpoint=192.0.2.1:51820",
      ...handshake(3 * 365 * 86400 + 86400 * 2),
    ),
    ...peer(2, "endpoint=[2001:db8::1]:9", ...handshake(3600 * 25 + 61)),
    ...peer(3, `preshared_key=${hex(9)}`, ...handshake(-5000)),
    ...peer(
      4,
      "allowed_ip=10.0.0.0/24",
      "allowed_ip=fd00::/64",
      "allowed_ip=::ffff:10.0.0.1/128",
    ),
    ...peer(5, "persistent_keepalive_interval=25", "allowed_ip=0.0.0.0/0"),
    ...peer(
      6,
      "persistent_keepalive_interval=65535",
      "tx_bytes=1",
      "rx_bytes=0",
    ),
    ...peer(
      7,
      "persistent_keepalive_interval=1",
      "tx_bytes=1023",
      "rx_bytes=1024",
    ),
    ...peer(8, "rx_bytes=1048575", "tx_bytes=1048576"),
    // Halfway between two hundredths.
    ...peer(14, "rx_bytes=1152", "tx_bytes=1408"),
    ...peer(15, "rx_bytes=1664", "tx_bytes=1920"),
    ...peer(
      9,
      "rx_bytes=1073741823",
      "tx_bytes=1073741824",
      ...handshake(100_000),
    ),
    ...peer(10, "rx_bytes=1099511627775", "tx_bytes=1099511627776"),
    ...peer(11, "rx_bytes=9007199254740991", "tx_bytes=123456789"),
    ...peer(12, "persistent_keepalive_interval=3661", ...handshake(86400)),
    ...peer(13, "endpoint=[fe80::1%lo]:51820", "allowed_ip=10.1.2.3/32"),
  ],
};

const FIELDS =
  "public-key private-key listen-port fwmark peers preshared-keys endpoints allowed-ips latest-handshakes transfer persistent-keepalive dump bad"
    .split(" ");

const WORDS: string[] = [
  "show",
  "show all",
  "show interfaces",
  "show interfaces x",
  "show all x",
  "show a b c",
  "show empty x",
  "showconf",
  "showconf a b",
  ...FIELDS.filter((field) => field !== "endpoints")
    .map((field) => `show all ${field}`),
  ...Object.keys(STATES).flatMap((name) => [
    `show ${name}`,
    `showconf ${name}`,
    ...FIELDS.map((field) => `show ${name} ${field}`),
  ]),
];

/** Those on which settings may bear. */
const COLORED_WORDS = ["show", "show many", "show many dump", "showconf many"];

const SETTINGS = [
  "",
  "WG_COLOR_MODE=always",
  "WG_HIDE_KEYS=never",
  "WG_COLOR_MODE=never WG_HIDE_KEYS=always",
];

const ROOT = new URL("../../", import.meta.url).pathname;

async function serve(box: Sandbox): Promise<void> {
  for (const [name, lines] of Object.entries(STATES)) {
    await box.write(`${name}.answer`, [...lines, "errno=0", "", ""].join("\n"));
  }
  const words = Object.keys(STATES).map((name) =>
    `${name}=${FILES}/${name}.answer`
  );
  await box.run(`
    deno run -A ${ROOT}tests/cli/fake_daemon.ts ${
    words.join(" ")
  } > ${FILES}/said 2>&1 < /dev/null &
    while ! grep -q ready ${FILES}/said; do sleep 0.02; done`);
}

/** What both programs say to the same words, each with its status. */
async function bothSay(
  box: Sandbox,
  words: readonly string[],
  settings: string,
): Promise<[stock: string, ours: string][]> {
  const each = (program: string) =>
    words.map((word) => `${settings} ${program} ${word} 2>&1; echo "=== $?"`)
      .join("\n");
  // One process for many words; settings are tried with the program itself.
  const lines = JSON.stringify(words.map((word) => word.split(" ")));
  const inOne = `${DENO.join(" ")} ${ROOT}tests/cli/set_driver.ts lines 2>&1`;
  await box.write("lines", lines);
  const stock = await box.run(`cd ${FILES}\n${each("wg")}`);
  const ours = await box.run(
    `cd ${FILES}\n${settings === "" ? inOne : each(CAKTUS)}`,
  );
  const theirs = answers(
    stock.stdout.replaceAll("Usage: wg ", "Usage: caktus "),
  );
  return answers(withoutHints(ours.stdout)).map((said, i) => [
    theirs[i] ?? "",
    said,
  ]);
}

function answers(text: string): string[] {
  return text.split(/(?<==== \d+\n)/).filter((said) => said !== "");
}

/** The way out that we say below an error. */
function withoutHints(text: string): string {
  return text.replace(/^ {2}what there is: caktus show interfaces\n/gm, "");
}

for (const settings of SETTINGS) {
  rootTest(`show and showconf print what wg does ${settings}`, async () => {
    await using box = await Sandbox.create();
    if ((await box.run("command -v wg")).status !== 0) {
      throw new Error("needs wg(8), of Debian's package wireguard-tools");
    }
    await serve(box);
    const words = settings === "" ? WORDS : COLORED_WORDS;
    const said = await bothSay(box, words, settings);
    strictEqual(said.length, words.length);
    for (const [i, [stock, ours]] of said.entries()) {
      let pair = [stock, ours];
      // A second may pass between the two.
      for (let again = 0; pair[0] !== pair[1] && again < 4; again++) {
        pair = (await bothSay(box, [words[i]!], settings))[0]!;
      }
      strictEqual(pair[1], pair[0], words[i]);
    }
  });
}

// wg of 2021 names the interface once only here, and ends the line of none that has no peer.
rootTest("show all endpoints names the interface on each line", async () => {
  await using box = await Sandbox.create();
  await serve(box);
  const { stdout } = await box.caktus("show all endpoints");
  const lines = stdout.trimEnd().split("\n");
  strictEqual(lines.length, 15);
  ok(lines.every((line) => /^many\t[A-Za-z0-9+/]{43}=\t\S+$/.test(line)));
});

rootTest("show passes over sockets that nobody serves", async () => {
  await using box = await Sandbox.create();
  await serve(box);
  await box.run(`touch /var/run/wireguard/file.sock
    socat UNIX-LISTEN:/var/run/wireguard/stale.sock - & sleep 0.1; kill -9 $!`);
  const names = (await box.caktus("show interfaces")).stdout.trim().split(" ");
  deepStrictEqual(names.sort(), Object.keys(STATES).sort());
  const gone = await box.caktus("show stale");
  deepStrictEqual(gone, {
    status: 1,
    stdout: "",
    stderr:
      "Unable to access interface: No such device\n  what there is: caktus show interfaces\n",
  });
});

rootTest("show --drops says in words what was dropped", async () => {
  await using box = await Sandbox.create();
  await box.write(
    "wg0.answer",
    `drop=wrong mac1=2\ndrop=unknown index=5\npublic_key=${
      hex(1)
    }\ndrop=replayed=1\npublic_key=${hex(2)}\nerrno=0\n\n`,
  );
  await box.run(`
    deno run -A ${ROOT}tests/cli/fake_daemon.ts wg0=${FILES}/wg0.answer > ${FILES}/said 2>&1 < /dev/null &
    while ! grep -q ready ${FILES}/said; do sleep 0.02; done`);
  const { status, stdout } = await box.caktus("show --drops");
  strictEqual(status, 0);
  strictEqual(
    stdout,
    [
      "interface: wg0",
      "  dropped: 7",
      "    unknown index: 5",
      "    wrong mac1: 2",
      "",
      "peer: AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
      "  dropped: 1",
      "    replayed: 1",
      "",
      "peer: AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
      "  dropped: nothing",
      "",
    ].join("\n"),
  );
});

rootTest("show ends in peace when its reader goes away", async () => {
  await using box = await Sandbox.create();
  await serve(box);
  const { stdout, stderr } = await box.run(
    `cd ${FILES}; set -o pipefail; ${CAKTUS} show | true; echo $?`,
  );
  strictEqual(stderr, "");
  match(stdout, /^0\n$/);
});
