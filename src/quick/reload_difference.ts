/**
 * What stands of an interface, against what a fresh `up` would make: what has to go, and what has to come.
 *
 * | kind   | is the same where                                           |
 * |--------|-------------------------------------------------------------|
 * | sysctl | it is set to the same; what was there before `up` counts on |
 * | route  | it leads to the same prefix by the same table               |
 * | others | all of it is the same                                       |
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Change, HookChange } from "./change.ts";
import type { DnsChange } from "./dns_change.ts";

/** A step that is neither a hook nor the daemon's. */
export type MachineChange = Exclude<
  Change,
  HookChange | DnsChange | { kind: "interface" } | { kind: "configuration" }
>;
/**
 * One that the machine makes and that a plan holds: the mark goes with the daemon's configuration, name servers and
 * the limit of TCP's segments come by ways of their own.
 */
export type MadeChange = Exclude<
  MachineChange,
  { kind: "mark" } | { kind: "dns" } | { kind: "mss" }
>;

/** What `reload` has to do. */
export interface ReloadDifference {
  /** In the order in which it has to go: what leads into the tunnel first. */
  readonly gone: readonly MadeChange[];
  /** In the order in which it has to come. */
  readonly added: readonly MadeChange[];
  /** What of `up` and `reload` stands afterwards, for the state file. */
  readonly after: readonly Change[];
}

/** The steps of a plan that `reload` compares: hooks are not run again. */
export function machineChanges(changes: readonly Change[]): MachineChange[] {
  return changes.filter((change) =>
    isMade(change) || change.kind === "mark"
  ) as MachineChange[];
}

/**
 * Compares.
 *
 * @param made what the state file says
 * @param wanted what a fresh `up` would make
 * @param mark see {@linkcode ownMark}
 */
export function reloadDifference(
  made: readonly Change[],
  wanted: readonly MachineChange[],
  mark: number | undefined,
): ReloadDifference {
  const wantedKeys = new Set(wanted.map(keyOf));
  const madeKeys = new Set(made.map(keyOf));
  const gone = made.filter(isMade).filter((one) => !wantedKeys.has(keyOf(one)));
  const added = wanted.filter(isMade).filter((one) =>
    !madeKeys.has(keyOf(one))
  );
  const stays = made.filter((one) =>
    isMade(one) ? wantedKeys.has(keyOf(one)) : one.kind !== "mark"
  );
  const marks: Change[] = mark ? [{ kind: "mark", mark }] : [];
  const [rules, others] = [
    gone.filter(isRule),
    gone.filter((one) => !isRule(one)),
  ];
  return {
    gone: [...rules, ...others.toReversed()],
    added,
    after: [...stays, ...marks, ...added],
  };
}

/**
 * The mark that the tunnel's datagrams have to bear for routing's sake: that of its own table; 0 where it had one
 * and needs none any more; undefined where the file says which, or a hook has set it.
 */
export function ownMark(
  config: Config,
  made: readonly Change[],
  wanted: readonly MachineChange[],
): number | undefined {
  if (config.interface.fwmark !== undefined) return undefined;
  const marks = [...wanted, ...made].flatMap((one) =>
    one.kind === "mark" ? [one.mark] : []
  );
  return marks.length > 0 && !wanted.some(isRule) ? 0 : marks[0];
}

const MADE = ["address", "link", "route", "rule", "sysctl", "firewall"];

function isRule({ kind }: Change): boolean {
  return kind === "rule";
}

function isMade(change: Change): change is MadeChange {
  return MADE.includes(change.kind);
}

function keyOf(change: Change): string {
  switch (change.kind) {
    case "sysctl":
      return JSON.stringify([change.kind, change.name, change.value]);
    case "route":
      return JSON.stringify([change.kind, change.prefix, change.table ?? 0]);
    default: {
      const entries = Object.entries(change);
      return JSON.stringify(entries.sort(([a], [b]) => a < b ? -1 : 1));
    }
  }
}
