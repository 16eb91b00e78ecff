/**
 * What is asked of a tunnel that stands. Each returns its figures by the names of goals.ts.
 *
 * | group | how |
 * |---|---|
 * | tcp | iperf3 with 1 and 4 streams, there and back, after a second to warm up; CPU of both daemons over the bytes of the first |
 * | udp | iperf3 with -b 0: as fast as it sends; what arrived counts |
 * | ping | one each 0.1 s while idle; one each 20 ms beside a TCP stream; 2,000 at once |
 * | peers | one TCP stream to a hub that knows 1, 100, 1,000 peers |
 *
 * @module
 */

import type { Result } from "../interop/process.ts";
import { HUB, Pair, type Shape } from "./pair.ts";
import {
  readAverage,
  readIperf,
  readRoundTrips,
  type Transfer,
} from "./readings.ts";
import { percentile } from "./statistics.ts";

/** Figures by their name. */
export type Figures = Record<string, number>;

/** The groups in the order in which they run. */
export const GROUPS = ["tcp", "udp", "ping", "peers"];

/** Runs the groups, `seconds` for each stream, on tunnels of one implementation. @throws Error with the program's own words */
export async function measure(
  name: string,
  shape: Shape,
  groups: readonly string[],
  seconds: number,
): Promise<Figures> {
  const figures: Figures = {};
  if (groups.some((group) => group !== "peers")) {
    await using pair = await Pair.up(name, shape);
    figures.start = pair.startTime;
    if (groups.includes("tcp")) {
      Object.assign(figures, await tcp(pair, seconds));
    }
    if (groups.includes("udp")) {
      Object.assign(figures, await udp(pair, seconds));
    }
    if (groups.includes("ping")) {
      Object.assign(figures, await pings(pair, seconds));
    }
  }
  if (groups.includes("peers")) {
    for (const peers of [1, 100, 1_000]) {
      Object.assign(figures, await hub(name, { ...shape, peers }, seconds));
    }
  }
  return figures;
}

async function tcp(pair: Pair, seconds: number): Promise<Figures> {
  // A tunnel runs for days: nobody's first second, with its compiler or its first buffers, is the speed of it.
  await iperf(pair, 1);
  const before = await pair.cpuSeconds();
  const running = iperf(pair, seconds);
  const rss = await pair.memoryAfter(seconds * 900);
  const one = await running;
  const used = await pair.cpuSeconds() - before;
  const back = await iperf(pair, seconds, "-R");
  const four = await iperf(pair, seconds, "-P", "4");
  const fourBack = await iperf(pair, seconds, "-P", "4", "-R");
  return {
    tcp1: one.megabits,
    cpu: used / (one.bytes / 1e9),
    rss,
    tcp1r: back.megabits,
    tcp4: four.megabits,
    tcp4r: fourBack.megabits,
    peak: await pair.memory("VmHWM"),
  };
}

async function udp(pair: Pair, seconds: number): Promise<Figures> {
  const figures: Figures = {};
  for (const length of [1300, 100]) {
    const options = ["-u", "-b", "0", "-l", String(length)];
    const { megabits, lossPercent } = await iperf(pair, seconds, ...options);
    figures[`udp${length}`] = megabits;
    figures[`udp${length}loss`] = lossPercent;
  }
  return figures;
}

async function pings(pair: Pair, seconds: number): Promise<Figures> {
  const idle = await ping(pair, 0.1, seconds);
  const load = iperf(pair, seconds + 1);
  const loaded = await ping(pair, 0.02, seconds);
  await load;
  const flood = await pair.left.must(
    ...["ping", "-f", "-q", "-n", "-c", "2000", "-w", "20", HUB],
  );
  return {
    ping50: percentile(idle, 50),
    ping99: percentile(idle, 99),
    loaded50: percentile(loaded, 50),
    loaded99: percentile(loaded, 99),
    flood: readAverage(flood),
  };
}

async function hub(
  name: string,
  shape: Shape,
  seconds: number,
): Promise<Figures> {
  await using pair = await Pair.up(name, shape);
  const { megabits } = await iperf(pair, seconds);
  return {
    [`peers${shape.peers}`]: megabits,
    [`peers${shape.peers}rss`]: await pair.memory("VmRSS"),
  };
}

async function ping(
  pair: Pair,
  interval: number,
  seconds: number,
): Promise<number[]> {
  const count = String(Math.round(seconds / interval));
  const options = ["-n", "-i", String(interval), "-c", count, "-W", "2"];
  const limit = { timeout: (seconds + 10) * 1_000 };
  const result = await pair.left.runWith(limit, "ping", ...options, HUB);
  return readRoundTrips(said(result));
}

async function iperf(
  pair: Pair,
  seconds: number,
  ...options: string[]
): Promise<Transfer> {
  const limit = { timeout: (seconds + 15) * 1_000 };
  const times = ["-t", String(seconds), "-J"];
  const command = ["iperf3", "-c", HUB, ...times, ...options];
  return readIperf(said(await pair.left.runWith(limit, ...command)));
}

/** @throws Error where it said nothing */
function said(result: Result): string {
  if (result.stdout === "") {
    throw new Error(`status ${result.code}: ${result.stderr}`);
  }
  return result.stdout;
}
