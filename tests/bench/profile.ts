/**
 * Where the time of one TCP stream goes: `deno task bench --profile`.
 *
 * ```text
 * perf record, all cores ─▶ stacks ─▶ parts (stacks.ts) ─▶ samples / frequency / gigabytes
 * perf stat, both daemons ─▶ system calls / gigabytes
 * ```
 *
 * Caktus runs from source, because V8 must be told to list the code that it makes. The clock that perf samples by is
 * a timer, so that a figure of few samples says little.
 *
 * @module
 */

import { installTools } from "../interop/install.ts";
import type { Program } from "../interop/netns.ts";
import { must, run } from "../interop/process.ts";
import { SOURCE } from "../program.ts";
import { commandsOf } from "./implementations.ts";
import { iperf, warmUp } from "./measure.ts";
import { Pair, type Shape } from "./pair.ts";
import { duration } from "./plan.ts";
import { type Account, accountTable, type Profile } from "./profile_table.ts";
import { CodeMap, ownerOf, parseStacks, partOf, type Stack } from "./stacks.ts";

/** Samples a second and core; no divisor of anything that happens at regular times. */
const FREQUENCY = 997;

/** System calls that a tunnel makes for its packets, and to wait. */
const CALLS = [
  ...["read", "readv", "write", "writev", "sendmmsg", "sendmsg", "recvmmsg"],
  ...["recvmsg", "poll", "ppoll", "epoll_wait", "epoll_pwait", "futex"],
  ...["nanosleep", "clock_nanosleep", "sched_yield", "madvise"],
];

/** Profiles Caktus and others in tunnels of that shape, in turns, `seconds` for each of two streams, and writes what it found to a file. @throws Error where there is no perf */
export async function profile(
  others: readonly string[],
  shape: Shape,
  rounds: number,
  seconds: number,
  command: string,
  out: string,
  say: (line: string) => void,
): Promise<void> {
  const [missing] = await installTools({ "linux-perf": ["perf"] }, say);
  if (missing) throw new Error(`perf: ${missing.reason}`);
  const names = ["caktus", ...others];
  say(`about ${duration(rounds * names.length * (2 * seconds + 10))}`);
  const listing = ",--perf-basic-prof,--perf-basic-prof-path=/run";
  const caktus = SOURCE.map((word) =>
    word.startsWith("--v8-flags=") ? word + listing : word
  );
  const commands = commandsOf(names, caktus);
  const result: Profile = { command, accounts: [] };
  const turns = Array.from(
    { length: rounds },
    (_, n) => n % 2 === 0 ? names : names.toReversed(),
  ).flat();
  for (const name of turns) {
    await using pair = await Pair.up([...commands[name]!, "wg0"], shape);
    await warmUp(pair);
    const { account, top } = await profileOne(name, pair, seconds);
    result.accounts.push(account);
    Deno.writeTextFileSync(out, JSON.stringify(result, undefined, 1) + "\n");
    say(`\n${name}: the functions with the most of its daemons' time\n${top}`);
  }
  console.log(`\n${accountTable(result)}\n\nprofile: ${out}`);
}

async function profileOne(
  name: string,
  pair: Pair,
  seconds: number,
): Promise<{ account: Account; top: string }> {
  const pids = pair.daemons.map(outsidePid);
  const folder = Deno.makeTempDirSync();
  try {
    const data = `${folder}/perf.data`;
    const { text: stacks, gigabytes } = await during(pair, seconds, [
      ...["perf", "record", "-q", "-a", "-g", "-e", "cpu-clock", "-F"],
      ...[String(FREQUENCY), "-o", data],
    ], ["perf", "script", "-i", data, "-F", "comm,pid,tid,ip,sym,dso"]);
    const counted = await during(pair, seconds, [
      ...["perf", "stat", "-x", ",", "-p", pids.join(), "-e"],
      CALLS.map((call) => `syscalls:sys_enter_${call}`).join(),
    ]);
    const resolve = await resolver(pair.daemons, pids);
    const calls = readCounts(counted.text, counted.gigabytes);
    return take(name, parseStacks(stacks), pids, resolve, gigabytes, calls);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Runs perf for some seconds of a stream, then what reads its data. @returns what that said, and how much went through meanwhile */
async function during(
  pair: Pair,
  seconds: number,
  perf: string[],
  reader?: string[],
): Promise<{ text: string; gigabytes: number }> {
  // The stream begins before perf and outlasts it.
  const load = iperf(pair, seconds + 2);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const waiting = ["--", "sleep", String(seconds)];
  const result = await run([...perf, ...waiting], { timeout: 60_000 });
  const { megabits } = await load;
  const text = reader
    ? await must(reader, { timeout: 120_000 })
    : result.stderr;
  return { text, gigabytes: megabits * seconds / 8e3 };
}

/** Sums samples up. */
function take(
  name: string,
  stacks: readonly Stack[],
  pids: readonly number[],
  resolve: (stack: Stack) => string,
  gigabytes: number,
  calls: Record<string, number>,
): { account: Account; top: string } {
  const [parts, owners, functions] = [new Sums(), new Sums(), new Sums()];
  const daemons = new Set(pids);
  for (const stack of stacks) {
    const owner = ownerOf(stack, daemons);
    owners.add(owner);
    if (owner !== "daemons") continue;
    const symbol = resolve(stack);
    const part = partOf(stack, symbol);
    parts.add(part);
    functions.add(`${part}: ${symbol}`);
  }
  const account = {
    ...{ name, calls, gigabytes },
    parts: parts.times(1 / FREQUENCY / gigabytes),
    owners: owners.times(100 / stacks.length),
  };
  return { account, top: functions.top(40) };
}

/** How often something was seen. */
class Sums {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  times(factor: number): Record<string, number> {
    return Object.fromEntries(
      [...this.#counts].map(([name, count]) => [name, count * factor]),
    );
  }

  top(count: number): string {
    const all = [...this.#counts].sort(([, a], [, b]) => b - a);
    const total = all.reduce((sum, [, each]) => sum + each, 0);
    return all.slice(0, count).map(([name, each]) =>
      `${(100 * each / total).toFixed(1).padStart(5)} %  ${name}`
    ).join("\n");
  }
}

/** Names the innermost function of a sample, by what V8 listed where perf does not know it. */
async function resolver(
  daemons: readonly Program[],
  pids: readonly number[],
): Promise<(stack: Stack) => string> {
  const maps = new Map<number, CodeMap>();
  for (const [n, { host, pid }] of daemons.entries()) {
    const text = await host.readIf(`/run/perf-${pid}.map`);
    if (text !== undefined) maps.set(pids[n]!, new CodeMap(text));
  }
  return ({ pid, frames: [frame] }) => {
    if (!frame) return "[no stack]";
    if (frame.symbol !== "[unknown]") return frame.symbol;
    const file = frame.module.split("/").at(-1);
    return maps.get(pid)?.find(frame.address) ?? `[unknown in ${file}]`;
  };
}

/** A daemon's number outside its host. @throws Error where it is gone */
function outsidePid({ host, pid }: Program): number {
  const namespace = Deno.readLinkSync(
    `/proc/${host.pid}/ns/pid_for_children`,
  );
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Deno.readLinkSync(`/proc/${name}/ns/pid`) !== namespace) continue;
      const status = Deno.readTextFileSync(`/proc/${name}/status`);
      if (status.match(/^NSpid:.*\s(\d+)$/m)?.[1] === String(pid)) {
        return Number(name);
      }
    } catch {
      // It ended in this very moment.
    }
  }
  throw new Error(`${host.name}: no process ${pid}`);
}

/** Reads `perf stat -x ,`: system calls a gigabyte, those that were made; nothing where this kernel counts none. */
export function readCounts(
  text: string,
  gigabytes: number,
): Record<string, number> {
  const lines = text.matchAll(/^(\d+),[^,]*,syscalls:sys_enter_(\w+)/gm);
  return Object.fromEntries(
    [...lines].map(([, count, name]) => [name!, Number(count) / gigabytes])
      .filter(([, count]) => count !== 0),
  );
}
