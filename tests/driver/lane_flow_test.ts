/** Traffic through a tunnel whose ends work in four lanes. */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { sleep, until } from "../interop/process.ts";
import { keyPair } from "../interop/settings.ts";
import { CAKTUS, DENO } from "../program.ts";
import { type Daemon, hostTest, Pair, wired } from "./hosts.ts";
import type { Seen } from "./sequence.ts";

const PROGRAM = new URL("sequence.ts", import.meta.url).pathname;
const LANES = 4, PORT = 7000, ROUNDS = 300;
/** Datagrams of a round; the machine may lose some of them when it is busy. */
const ROUND = 4 * 4 * 44;

/** A pair of tunnels in four lanes, whatever the tests are told. */
async function pairInLanes(): Promise<Pair> {
  const before = Deno.env.get("CAKTUS_LANES");
  Deno.env.set("CAKTUS_LANES", String(LANES));
  try {
    return await Pair.up();
  } finally {
    if (before === undefined) Deno.env.delete("CAKTUS_LANES");
    else Deno.env.set("CAKTUS_LANES", before);
  }
}

/** Nanoseconds that each lane's thread has run, the first one's not. */
async function laneTimes(daemon: Daemon): Promise<number[]> {
  const times: number[] = [];
  for await (const { name } of Deno.readDir(daemon.proc("task"))) {
    const file = (leaf: string) =>
      Deno.readTextFile(daemon.proc(`task/${name}/${leaf}`));
    if (!(await file("comm")).startsWith("worker-")) continue;
    times.push(Number((await file("schedstat")).split(" ")[0]));
  }
  return times;
}

async function lanesOf(daemon: Daemon): Promise<number[]> {
  return await until("the lanes have started", 5_000, async () => {
    const times = await laneTimes(daemon);
    return times.length === LANES - 1 ? times : undefined;
  });
}

hostTest(
  "four lanes carry four flows without reordering one, share the work, and sleep afterwards",
  async () => {
    await using pair = await pairInLanes();
    const { left, right } = pair;
    const daemons = [left.daemon, right.daemon];
    for (const daemon of daemons) await lanesOf(daemon);
    await sleep(500);
    const before = await Promise.all(daemons.map(laneTimes));
    const program = [...DENO, "--no-check", PROGRAM];
    const receiver = await right.host.spawn([
      ...program,
      "receive",
      String(PORT),
    ]);
    await receiver.process.says(/^listening$/m, 10_000);
    await left.host.must(
      ...[...program, "send", right.v4, String(PORT), String(ROUNDS)],
    );
    await until(
      "the receiver has ended",
      20_000,
      () => receiver.process.ended || undefined,
    );
    const seen: Seen = JSON.parse(receiver.log.trim().split("\n").at(-1)!);
    console.log(
      `  ${seen.received} of ${
        ROUND * ROUNDS
      } datagrams in ${seen.flows} flows`,
    );
    deepStrictEqual([seen.flows, seen.reordered], [4, 0]);
    ok(seen.received > ROUND * ROUNDS / 20, `${seen.received} datagrams`);
    const after = await Promise.all(daemons.map(laneTimes));
    for (const i of [0, 1]) {
      const sum = (times: number[]) => times.reduce((a, b) => a + b);
      const milliseconds = (sum(after[i]!) - sum(before[i]!)) / 1e6;
      console.log(`  ${milliseconds.toFixed(0)} ms of CPU in other lanes`);
      ok(milliseconds > 5, `${milliseconds} ms`);
    }
    await sleep(2_000);
    deepStrictEqual(await Promise.all(daemons.map(laneTimes)), after);
    for (const daemon of daemons) strictEqual(await daemon.log(), "");
  },
);

hostTest(
  "a number of lanes that cannot be is refused by up, in the daemon's words, and nothing is left",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    await host.write(
      "/etc/wireguard/wg0.conf",
      `[Interface]\nPrivateKey = ${keyPair().privateKey}\n`,
    );
    const { code, stderr } = await host.runWith(
      { env: { CAKTUS_LANES: "many" } },
      ...[...CAKTUS, "up", "wg0"],
    );
    strictEqual(code, 1);
    match(stderr, /^caktus: CAKTUS_LANES is many, must be 1 to 16/m);
    strictEqual((await host.run("ip", "link", "show", "wg0")).code, 1);
  },
);
