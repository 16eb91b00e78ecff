/** Memory that was only needed to get going is given back. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Thrift } from "../../src/driver/thrift.ts";
import { sleep } from "../interop/process.ts";
import { hostTest, Pair } from "./hosts.ts";

/** The times, in seconds, at which a loop that always works gives back. */
function times(seconds: number, startAt: number): number[] {
  const given: number[] = [];
  let now = startAt * 1_000;
  const thrift = new Thrift(() => {
    given.push(now / 1_000);
    return Promise.resolve();
  });
  thrift.begin(now);
  for (; now <= seconds * 1_000; now += 10) thrift.turn(now);
  return given;
}

Deno.test("turn() gives back after 1, 1.5, 2.25, … s, and each ten minutes at last", () => {
  const given = times(6_000, 5);
  deepStrictEqual(given.slice(0, 5), [5, 6, 7.5, 9.75, 13.13]);
  deepStrictEqual(given.slice(-3).map((at) => given.at(-1)! - at), [
    ...[1_200, 600, 0],
  ]);
  ok(given.length < 30, `${given.length} times`);
});

Deno.test("turn() gives nothing back before the start", () => {
  let given = 0;
  const thrift = new Thrift(() => Promise.resolve(void given++));
  thrift.turn(1e9);
  strictEqual(given, 0);
});

hostTest("a daemon gives back what its start has touched", async () => {
  await using pair = await Pair.up();
  const { daemon, host } = pair.left;
  await sleep(2_000);
  const status = await Deno.readTextFile(daemon.proc("status"));
  const megabytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1024;
  const [peak, rest] = [megabytes("VmHWM"), megabytes("VmRSS")];
  console.log(`  ${rest.toFixed(0)} MB of ${peak.toFixed(0)} MB`);
  ok(rest < 0.8 * peak, `${rest} of ${peak} MB`);
  await host.must("ping", "-c", "3", "-i", "0.2", "10.9.0.2");
});
