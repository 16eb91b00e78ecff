/**
 * Caktus and other implementations, measured in turns: `deno task bench`.
 *
 * | option | |
 * |---|---|
 * | `--rounds N` | how often each is measured; 3, profiled 2 |
 * | `--seconds N` | for each stream; 4 |
 * | `--only tcp,udp,ping,peers,cipher,handshakes` | groups of measurements; all |
 * | `--against wireguard-go,boringtun,gotatun` | whom with; all |
 * | `--outside v4,v6` | what carries the tunnel; both |
 * | `--mtu 1420,1280,8920` | of the tunnel; these |
 * | `--quick` | one round of 1 s, against wireguard-go |
 * | `--out FILE` | where the results go, after every measurement; a temporary file |
 * | `--resume` | goes on with what is in FILE |
 * | `--profile` | measures instead where the time of a TCP stream goes, by perf; under the first outside and MTU |
 * | `--draw FILE…` | measures nothing: tables and figures of such files, merged, into docs/ |
 *
 * Where one of --only, --outside and --mtu is given, the others of them are the first of the above only. The first
 * outside and MTU get all groups, the others tcp and udp against the first implementation: plan.ts. Needs root; all
 * runs in network namespaces that end with this process. Caktus is compiled first; CAKTUS_TEST_PROGRAM=source
 * measures the source.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { must } from "../interop/process.ts";
import {
  commandsOf,
  NAMES,
  prepare,
  subject,
  VERSIONS,
} from "./implementations.ts";
import { draw } from "./page.ts";
import {
  duration,
  GROUPS,
  type Section,
  sectionsOf,
  type Wanted,
} from "./plan.ts";
import { profile } from "./profile.ts";
import { Book, noResults } from "./results.ts";
import { runRound, secondsOf } from "./session.ts";
import { tables } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    seconds: { type: "string" },
    only: { type: "string" },
    against: { type: "string" },
    mtu: { type: "string" },
    outside: { type: "string" },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    resume: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    draw: { type: "boolean", default: false },
  },
});

const say = (line: string) => console.error(line);
const command = ["deno task bench", ...Deno.args].join(" ");

async function main(): Promise<void> {
  if (values.draw) return await draw(positionals);
  if (Deno.uid() !== 0) {
    throw new Error("it makes network namespaces, so it must be run by root");
  }
  const out = values.out ?? Deno.makeTempFileSync({ suffix: ".json" });
  if (values.out !== undefined && !values.resume && isThere(out)) {
    throw new Error(`${out} is there already; --resume goes on with it`);
  }
  const wanted = wantedByOptions();
  await prepare(wanted.others, say);
  const seconds = whole("seconds", values.seconds, values.quick ? 1 : 4);
  if (values.profile) {
    const [outside, mtu] = [wanted.outsides[0]!, wanted.mtus[0]!];
    const shape = { outside, mtu, peers: 1 };
    const rounds = whole("rounds", values.rounds, values.quick ? 1 : 2);
    const { others } = wanted;
    return await profile(others, shape, rounds, seconds, command, out, say);
  }
  await measure(sectionsOf(wanted), seconds, out);
}

async function measure(
  sections: Section[],
  seconds: number,
  out: string,
): Promise<void> {
  const rounds = whole("rounds", values.rounds, values.quick ? 1 : 3);
  const caktus = await subject(say);
  const names = [...new Set(sections.flatMap((each) => each.implementations))];
  const fresh = noResults(await machine(names, caktus.words), command);
  const book = values.resume ? Book.resume(out, fresh) : new Book(out, fresh);
  const commands = commandsOf(names, caktus.command);
  const each = sections.reduce((sum, one) => sum + secondsOf(one, seconds), 0);
  say(`about ${duration(each * rounds)}; the results go to ${out}`);
  for (let round = 1; round <= rounds; round++) {
    for (const section of sections) {
      const title = `round ${round} of ${rounds}, ${section.title}`;
      say(`── ${title}: ${duration(secondsOf(section, seconds))}`);
      await runRound({ section, round, seconds, commands, book, say });
    }
  }
  console.log(`\n${tables(book.results)}\n\nresults: ${out}`);
  for (const line of book.results.failures) say(`!!! LEFT OUT: ${line}`);
}

function wantedByOptions(): Wanted {
  const { only, outside, mtu, against } = values;
  const narrowed = [only, outside, mtu].some((each) => each !== undefined);
  const fallback = (all: string) => narrowed ? all.split(",")[0]! : all;
  const others = values.quick || values.profile ? NAMES[1]! : NAMES.slice(1);
  const outsides = outside ?? fallback("v4,v6");
  return {
    groups: chosen("only", only ?? GROUPS.join(), GROUPS),
    outsides: chosen("outside", outsides, ["v4", "v6"]) as ("v4" | "v6")[],
    mtus: (mtu ?? fallback("1420,1280,8920")).split(",")
      .map((text) => whole("mtu", text)),
    others: chosen("against", against ?? String(others), NAMES.slice(1)),
  };
}

async function machine(
  names: readonly string[],
  caktus: string,
): Promise<string[]> {
  const info = Deno.readTextFileSync("/proc/cpuinfo");
  const model = info.match(/^model name\s*: (.*)$/m)?.[1] ?? Deno.build.arch;
  const iperf = await must(["iperf3", "--version"]);
  const openssl = await must(["openssl", "version"]);
  const [load = 0] = Deno.loadavg();
  return [
    `${navigator.hardwareConcurrency} cores of ${model}, load before the run ${
      load.toFixed(1)
    }`,
    `Linux ${Deno.osRelease()}`,
    ...[caktus, `Deno ${Deno.version.deno}`],
    ...names.filter((name) => name in VERSIONS)
      .map((name) => `${name} ${VERSIONS[name]}`),
    `${iperf.split(" (")[0]}, ${openssl.split(/ \d+ /)[0]}`,
  ];
}

function chosen(
  option: string,
  text: string,
  known: readonly string[],
): string[] {
  const names = text.split(",").filter((name) => name !== "");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`--${option}: ${unknown}; there are ${known.join(", ")}`);
}

function whole(option: string, text = "", fallback?: number): number {
  if (text === "" && fallback !== undefined) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} is ${text}, must be a whole number above 0`);
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch {
    return false;
  }
}

try {
  await main();
} catch (error) {
  const reason = error instanceof Error ? error.message : error;
  console.error(`The benchmark cannot run: ${reason}`);
  Deno.exitCode = 1;
}
