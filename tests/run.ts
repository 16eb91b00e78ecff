/**
 * All tests, with everything that they need: `deno task test`.
 *
 * ```text
 * install      peers and tools of the interop tests, where it may
 * compile      the binary, so that it is tested beside the source
 * unit         everything that needs no privileges
 * simulation   whole tunnels on a virtual clock, with limits of real time
 * differential a million random packets, the fast path against a plain one, and GRO
 * system       libc, `up` and the commands, in network namespaces
 * binary       the same with the compiled program
 * lanes        what carries packets once more, with the cipher in four lanes
 * interop      against wireguard-go, boringtun and Linux's own WireGuard
 * ```
 *
 * What cannot be installed is left out and named, at the end too; where the
 * variable CI is set, nothing may be left out. Names of groups as arguments run
 * only those. The last line is `N passed, N failed`.
 *
 * @module
 */

import { install } from "./interop/install.ts";
import { DENO } from "./program.ts";

const root = new URL("../", import.meta.url).pathname;
const inCI = Deno.env.get("CI") !== undefined;

interface Group {
  /** Folders and files. */
  paths: string[];
  /** Whether the files may run side by side. */
  sideBySide: boolean;
  /** Files that mostly wait: they run beside the others. */
  aside?: string[];
  /** Which Caktus is tested, see program.ts. */
  program?: "binary";
  /** Whether V8 is to run as it does in the program. */
  likeProgram?: boolean;
  /** In how many lanes the cipher works, if it is more than one. */
  lanes?: number;
  /** Seconds of a long measurement, if fewer than it asks for. */
  seconds?: number;
}

const GROUPS: Record<string, Group> = {
  unit: {
    paths: [
      ...[
        "tests/layers_test.ts",
        "tests/docs_test.ts",
        "tests/noise",
        "tests/config",
      ],
      ...["tests/transport", "tests/device", "tests/offload"],
      ...["tests/vectors", "tests/fuzz", "tests/bench", "src"],
    ],
    sideBySide: true,
  },
  simulation: { paths: ["tests/simulation"], sideBySide: false },
  differential: {
    paths: ["tests/differential"],
    sideBySide: false,
    likeProgram: true,
  },
  system: {
    paths: [
      ...["tests/ffi", "tests/firewall", "tests/quick", "tests/cli"],
      "tests/driver",
    ],
    sideBySide: false,
  },
  binary: {
    paths: ["tests/quick", "tests/cli", "tests/driver"],
    sideBySide: false,
    program: "binary",
  },
  lanes: {
    paths: [
      ...["tests/transport/aead_test.ts", "tests/transport/vectors_test.ts"],
      ...["tests/device", "tests/simulation"],
      ...["hostile", "idle", "life", "load", "offload"].map((name) =>
        `tests/driver/${name}_test.ts`
      ),
      "tests/differential/differential_test.ts",
      "tests/interop/flow_test.ts",
    ],
    sideBySide: false,
    lanes: 4,
    seconds: 3,
  },
  interop: {
    paths: ["tests/interop"],
    sideBySide: false,
    aside: ["restart", "silence", "flagship"].map((name) =>
      `tests/interop/${name}_test.ts`
    ),
  },
};

const BINARY = `${root}dist/caktus-linux-x64`;

/** Groups that need nothing installed. */
const UNPRIVILEGED = ["unit", "simulation", "differential"];

interface Sum {
  passed: number;
  failed: number;
  ignored: number;
}

function printNow(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** Runs a program, its output passed on, and returns what it printed and whether it succeeded. */
async function tee(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  print: (text: string) => void = printNow,
) {
  const child = new Deno.Command(command, {
    args,
    cwd: root,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    const text = decoder.decode(chunk, { stream: true });
    output += text;
    print(text);
  }
  return { output, success: (await child.status).success };
}

/** Runs one group, and reads the sums out of Deno's own summaries. */
async function runGroup(name: string): Promise<Sum> {
  const group = GROUPS[name]!, { aside } = group;
  console.log(`\n── ${name} ${"─".repeat(66 - name.length)}`);
  const there = group.paths.filter((path) => exists(root + path));
  if (aside === undefined) return await runFiles(group, there);
  const lines: string[] = [];
  const waiting = runFiles(group, aside, (text) => lines.push(text));
  const sum = await runFiles(group, [`--ignore=${aside}`, ...there]);
  const other = await waiting;
  console.log(`\nbeside them:\n${lines.join("")}`);
  return added(sum, other);
}

async function runFiles(
  group: Group,
  paths: string[],
  print?: (text: string) => void,
): Promise<Sum> {
  const { sideBySide, likeProgram } = group;
  const { output, success } = await tee(
    Deno.execPath(),
    [
      ...["test", "--quiet", "--allow-all", "--doc"],
      ...(sideBySide ? ["--parallel"] : []),
      ...(likeProgram ? DENO.filter((word) => word.includes("v8-flags")) : []),
      ...paths,
    ],
    environmentOf(group),
    print,
  );
  const summary = output.match(/^(?:ok|FAILED) \| .*$/m)?.[0] ?? "";
  const count = (word: string) =>
    Number(summary.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  const sum = {
    passed: count("passed"),
    failed: count("failed"),
    ignored: count("ignored"),
  };
  // A group that could not even be loaded has no summary.
  if (!success && sum.failed === 0) sum.failed = 1;
  return sum;
}

function added(one: Sum, other: Sum): Sum {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    ignored: one.ignored + other.ignored,
  };
}

function environmentOf({ program, lanes, seconds }: Group) {
  return {
    CAKTUS_LANES: String(lanes ?? 1),
    ...(program && { CAKTUS_TEST_PROGRAM: program }),
    ...(seconds && { CAKTUS_TEST_SECONDS: String(seconds) }),
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Compiles the binary where it is older than what it is made of; why not, where it cannot be. */
async function compile(): Promise<string | undefined> {
  if (exists(BINARY) && changedAt(BINARY) > newestSource()) return;
  console.log("compiling dist/caktus-linux-x64");
  const args = ["run", "--quiet", "-A", ".ci/compile.ts", "x64"];
  const { success } = await tee(Deno.execPath(), args);
  return success ? undefined : "the binary could not be compiled";
}

function changedAt(path: string): number {
  return Deno.statSync(path).mtime?.getTime() ?? Infinity;
}

function newestSource(): number {
  const made = ["main.ts", "deno.json", "deno.lock", ".ci/compile.ts"];
  const files = ["src", "ffi"].flatMap((folder) => filesBelow(root + folder));
  return Math.max(
    ...files.concat(made.map((name) => root + name)).map(changedAt),
  );
}

function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

/** Everything that the tests need; what is left out, a line each. */
async function prepare(names: string[]): Promise<string[]> {
  if (names.every((name) => UNPRIVILEGED.includes(name))) return [];
  const leftOut = (await install()).map(({ name, reason }) =>
    `${name}: ${reason}`
  );
  const uncompiled = await compile();
  if (uncompiled !== undefined) leftOut.push(`the binary: ${uncompiled}`);
  if (Deno.uid() !== 0) {
    leftOut.push("everything that needs root: run it as root");
  }
  return leftOut;
}

async function main(names: string[]): Promise<number> {
  const leftOut = await prepare(names);
  const total: Sum = { passed: 0, failed: 0, ignored: 0 };
  for (const name of names) {
    if (GROUPS[name]!.program === "binary" && !exists(BINARY)) continue;
    const sum = await runGroup(name);
    total.passed += sum.passed;
    total.failed += sum.failed;
    total.ignored += sum.ignored;
  }
  console.log();
  for (const line of leftOut) console.log(`!!! LEFT OUT: ${line}`);
  if (total.ignored > 0) {
    console.log(`!!! LEFT OUT: ${total.ignored} tests, named above`);
  }
  const incomplete = inCI && (leftOut.length > 0 || total.ignored > 0);
  if (incomplete) total.failed++;
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

const names = Deno.args.length > 0 ? Deno.args : Object.keys(GROUPS);
const unknown = names.find((name) => GROUPS[name] === undefined);
if (unknown !== undefined) {
  const known = Object.keys(GROUPS).join(", ");
  console.error(`${unknown}: no such group of tests; ${known}`);
  Deno.exit(1);
}
try {
  Deno.exit(await main(names));
} catch (error) {
  console.error(
    `\nThe tests cannot run: ${error instanceof Error ? error.message : error}`,
  );
  console.log("0 passed, 1 failed");
  Deno.exit(1);
}
