/**
 * The programs that are compared, each called as its own documents say, at both ends of its tunnel; and how they come
 * onto the machine.
 *
 * All stay in the foreground, make the interface and serve /var/run/wireguard/INTERFACE.sock for stock wg. gotatun is
 * installed here and not with the other peers: no test needs it, and building it takes minutes.
 *
 * @module
 */

import {
  BORINGTUN,
  cached,
  cacheFolder,
  exists,
  hasProgram,
  installBoringtun,
  installTools,
  installWireguardGo,
  type LeftOut,
  ROOT,
  WIREGUARD_GO,
} from "../interop/install.ts";
import { must, run } from "../interop/process.ts";
import { BINARY, SOURCE } from "../program.ts";

/** The version of gotatun-cli. */
const GOTATUN = "0.10.2";

/** The names in the order of the table; the first is the subject. */
export const NAMES = ["caktus", "wireguard-go", "boringtun", "gotatun"];

/** Programs that every measurement calls, by the Debian package that has them. */
const TOOLS = {
  "iproute2": ["ip"],
  "wireguard-tools": ["wg"],
  "iputils-ping": ["ping"],
  "iperf3": ["iperf3"],
  "procps": ["sysctl"],
  "util-linux": ["unshare", "nsenter"],
  "openssl": ["openssl"],
};

/** The versions that are installed. */
export const VERSIONS: Record<string, string> = {
  "wireguard-go": WIREGUARD_GO,
  "boringtun": BORINGTUN,
  "gotatun": GOTATUN,
};

/** A program's command line without its last word, the interface's name. */
export type Commands = Record<string, string[]>;

/** Installs what is missing of these. @throws Error where one cannot be had */
export async function prepare(
  names: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const leftOut: LeftOut[] = await installTools(TOOLS, say);
  if (names.includes("wireguard-go")) {
    leftOut.push(...await installWireguardGo(say));
  }
  if (names.includes("boringtun")) leftOut.push(...await installBoringtun(say));
  if (names.includes("gotatun")) leftOut.push(...await installGotatun(say));
  const [missing] = leftOut;
  if (missing) throw new Error(`${missing.name}: ${missing.reason}`);
}

/** The command lines of these. @throws Error where one is not installed */
export function commandsOf(
  names: readonly string[],
  caktus: readonly string[],
): Commands {
  return Object.fromEntries(names.map((name) => {
    if (name === "caktus") return [name, [...caktus, "daemon"]];
    const path = name === "gotatun" ? gotatunPath() : cached(
      name as "wireguard-go" | "boringtun",
    );
    if (path === undefined || !exists(path)) {
      throw new Error(`${name} is not installed`);
    }
    const options = name === "wireguard-go"
      ? ["-f"]
      : ["--foreground", "--disable-drop-privileges"];
    return [name, [path, ...options]];
  }));
}

/** The Caktus that is measured. */
export interface Subject {
  command: readonly string[];
  /** Which it is, for people. */
  words: string;
}

/** Compiles Caktus and keeps a copy of the binary, so that nobody's build changes it; or the source, where CAKTUS_TEST_PROGRAM says so. */
export async function subject(
  say: (line: string) => void,
): Promise<Subject> {
  const commit = await describeCommit();
  if ((Deno.env.get("CAKTUS_TEST_PROGRAM") ?? "binary") === "source") {
    return { command: SOURCE, words: `Caktus ${commit}, from source` };
  }
  say("compiling Caktus");
  const command = [Deno.execPath(), "run", "-A", `${ROOT}.ci/compile.ts`];
  await must([...command, "x64"], { timeout: 300_000 });
  const copy = `${cacheFolder()}/bench/caktus`;
  Deno.mkdirSync(`${cacheFolder()}/bench`, { recursive: true });
  // Not written over: a daemon may be running it.
  Deno.copyFileSync(BINARY[0]!, `${copy}.new`);
  Deno.renameSync(`${copy}.new`, copy);
  const megabytes = Math.round(Deno.statSync(copy).size / 1e6);
  const words = `Caktus ${commit}, the compiled binary (${megabytes} MB)`;
  return { command: [copy], words };
}

async function describeCommit(): Promise<string> {
  const git = ["git", "-C", ROOT];
  const { stdout } = await run([...git, "rev-parse", "--short", "HEAD"]);
  const changed = await run([...git, "diff", "--quiet", "HEAD", "--", "src"]);
  return (stdout.trim() || "of unknown commit") +
    (changed.code === 1 ? " with changes" : "");
}

async function installGotatun(say: (line: string) => void): Promise<LeftOut[]> {
  if (exists(gotatunPath())) return [];
  const name = "gotatun";
  if (!hasProgram("cargo")) {
    return [{ name, reason: "needs Rust (the program cargo)" }];
  }
  say(`installing gotatun-cli ${GOTATUN} with cargo install: some minutes`);
  const root = gotatunPath().replace(/\/bin\/gotatun$/, "");
  const command = ["cargo", "install", "--quiet", "--locked", "--root", root];
  const result = await run([...command, `gotatun-cli@${GOTATUN}`], {
    timeout: 900_000,
  });
  const words = result.stderr.trim().split("\n").at(-1);
  return result.code === 0
    ? []
    : [{ name, reason: `cargo install failed: ${words}` }];
}

function gotatunPath(): string {
  return `${cacheFolder()}/gotatun-${GOTATUN}/bin/gotatun`;
}
