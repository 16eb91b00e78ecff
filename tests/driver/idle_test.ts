/** What a tunnel costs on which nothing happens. */

import { ok, strictEqual } from "node:assert";
import { sleep } from "../interop/process.ts";
import { type Daemon, hostTest, Pair } from "./hosts.ts";

/** Milliseconds over which wake-ups are counted. */
const WATCHED = 8_000;

/** Context switches so far, by thread. */
async function switchesOf(daemon: Daemon): Promise<Map<string, number>> {
  const switches = new Map<string, number>();
  for await (const { name } of Deno.readDir(daemon.proc("task"))) {
    const status = await Deno.readTextFile(daemon.proc(`task/${name}/status`));
    let sum = 0;
    for (const [, count] of status.matchAll(/_ctxt_switches:\s+(\d+)/g)) {
      sum += Number(count);
    }
    switches.set(name, sum);
  }
  return switches;
}

async function residentMegabytes(daemon: Daemon): Promise<number> {
  const status = await Deno.readTextFile(daemon.proc("status"));
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

hostTest("an idle tunnel does not wake, and sends nothing", async () => {
  await using pair = await Pair.up();
  const { daemon, host } = pair.left;
  await sleep(2_000); // what V8 does after a start
  const before = await switchesOf(daemon);
  await sleep(WATCHED);
  let switches = 0;
  for (const [thread, count] of await switchesOf(daemon)) {
    switches += count - (before.get(thread) ?? 0);
  }
  const megabytes = await residentMegabytes(daemon);
  console.log(
    `  ${switches} context switches in ${WATCHED / 1_000} s, ${
      megabytes.toFixed(0)
    } MB`,
  );
  ok(switches <= 10, `${switches} context switches`);
  ok(megabytes < 200, `${megabytes} MB`);
  strictEqual(
    (await host.must("wg", "show", "wg0", "transfer")).trim().split("\t")[2],
    "0",
  );
});
