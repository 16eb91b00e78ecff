/**
 * What is asked of a tunnel that stands: steps, each of which returns its figures by the names of goals.ts.
 *
 * | group | how |
 * |---|---|
 * | tcp | iperf3 with 1 and 4 streams, there and back; CPU of both daemons over the bytes of the first |
 * | udp | iperf3 with -b 0: as fast as it sends; what arrived counts |
 * | ping | one each 0.1 s while idle; one each 20 ms beside a TCP stream; 2,000 at once |
 * | peers | one TCP stream to a hub that knows 1, 100, 1,000 peers |
 *
 * @module
 */

import type { Result } from "../interop/process.ts";
import { HUB, type Pair } from "./pair.ts";
import type { Section } from "./plan.ts";
import {
  readAverage,
  readIperf,
  readRoundTrips,
  type Transfer,
} from "./readings.ts";
import { percentile } from "./statistics.ts";

/** Figures by their name. */
export type Figures = Record<string, number>;

/** Something that is measured in one go. */
export interface Step {
  /** The names of its figures. */
  gives: string[];
  /** How long it takes, about. */
  seconds: number;
  /** Peers that the hub must have. */
  peers: number;
  /** @throws Error with the words of the program that failed */
  run(pair: Pair): Promise<Figures>;
}

/** The steps of a section, `seconds` for each stream. */
export function stepsOf(
  { groups, mtu }: Pick<Section, "groups" | "mtu">,
  seconds: number,
): Step[] {
  const steps = {
    tcp: () => tcp(seconds),
    udp: () => udp(seconds, mtu),
    ping: () => pings(seconds),
    peers: () => [1, 100, 1_000].map((peers) => hub(peers, seconds)),
  };
  return Object.entries(steps).filter(([name]) => groups.includes(name))
    .flatMap(([, make]) => make());
}

/** A tunnel runs for days: nobody's first seconds, with its compiler or its first buffers, are the speed of it. */
export async function warmUp(pair: Pair): Promise<void> {
  await iperf(pair, 2);
}

function tcp(seconds: number): Step[] {
  const stream = (name: string, ...options: string[]): Step => ({
    ...{ gives: [name], seconds, peers: 1 },
    run: async (pair) => ({
      [name]: (await iperf(pair, seconds, ...options)).megabits,
    }),
  });
  const peak: Step = {
    ...{ gives: ["peak"], seconds: 0, peers: 1 },
    run: async (pair) => ({ peak: await pair.memory("VmHWM") }),
  };
  return [
    {
      ...{ gives: ["tcp1", "cpu", "rss"], seconds, peers: 1 },
      run: (pair) => oneStream(pair, seconds),
    },
    stream("tcp1r", "-R"),
    stream("tcp4", "-P", "4"),
    stream("tcp4r", "-P", "4", "-R"),
    peak,
  ];
}

async function oneStream(pair: Pair, seconds: number): Promise<Figures> {
  const before = await pair.cpuSeconds();
  const running = iperf(pair, seconds);
  const rss = await pair.memoryAfter(seconds * 900);
  const { megabits, bytes } = await running;
  const used = await pair.cpuSeconds() - before;
  return { tcp1: megabits, cpu: used / (bytes / 1e9), rss };
}

/** Datagrams of a usual size, a middling and a short one; under another MTU as large as it allows, beside the short one. */
function udp(seconds: number, mtu: number): Step[] {
  const full = mtu - 28;
  const sizes: [string, number][] = mtu === 1420
    ? [["udp1300", 1300], ["udp576", 576], ["udp100", 100]]
    : [["udpfull", full], ["udp100", 100]];
  return sizes.map(([name, length]) => ({
    ...{ gives: [name, `${name}loss`], seconds, peers: 1 },
    run: async (pair) => {
      const options = ["-u", "-b", "0", "-l", String(length)];
      const { megabits, lossPercent } = await iperf(pair, seconds, ...options);
      return { [name]: megabits, [`${name}loss`]: lossPercent };
    },
  }));
}

function pings(seconds: number): Step[] {
  return [
    {
      ...{ gives: ["ping50", "ping99"], seconds: 2 * seconds, peers: 1 },
      run: async (pair) => spread("ping", await ping(pair, 0.1, 2 * seconds)),
    },
    {
      ...{ gives: ["loaded50", "loaded99"], seconds: seconds + 1, peers: 1 },
      run: async (pair) => {
        const load = iperf(pair, seconds + 1);
        const times = await ping(pair, 0.02, seconds);
        await load;
        return spread("loaded", times);
      },
    },
    { gives: ["flood"], seconds: 1, peers: 1, run: flood },
  ];
}

function spread(name: string, times: number[]): Figures {
  return {
    [`${name}50`]: percentile(times, 50),
    [`${name}99`]: percentile(times, 99),
  };
}

async function flood(pair: Pair): Promise<Figures> {
  const options = ["-f", "-q", "-n", "-c", "2000", "-w", "20"];
  return { flood: readAverage(await pair.left.must("ping", ...options, HUB)) };
}

function hub(peers: number, seconds: number): Step {
  const name = `peers${peers}`;
  return {
    ...{ gives: [name, `${name}rss`], seconds, peers },
    run: async (pair) => ({
      [name]: (await iperf(pair, seconds)).megabits,
      [`${name}rss`]: await pair.memory("VmRSS"),
    }),
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

/** One run of iperf3 from the left end to the hub. @throws Error with iperf3's own words */
export async function iperf(
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
