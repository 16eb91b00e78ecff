/**
 * What `up` did, written down before it is done: /run/caktus/NAME.toml.
 *
 * ```toml
 * version = 1
 * interface = "wg0"
 * config = "/etc/wireguard/wg0.conf"
 * save_config = true       # only where the file says so
 *
 * [[hook]]                 # the commands of down, as they were at up
 * time = "PostDown"
 * line = 7
 * command = "iptables -D FORWARD -i wg0 -j ACCEPT"
 *
 * [[change]]               # one for each change, in order
 * kind = "interface"
 *
 * [guard]                  # only with up --confirm: see confirm.ts
 * pid = 4700
 * started = 1234500
 *
 * [daemon]                 # a process is known by its id and when it started
 * pid = 4711
 * started = 1234567
 *
 * [link]
 * index = 12
 *
 * [up]
 * complete = true
 * ```
 *
 * The file only grows, by whole tables, until `down` removes it; so a crash between two steps loses
 * nothing, and `down` needs no other file. It is readable by root alone and holds no key: what a
 * change set is not written down, only that it was made. (A user's own PreDown and PostDown
 * commands stand in it as they are.)
 *
 * @module
 */

import { parse, stringify } from "smol-toml";
import type { Change, HookChange } from "./change.ts";
import { changeFrom, hookTime } from "./state_change.ts";
import { Failure } from "./failure.ts";
import { number, optional, string, type Table, tables } from "./state_table.ts";

/** Where the state files and locks are. */
export const RUNTIME_FOLDER = "/run/caktus";
const VERSION = 1;

/** The running process of an interface. */
export interface DaemonIdentity {
  readonly pid: number;
  /** Clock ticks after the machine's start, as /proc/PID/stat has it. */
  readonly started: number;
}

/** Everything that `down` knows. */
export interface State {
  readonly name: string;
  /** Absolute path of the configuration that was used. */
  readonly config: string;
  /** PreDown and PostDown. */
  readonly hooks: readonly HookChange[];
  /** Made, or at least begun. */
  readonly changes: readonly Change[];
  readonly daemon?: DaemonIdentity;
  /** Index of the interface. */
  readonly index?: number;
  /** Whether `up` came to its end. */
  readonly complete: boolean;
  /** The process that takes it down again unless somebody confirms it. */
  readonly guard?: DaemonIdentity;
  /** Whether the file becomes what the interface is before that goes. */
  readonly saves?: boolean;
}

/** The growing file of one `up`. */
export class StateFile {
  #state: State;

  private constructor(readonly path: string, state: State) {
    this.#state = state;
  }

  /** Begins the file; whoever calls holds the interface's lock. */
  static create(
    folder: string,
    name: string,
    config: string,
    hooks: readonly HookChange[],
    guard?: DaemonIdentity,
    saves = false,
  ): StateFile {
    const file = new StateFile(statePath(folder, name), {
      name,
      config,
      hooks,
      changes: [],
      complete: false,
      ...(guard && { guard }),
      ...(saves && { saves }),
    });
    const head = stringify({
      version: VERSION,
      interface: name,
      config,
      ...(saves && { save_config: true }),
      hook: hooks.map(({ time, command, line }) => ({
        time,
        line,
        ...written(command),
      })),
      ...(guard && { guard: { ...guard } }),
    });
    Deno.writeTextFileSync(file.path, head, { createNew: true, mode: 0o600 });
    return file;
  }

  /** Goes on with the file of an interface that is up; whoever calls holds its lock. */
  static reopen(folder: string, state: State): StateFile {
    return new StateFile(statePath(folder, state.name), state);
  }

  /** What is written down so far. */
  get state(): State {
    return this.#state;
  }

  /** To be called before the change is made. */
  record(change: Change): void {
    this.#append({ change: [withoutCommand(change)] }, {
      changes: [...this.#state.changes, change],
    });
  }

  /** To be called as soon as the daemon runs. */
  recordDaemon(daemon: DaemonIdentity): void {
    this.#append({ daemon: { ...daemon } }, { daemon });
  }

  /** To be called as soon as the interface is there. */
  recordIndex(index: number): void {
    this.#append({ link: { index } }, { index });
  }

  /** To be called when all is done. */
  recordComplete(): void {
    this.#append({ up: { complete: true } }, { complete: true });
  }

  #append(table: Record<string, unknown>, more: Partial<State>): void {
    const options = { append: true, create: false };
    Deno.writeTextFileSync(this.path, `\n${stringify(table)}`, options);
    this.#state = { ...this.#state, ...more };
  }
}

/**
 * Reads what `up` wrote down for an interface.
 *
 * @returns undefined where there is nothing
 * @throws Failure where the file is not as caktus writes it
 */
export function readState(folder: string, name: string): State | undefined {
  const path = statePath(folder, name);
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return stateFrom(parse(text));
  } catch (cause) {
    throw new Failure(`${path} is damaged or not from this caktus`, {
      hint:
        `what it says cannot be undone; see that ${name} is gone (ip link delete dev ${name}), then remove the file`,
      cause,
    });
  }
}

/** What stands of all interfaces but one; a file that cannot be read says nothing. */
export function readOtherStates(folder: string, name: string): State[] {
  const others = [...Deno.readDirSync(folder)]
    .map((entry) => /^(.*)\.toml$/.exec(entry.name)?.[1] ?? name)
    .filter((other) => other !== name);
  return others.flatMap((other) => {
    try {
      return readState(folder, other) ?? [];
    } catch {
      return [];
    }
  });
}

/** Leaves a sysctl to the other tunnels, while this one is taken down: the last of them puts it back. */
export function releaseSysctl(
  folder: string,
  name: string,
  sysctl: string,
): void {
  const options = { append: true, create: false };
  const table = stringify({ released: [{ name: sysctl }] });
  Deno.writeTextFileSync(statePath(folder, name), `\n${table}`, options);
}

/** Forgets an interface: all is undone. */
export function removeState(folder: string, name: string): void {
  try {
    Deno.removeSync(statePath(folder, name));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function statePath(folder: string, name: string): string {
  return `${folder}/${name}.toml`;
}

function stateFrom(table: Table): State {
  if (table.version !== VERSION) throw new TypeError("unknown version");
  const daemon = optional(table.daemon, identityFrom);
  const guard = optional(table.guard, identityFrom);
  const index = optional(table.link, (found) => number(found.index));
  return {
    name: string(table.interface),
    config: string(table.config),
    hooks: tables(table.hook).map(hookFrom),
    changes: changesFrom(table),
    complete: optional(table.up, (found) => found.complete === true) ?? false,
    ...(daemon && { daemon }),
    ...(guard && { guard }),
    ...(index !== undefined && { index }),
    ...(table.save_config === true && { saves: true }),
  };
}

function changesFrom(table: Table): Change[] {
  const released = tables(table.released).map(({ name }) => name);
  return tables(table.change).map(changeFrom).filter((change) =>
    change.kind !== "sysctl" || !released.includes(change.name)
  );
}

function identityFrom({ pid, started }: Table): DaemonIdentity {
  return { pid: number(pid), started: number(started) };
}

function hookFrom(table: Table): HookChange {
  const command = table.escaped === undefined
    ? string(table.command)
    : string(JSON.parse(string(table.escaped)));
  return {
    kind: "hook",
    time: hookTime(table.time),
    command,
    line: number(table.line),
  };
}

/** TOML is UTF-8: a command that is not stands as JSON escapes it. */
function written(command: string): { command: string } | { escaped: string } {
  return command.isWellFormed()
    ? { command }
    : { escaped: JSON.stringify(command) };
}

/** What PreUp and PostUp ran is undone by other commands, and may have held a key. */
function withoutCommand(change: Change): Table {
  if (change.kind !== "hook") return { ...change };
  return { kind: "hook", time: change.time };
}
