/** The control socket while packets pass as fast as they can. */

import { ok, strictEqual } from "node:assert";
import { sleep, until } from "../interop/process.ts";
import { hostTest, Pair } from "./hosts.ts";

/** Requests that are timed. */
const REQUESTS = 30;
/** Milliseconds; on a machine whose cores are all busy half of it is waiting for one. */
const SLOWEST_MEDIAN = 50;

hostTest(
  "the control socket answers within 50 ms under full load",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    await right.host.spawn(["iperf3", "-s"]);
    await until(
      "iperf3 listens",
      5_000,
      async () =>
        (await right.host.must("ss", "-Hltn")).includes(":5201 ") || undefined,
    );
    const load = await left.host.spawn([
      "iperf3",
      "-c",
      right.v4,
      "-t",
      "30",
      "--bidir",
    ]);
    await sleep(1_000);
    const times: number[] = [];
    for (let i = 0; i < REQUESTS; i++) {
      const start = performance.now();
      strictEqual(
        (await left.daemon.ask("get=1\n\n")).endsWith("errno=0\n\n"),
        true,
      );
      times.push(performance.now() - start);
      await sleep(20);
    }
    strictEqual(load.process.ended, false);
    times.sort((a, b) => a - b);
    const median = times[REQUESTS / 2]!, longest = times.at(-1)!;
    const received = await left.host.must("wg", "show", "wg0", "transfer");
    console.log(
      `  median ${median.toFixed(1)} ms, longest ${longest.toFixed(1)} ms, ${
        received.trim().split("\t").slice(1)
      } bytes`,
    );
    ok(median < SLOWEST_MEDIAN, `median ${median} ms`);
  },
);
