/**
 * One change to the machine, as plain data: what is planned, echoed, written down, applied and undone.
 *
 * | kind          | made by                            | undone by                      |
 * |---------------|------------------------------------|--------------------------------|
 * | interface     | starting the daemon                | ending it, deleting the link   |
 * | hook          | a shell                            | every PreDown and PostDown     |
 * | configuration | `set=1` on the daemon's socket     | goes with the interface        |
 * | address       | RTM_NEWADDR                        | goes with the interface        |
 * | link          | RTM_SETLINK: MTU and up            | goes with the interface        |
 * | route         | RTM_NEWROUTE                       | goes with the interface        |
 *
 * A change that outlives the interface (a rule, a table of nf_tables, a sysctl) is one more kind
 * that carries what was there before; undo.ts then has one more case.
 * Addresses are text here, because this is what stands in the state file and on the terminal.
 *
 * @module
 */

import type { Hook } from "../config/config.ts";
import { expandHook } from "../config/hook.ts";

/** The four moments at which a user's commands run. */
export type HookTime = "PreUp" | "PostUp" | "PreDown" | "PostDown";

/** A user's command, `%i` replaced. */
export interface HookChange {
  readonly kind: "hook";
  readonly time: HookTime;
  /** Bytes that are no UTF-8 stand as U+DC80 to U+DCFF. */
  readonly command: string;
  /** Line of the configuration, for messages. */
  readonly line: number;
}

/** What netlink does to the interface once it is there. */
export type LinkChange =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "link"; readonly mtu: number }
  | { readonly kind: "route"; readonly prefix: string };

/** One step of `up`. */
export type Change =
  | { readonly kind: "interface" }
  | { readonly kind: "configuration" }
  | HookChange
  | LinkChange;

/** The hooks of one moment as steps, for the interface `name`. */
export function hookChanges(
  time: HookTime,
  hooks: readonly Hook[],
  name: string,
): HookChange[] {
  return hooks.map(({ command, line }) => ({
    kind: "hook",
    time,
    command: expandHook(command, name),
    line,
  }));
}

/** The command that would do the same, as wg-quick echoes it behind `[#]`. */
export function commandOf(change: Change, name: string, file: string): string {
  switch (change.kind) {
    case "interface":
      return `caktus daemon ${name}`;
    case "configuration":
      return `wg addconf ${name} <(wg-quick strip ${quoted(file)})`;
    case "address":
      return `ip ${
        family(change.address)
      } address add ${change.address} dev ${name}`;
    case "link":
      return `ip link set mtu ${change.mtu} up dev ${name}`;
    case "route":
      return `ip ${
        family(change.prefix)
      } route add ${change.prefix} dev ${name}`;
    case "hook":
      return change.command;
  }
}

/** The command that would undo an interface. */
export function undoCommand(name: string): string {
  return `ip link delete dev ${name}`;
}

function family(address: string): "-4" | "-6" {
  return address.includes(":") ? "-6" : "-4";
}

/** A file name as a shell takes it. */
function quoted(file: string): string {
  return /^[\w@%+=:,./-]+$/.test(file)
    ? file
    : `'${file.replaceAll("'", `'\\''`)}'`;
}
