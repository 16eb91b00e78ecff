/**
 * /etc/resolv.conf shared by tunnels: whatever comes and goes in which order, the original is there in the end.
 *
 * @module
 */

import { deepStrictEqual, match, strictEqual } from "node:assert";
import { DnsFile } from "../../src/quick/dns_file.ts";
import { removeState, StateFile } from "../../src/quick/state.ts";

const ORIGINAL = "nameserver 1.1.1.1\nsearch lan\n";

/** A machine's tunnels, without tunnels. */
class Machine implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/resolv.conf`;
  readonly up = new Set<string>();
  readonly file = new DnsFile({
    path: this.path,
    folder: this.folder,
    isUp: ({ name }) => this.up.has(name),
  });

  constructor(original: string | undefined = ORIGINAL) {
    if (original !== undefined) Deno.writeTextFileSync(this.path, original);
  }

  get text(): string {
    return Deno.readTextFileSync(this.path);
  }

  /** Files beside resolv.conf that are none of the state's. */
  get others(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name)
      .filter((name) => name !== "resolv.conf" && !/toml$|lock$/.test(name));
  }

  async bring(name: string): Promise<void> {
    const server = `10.0.0.${name.slice(2)}`;
    const dns = { servers: [server], search: [] };
    const state = StateFile.create(this.folder, name, "/wg.conf", []);
    const change = this.file.plan(name, dns);
    state.record(change);
    this.#states.set(name, change);
    // One that comes up later has a later time, whatever the clock's grain.
    Deno.utimeSync(state.path, this.#clock, this.#clock++);
    await this.file.set(change);
    this.up.add(name);
  }

  async take(name: string): Promise<string> {
    this.up.delete(name);
    const result = await this.file.restore(this.#states.get(name)!, name);
    removeState(this.folder, name);
    return result;
  }

  /** Its daemon is killed: nothing is taken back. */
  kill(name: string): void {
    this.up.delete(name);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }

  #clock = 1_000;
  #states = new Map<string, ReturnType<DnsFile["plan"]>>();
}

/** Every order of going down, for every one in which they came up. */
const ORDERS = permutations(["wg1", "wg2", "wg3"]);

for (const downs of ORDERS) {
  Deno.test(`DnsFile leaves the original after down of ${downs.join()}`, async () => {
    using machine = new Machine();
    for (const name of ["wg1", "wg2", "wg3"]) await machine.bring(name);
    const standing = ["wg1", "wg2", "wg3"];
    for (const name of downs) {
      match(machine.text, new RegExp(`caktus for ${standing.at(-1)};`));
      await machine.take(name);
      standing.splice(standing.indexOf(name), 1);
    }
    strictEqual(machine.text, ORIGINAL);
    deepStrictEqual(machine.others, []);
  });
}

Deno.test("DnsFile never takes its own text for the original, and keeps its search domains", async () => {
  using machine = new Machine();
  await machine.bring("wg1");
  await machine.bring("wg2");
  match(machine.text, /for wg2;.*\nnameserver 10\.0\.0\.2\nsearch lan\n$/);
  machine.kill("wg1");
  machine.kill("wg2");
  await machine.take("wg2");
  strictEqual(machine.text, ORIGINAL);
  strictEqual(await machine.take("wg1"), "not ours");
  strictEqual(machine.text, ORIGINAL);
});

Deno.test("DnsFile finds the original beside the file when what was written down is lost", async () => {
  using machine = new Machine();
  await machine.bring("wg1");
  machine.kill("wg1");
  removeState(machine.folder, "wg1");
  await machine.bring("wg2");
  match(machine.text, /for wg2;/);
  await machine.take("wg2");
  strictEqual(machine.text, ORIGINAL);
  deepStrictEqual(machine.others, []);
});

Deno.test("DnsFile leaves what another program has written meanwhile", async () => {
  using machine = new Machine();
  await machine.bring("wg1");
  Deno.writeTextFileSync(machine.path, "nameserver 9.9.9.9\n");
  strictEqual(await machine.take("wg1"), "not ours");
  strictEqual(machine.text, "nameserver 9.9.9.9\n");
  deepStrictEqual(machine.others, []);
});

Deno.test("DnsFile takes what another program has written between two tunnels for the original of the second", async () => {
  using machine = new Machine();
  await machine.bring("wg1");
  Deno.writeTextFileSync(machine.path, "nameserver 9.9.9.9\n");
  await machine.bring("wg2");
  await machine.take("wg2");
  strictEqual(machine.text, "nameserver 9.9.9.9\n");
  await machine.take("wg1");
  strictEqual(machine.text, "nameserver 9.9.9.9\n");
});

Deno.test("DnsFile hands the file to no tunnel that was killed", async () => {
  using machine = new Machine();
  await machine.bring("wg1");
  await machine.bring("wg2");
  machine.kill("wg1");
  strictEqual(await machine.take("wg2"), "restored");
  strictEqual(machine.text, ORIGINAL);
});

Deno.test("DnsFile undoes nothing that was written down and not done", async () => {
  using machine = new Machine();
  const dns = { servers: ["10.0.0.1"], search: [] };
  const change = machine.file.plan("wg1", dns);
  strictEqual(await machine.file.restore(change, "wg1"), "not ours");
  strictEqual(machine.text, ORIGINAL);
});

Deno.test("DnsFile leaves no file where there was none", async () => {
  using machine = new Machine("");
  Deno.removeSync(machine.path);
  await machine.bring("wg1");
  await machine.bring("wg2");
  await machine.take("wg1");
  await machine.take("wg2");
  deepStrictEqual(machine.file.look(), {});
  deepStrictEqual(machine.others, []);
});

function permutations(names: readonly string[]): string[][] {
  if (names.length < 2) return [[...names]];
  return names.flatMap((name) =>
    permutations(names.filter((other) => other !== name))
      .map((rest) => [name, ...rest])
  );
}
