/**
 * Caktus and other implementations, measured in turns: `deno task bench`.
 *
 * | option | |
 * |---|---|
 * | `--rounds N` | how often each is measured; 3 |
 * | `--seconds N` | for each stream; 5 |
 * | `--only tcp,udp,ping,peers` | groups of measurements; all |
 * | `--against wireguard-go,boringtun,gotatun` | whom with; wireguard-go |
 * | `--mtu N` | of the tunnel; 1420 |
 * | `--outside v6` | what carries the tunnel; v4 |
 * | `--quick` | one round of 2 s |
 * | `--out FILE` | where the results go; a temporary file |
 * | `--draw FILE…` | measures nothing: table and figures of such files into docs/ |
 *
 * In each round every implementation is measured once, in reverse order every other round. Needs root; all runs in
 * network namespaces that end with this process. CAKTUS_TEST_PROGRAM=binary measures the compiled Caktus.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { BORINGTUN, install, WIREGUARD_GO } from "../interop/install.ts";
import { must } from "../interop/process.ts";
import { GOTATUN, installGotatun, NAMES } from "./implementations.ts";
import { GROUPS, measure } from "./measure.ts";
import { draw } from "./page.ts";
import { type Results, short, table } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    only: { type: "string", default: GROUPS.join() },
    against: { type: "string", default: "wireguard-go" },
    mtu: { type: "string", default: "1420" },
    outside: { type: "string", default: "v4" },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    draw: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  if (values.draw) return draw(positionals);
  if (Deno.uid() !== 0) {
    throw new Error("it makes network namespaces, so it must be run by root");
  }
  const groups = chosen("only", values.only, GROUPS);
  const others = chosen("against", values.against, NAMES.slice(1));
  await prepare(others);
  const results: Results = {
    machine: await machine(),
    command: ["deno task bench", ...Deno.args].join(" "),
    samples: [],
  };
  const rounds = values.quick ? 1 : whole("rounds", values.rounds);
  for (let round = 1; round <= rounds; round++) {
    const order = ["caktus", ...others];
    if (round % 2 === 0) order.reverse();
    for (const name of order) await once(results, round, name, groups);
  }
  const out = values.out ?? Deno.makeTempFileSync({ suffix: ".json" });
  Deno.writeTextFileSync(out, JSON.stringify(results, undefined, 1) + "\n");
  console.log(`\n${table(results)}\n\nresults: ${out}`);
}

async function once(
  results: Results,
  round: number,
  name: string,
  groups: readonly string[],
): Promise<void> {
  const shape = {
    outside: values.outside === "v6" ? "v6" : "v4",
    mtu: whole("mtu", values.mtu),
    peers: 1,
  } as const;
  const seconds = values.quick ? 2 : whole("seconds", values.seconds);
  const figures = await measure(name, shape, groups, seconds);
  for (const [key, value] of Object.entries(figures)) {
    results.samples.push({ round, implementation: name, measure: key, value });
  }
  const line = Object.entries(figures).map(([key, value]) =>
    `${key} ${short(value)}`
  );
  console.error(`round ${round}, ${name}: ${line.join(", ")}`);
}

async function prepare(others: readonly string[]): Promise<void> {
  const leftOut = await install((line) => console.error(line));
  if (others.includes("gotatun")) {
    const reason = await installGotatun();
    if (reason) leftOut.push({ name: "gotatun", reason });
  }
  const missing = leftOut.find(({ name }) => others.includes(name));
  if (missing) throw new Error(`${missing.name}: ${missing.reason}`);
}

async function machine(): Promise<string[]> {
  const info = Deno.readTextFileSync("/proc/cpuinfo");
  const model = info.match(/^model name\s*: (.*)$/m)?.[1] ?? Deno.build.arch;
  const iperf = await must(["iperf3", "--version"]);
  return [
    `${navigator.hardwareConcurrency} cores of ${model}`,
    `Linux ${Deno.osRelease()}`,
    `Deno ${Deno.version.deno}`,
    `wireguard-go ${WIREGUARD_GO}`,
    `boringtun ${BORINGTUN}`,
    `gotatun ${GOTATUN}`,
    iperf.split(" (")[0] ?? "",
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

function whole(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} is ${text}, must be a whole number above 0`);
}

try {
  await main();
} catch (error) {
  const reason = error instanceof Error ? error.message : error;
  console.error(`The benchmark cannot run: ${reason}`);
  Deno.exitCode = 1;
}
