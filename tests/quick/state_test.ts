/**
 * The state file: what is written is read again, and nothing secret is written.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import type { Change, HookChange } from "../../src/quick/change.ts";
import { Failure } from "../../src/quick/failure.ts";
import { readState, removeState, StateFile } from "../../src/quick/state.ts";

const HOOKS: HookChange[] = [
  { kind: "hook", time: "PreDown", line: 3, command: `echo "a" 'b' \\ # é %` },
  {
    kind: "hook",
    time: "PostDown",
    line: 4,
    command: "echo caf\udce9 \u{1f600}",
  },
];

const CHANGES: Change[] = [
  { kind: "interface" },
  {
    kind: "hook",
    time: "PreUp",
    line: 2,
    command: "wg set wg0 private-key /k",
  },
  { kind: "configuration" },
  { kind: "address", address: "10.0.0.2/24" },
  { kind: "link", mtu: 1420 },
  { kind: "address", address: "10.0.0.3/8", noPrefixRoute: true },
  { kind: "route", prefix: "fd00::/64" },
  { kind: "route", prefix: "10.0.0.0/8", table: 100, tableName: "isp2" },
  { kind: "mark", mark: 51820 },
  {
    kind: "rule",
    family: 4,
    priority: 32765,
    table: 51820,
    mark: 51820,
    invert: true,
  },
  {
    kind: "rule",
    family: 6,
    priority: 32764,
    table: 254,
    suppressPrefixLength: 0,
  },
  { kind: "sysctl", name: "net.x.y", before: "0", value: "1", held: true },
  { kind: "firewall", family: 4, mark: 51820, addresses: ["10.0.0.2"] },
];

function inFolder(work: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("readState() gives what StateFile wrote down, step by step", () => {
  inFolder((folder) => {
    strictEqual(readState(folder, "wg0"), undefined);
    const file = StateFile.create(folder, "wg0", "/a b/wg0.conf", HOOKS);
    for (const change of CHANGES) {
      file.record(change);
      if (change.kind !== "interface") continue;
      file.recordDaemon({ pid: 4711, started: 123456789 });
      file.recordIndex(12);
    }
    strictEqual(readState(folder, "wg0")?.complete, false);
    file.recordComplete();
    deepStrictEqual(readState(folder, "wg0"), {
      name: "wg0",
      config: "/a b/wg0.conf",
      hooks: HOOKS,
      // What a hook of up ran is of no use for down, and may have held a key.
      changes: CHANGES.map((change) =>
        change.kind === "hook" ? { ...change, command: "", line: 0 } : change
      ),
      daemon: { pid: 4711, started: 123456789 },
      index: 12,
      complete: true,
    });
    ok(!Deno.readTextFileSync(file.path).includes("private-key"));
    strictEqual(Deno.statSync(file.path).mode! & 0o777, 0o600);
    removeState(folder, "wg0");
    removeState(folder, "wg0");
    strictEqual(readState(folder, "wg0"), undefined);
  });
});

Deno.test("StateFile.create() overwrites no state", () => {
  inFolder((folder) => {
    StateFile.create(folder, "wg0", "/wg0.conf", []);
    throws(() => StateFile.create(folder, "wg0", "/wg0.conf", []));
  });
});

const FOREIGN = [
  "",
  "version = 2",
  "not toml at all",
  'version = 1\ninterface = "wg0"\nconfig = "/c"\n[[change]]\nkind = "magic"',
  'version = 1\ninterface = "wg0"\nconfig = "/c"\n[link]\nindex = "x"',
  'version = 1\ninterface = "wg0"\nconfig = "/c"\nhook = 3',
];

for (const text of FOREIGN) {
  Deno.test(`readState() refuses ${JSON.stringify(text)}`, () => {
    inFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/wg0.toml`, text);
      throws(
        () => readState(folder, "wg0"),
        (error: unknown) =>
          error instanceof Failure &&
          error.message ===
            `${folder}/wg0.toml is damaged or not from this caktus`,
      );
    });
  });
}
