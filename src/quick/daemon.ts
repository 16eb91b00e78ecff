/**
 * The process behind an interface: starting it, knowing it again, ending it.
 *
 * ```text
 * up ──spawn──▶ caktus daemon wg0     with NET_ADMIN and NET_BIND_SERVICE only
 *    ◀─stdout── ready wg0             the interface and its socket are there
 *    ◀─stderr── caktus: …             why not
 * ```
 *
 * A process is known by its id and the time it started, so that another one
 * which got the same id later is left alone.
 *
 * @module
 */

import {
  CAP_NET_ADMIN,
  CAP_NET_BIND_SERVICE,
  hasCapability,
  withCapabilities,
} from "../../ffi/capabilities.ts";
import { keepDescriptors, processStart } from "../../ffi/process.ts";
import { Failure } from "./failure.ts";
import type { DaemonIdentity } from "./state.ts";
import { V8_OPTION } from "./v8_flags.ts";

const CAP_DAC_READ_SEARCH = 2;
const CAPABILITIES = [CAP_NET_ADMIN, CAP_NET_BIND_SERVICE];
/** From source, the program's files may lie in a folder that only another user enters. */
const SOURCE_CAPABILITIES = [...CAPABILITIES, CAP_DAC_READ_SEARCH];
const GRACE_MILLISECONDS = 2_000;
const POLL_MILLISECONDS = 5;

/** A daemon that `up` started. */
export interface Daemon extends DaemonIdentity {
  /** Why it ended, in words; it may never. */
  readonly ended: Promise<string>;
}

/** What the daemon is told besides the name, and descriptors that it inherits. */
export interface DaemonWords {
  readonly words: readonly string[];
  readonly descriptors: readonly number[];
}

/**
 * Starts the daemon and waits until it is ready.
 *
 * @param started is told the process before it is ready
 * @throws Failure with what the daemon said, if it ends before
 */
export async function startDaemon(
  name: string,
  started: (identity: DaemonIdentity) => void,
  signal: AbortSignal,
  more: DaemonWords = { words: [], descriptors: [] },
): Promise<Daemon> {
  const child = spawn(name, more);
  const identity = { pid: child.pid, started: processStart(child.pid) ?? 0 };
  started(identity);
  const stop = () => killQuietly(child.pid, "SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  const complaint = textOf(child.stderr);
  const ready = await saysReady(child.stdout, name);
  signal.removeEventListener("abort", stop);
  if (!ready) throw await startFailure(child, complaint, name);
  const ended = child.status.then(describe);
  return { ...identity, ended };
}

/** Ends a daemon, and waits until it has ended; nothing where it has already. */
export async function stopDaemon(identity: DaemonIdentity): Promise<void> {
  if (!isRunning(identity)) return;
  killQuietly(identity.pid, "SIGTERM");
  if (await endsWithin(identity, GRACE_MILLISECONDS)) return;
  killQuietly(identity.pid, "SIGKILL");
  if (await endsWithin(identity, GRACE_MILLISECONDS)) return;
  throw new Failure(`process ${identity.pid}, the daemon, does not end`, {
    hint: `see what it waits for: ps -o pid,stat,wchan -p ${identity.pid}`,
  });
}

/** Whether it is still the same process. */
export function isRunning({ pid, started }: DaemonIdentity): boolean {
  return processStart(pid) === started;
}

/** The daemon gets what a tunnel needs of root's power, and none of the caller's descriptors. */
function spawn(
  name: string,
  { words, descriptors }: DaemonWords,
): Deno.ChildProcess {
  const command = selfCommand(["daemon", name, ...words]);
  keepDescriptors(descriptors);
  const wanted = Deno.build.standalone ? CAPABILITIES : SOURCE_CAPABILITIES;
  const child = withCapabilities(
    wanted.filter(hasCapability),
    () => command.spawn(),
  );
  child.unref();
  return child;
}

/** What starts this program: its path, and from source what Deno needs besides. */
export function selfWords(): [string, ...string[]] {
  const source = `${import.meta.dirname}/../../main.ts`;
  return Deno.build.standalone
    ? [Deno.execPath()]
    : [Deno.execPath(), "run", "-A", V8_OPTION, source];
}

/** This program once more, with other words. */
export function selfCommand(words: readonly string[]): Deno.Command {
  const [program, ...first] = selfWords();
  return new Deno.Command(program, {
    args: [...first, ...words],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    cwd: "/",
  });
}

/** Reads to the line that says so; false where the stream ends before. */
async function saysReady(
  stream: ReadableStream<Uint8Array>,
  name: string,
): Promise<boolean> {
  const decoder = new TextDecoder();
  let said = "";
  for await (const chunk of stream) {
    said += decoder.decode(chunk, { stream: true });
    if (said.includes(`ready ${name}\n`)) return true;
  }
  return false;
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    // What was read so far is all there is.
  }
  return text;
}

/** The daemon's own words: its message, and the way out on the lines behind. */
async function startFailure(
  child: Deno.ChildProcess,
  complaint: Promise<string>,
  name: string,
): Promise<Failure> {
  const status = await child.status;
  const [message = "", ...hints] = (await complaint).trim().split("\n");
  if (message === "") {
    return new Failure(`the daemon of ${name} ${describe(status)}`);
  }
  return new Failure(message.replace(/^caktus: /, ""), {
    hint: hints.map((line) => line.trim()).join("\n"),
  });
}

function describe({ code, signal }: Deno.CommandStatus): string {
  return signal === null
    ? `ended with status ${code}`
    : `was ended by ${signal}`;
}

async function endsWithin(
  identity: DaemonIdentity,
  milliseconds: number,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (isRunning(identity)) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  return true;
}

function killQuietly(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
