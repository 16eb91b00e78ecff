/**
 * A user's commands: PreUp, PostUp, PreDown, PostDown.
 *
 * They run as wg-quick(8) runs them: by bash where there is one, else by sh; one shell each, which ends at
 * the first command that fails (`-e`, `pipefail`) and knows extended patterns (`extglob`); $INTERFACE is set.
 * Standard input, output and error are the user's own: a hook may ask for a password.
 *
 * A hook stays in our process group, because a new one could not read the terminal. So when `up` is
 * interrupted, the hook's shell and all that descends from it are looked up under /proc and ended.
 *
 * @module
 */

import { encodeText } from "../config/conf_text.ts";
import { Failure } from "./failure.ts";
import { provideHookPrograms } from "./hook_programs.ts";

const GRACE_MILLISECONDS = 700;
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** What a hook ended with. */
export class HookFailure extends Failure {
  override name = "HookFailure";
}

/**
 * Runs one command to its end.
 *
 * @param command `%i` already replaced; see Hook in config.ts for bytes that are no UTF-8
 * @param signal ends the command and what it started; the promise is then rejected with its reason
 * @throws HookFailure when the status is not 0
 */
export async function runHook(
  command: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const child = new Deno.Command(...shellFor(command, name)).spawn();
  const stop = () => void endTree(child.pid, child.status);
  signal.addEventListener("abort", stop, { once: true });
  const status = await child.status;
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (status.success) return;
  const how = status.signal === null
    ? `failed with status ${status.code}`
    : `was ended by ${status.signal}`;
  throw new HookFailure(how);
}

function shellFor(
  command: string,
  name: string,
): [string, Deno.CommandOptions] {
  const bash = findInPath("bash");
  const flags = bash === undefined
    ? ["-e"]
    : ["-e", "-o", "pipefail", "-O", "extglob"];
  return [bash ?? "/bin/sh", {
    args: [...flags, "-c", passable(command)],
    env: { INTERFACE: name, LC_ALL: "C", PATH: pathFor(name) },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }];
}

/** Arguments of a process are UTF-8 in Deno, so other bytes reach the shell through its own printf. */
function passable(command: string): string {
  if (command.isWellFormed()) return command;
  const octal = Array.from(
    encodeText(command),
    (byte) => `\\${byte.toString(8).padStart(3, "0")}`,
  ).join("");
  return `eval "$(printf '${octal}')"`;
}

/** What the machine has comes first; Caktus stands in for what it lacks. */
function pathFor(name: string): string {
  const own = provideHookPrograms(
    name,
    (program) => findInPath(program) !== undefined,
  );
  return own === undefined ? hookPath() : `${hookPath()}:${own}`;
}

/** The caller's PATH, with the folders of iptables and sysctl behind it: `su` leaves them out. */
function hookPath(): string {
  const folders = (Deno.env.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin")
    .split(":");
  return [
    ...folders,
    ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder)),
  ].join(":");
}

/** Where a program is that a hook would find; undefined where there is none. */
export function findInPath(program: string): string | undefined {
  return hookPath().split(":").map((folder) => `${folder}/${program}`).find(
    (path) => {
      try {
        return path.startsWith("/") && Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    },
  );
}

/** Ends a process and its descendants: asks first, and insists after a while. */
async function endTree(pid: number, ended: Promise<unknown>): Promise<void> {
  const tree = [pid, ...descendants(pid)];
  signalAll(tree, "SIGTERM");
  const timer = setTimeout(
    () => signalAll([...tree, ...descendants(pid)], "SIGKILL"),
    GRACE_MILLISECONDS,
  );
  await ended;
  clearTimeout(timer);
  signalAll(tree.slice(1).filter(isAlive), "SIGKILL");
}

function signalAll(pids: readonly number[], signal: Deno.Signal): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}

function isAlive(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

/** All processes below `pid`, by the parents that /proc names. */
function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) {
      children.set(parent, [...children.get(parent) ?? [], Number(name)]);
    }
  }
  const found: number[] = [];
  const below = (parent: number) => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      below(child);
    }
  };
  below(pid);
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
