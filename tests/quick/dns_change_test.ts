/**
 * DNS as a change: the commands that stand for it, what is written down, and setting it where ways fail.
 *
 * @module
 */

import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import { setDns } from "../../src/quick/dns.ts";
import {
  type DnsChange,
  dnsCommand,
  resolvconfInput,
  undoDnsCommand,
} from "../../src/quick/dns_change.ts";
import { recordPrefix } from "../../src/quick/dns_programs.ts";
import { Interrupts } from "../../src/quick/interrupts.ts";
import { readState, StateFile } from "../../src/quick/state.ts";

const DNS = { servers: ["10.0.0.1", "fd00::1"], search: ["a", "b"] };
const ALONE = { servers: ["10.0.0.1"], search: [] };

const RESOLVCONF: DnsChange = {
  kind: "dns",
  dns: DNS,
  how: "resolvconf",
  record: "tun.wg0",
};
const RESOLVED: DnsChange = { kind: "dns", dns: DNS, how: "resolved" };

function fileChange(before: object): DnsChange {
  const written = "# whose\nnameserver 10.0.0.1\nsearch a\n";
  return { kind: "dns", dns: DNS, how: "file", before, written };
}

Deno.test("dnsCommand() and undoDnsCommand() say what would do the same", () => {
  const absent = fileChange({}), there = fileChange({ text: "", mode: 0o644 });
  deepStrictEqual(
    [RESOLVCONF, RESOLVED, absent, there].map((change) => [
      dnsCommand(change, "wg0"),
      undoDnsCommand(change, "wg0"),
    ]),
    [
      ["resolvconf -a tun.wg0 -m 0 -x", "resolvconf -d tun.wg0 -f"],
      [
        "resolvectl dns wg0 10.0.0.1 fd00::1; resolvectl domain wg0 a b ~.",
        "resolvectl revert wg0",
      ],
      [
        "printf 'nameserver 10.0.0.1\\nsearch a\\n' > /etc/resolv.conf",
        "rm /etc/resolv.conf",
      ],
      [
        "printf 'nameserver 10.0.0.1\\nsearch a\\n' > /etc/resolv.conf",
        "mv /etc/resolv.conf.before-caktus /etc/resolv.conf",
      ],
    ],
  );
});

Deno.test("resolvconfInput() is what wg-quick writes", () => {
  strictEqual(
    resolvconfInput(DNS),
    "nameserver 10.0.0.1\nnameserver fd00::1\nsearch a b\n",
  );
  strictEqual(resolvconfInput(ALONE), "nameserver 10.0.0.1\n");
});

const ORDERS: [string, string][] = [
  ["", ""],
  ["lo.*\neth*\ntun*\n", "eth."],
  ["# tun*\nlo.inet*\n@(br)*\ntun*", "tun."],
  ["tun\ntun.*\n*\n", ""],
];

for (const [order, prefix] of ORDERS) {
  Deno.test(`recordPrefix() of ${JSON.stringify(order)}`, () => {
    strictEqual(recordPrefix(order), prefix);
  });
}

Deno.test("a change of DNS is read as it was written down, every byte of what was there", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i));
    const changes = [
      RESOLVCONF,
      RESOLVED,
      fileChange({}),
      fileChange({ text: bytes.join(""), mode: 0o640 }),
      fileChange({ link: "../run/x y'\"", text: "" }),
      fileChange({ link: "nowhere" }),
    ];
    const file = StateFile.create(folder, "wg0", "/wg0.conf", []);
    for (const change of changes) file.record(change);
    file.recordComplete();
    deepStrictEqual(readState(folder, "wg0")?.changes, changes);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** Sets DNS where the first `failing` of three ways fail. */
async function setWith(failing: number, interrupts = new Interrupts()) {
  const ways = [RESOLVCONF, RESOLVED, fileChange({})];
  const tried: string[] = [];
  const warned: string[] = [];
  const report = {
    step: () => {},
    warn: (text: string) => warned.push(text),
  };
  const nameService = {
    ways: () => ways,
    set: () => Promise.resolve(),
    restore: () => Promise.resolve(),
    restoreLost: () => Promise.resolve(false),
  };
  const context = { machine: { nameService }, report, interrupts };
  await setDns("wg0", DNS, context, (change) => {
    tried.push(change.how);
    return tried.length > failing
      ? Promise.resolve()
      : Promise.reject(new Error(`${change.how} fails`));
  });
  return [tried, warned];
}

Deno.test("setDns() goes one way after the other, and never fails", async () => {
  deepStrictEqual(await setWith(0), [["resolvconf"], []]);
  deepStrictEqual(await setWith(2), [["resolvconf", "resolved", "file"], [
    "resolvconf fails: the name servers are set in another way",
    "resolved fails: the name servers are set in another way",
  ]]);
  deepStrictEqual(await setWith(3), [["resolvconf", "resolved", "file"], [
    "the name servers of wg0 are not in use: resolvconf fails; resolved fails; file fails",
  ]]);
});

Deno.test("setDns() ends with an interrupt", async () => {
  const interrupts = new Interrupts();
  interrupts.interrupt("SIGTERM");
  await rejects(setWith(1, interrupts), { message: "interrupted by SIGTERM" });
});
