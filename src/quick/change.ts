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
 * | mark          | `set=1` on the daemon's socket     | goes with the interface        |
 * | rule          | RTM_NEWRULE                        | RTM_DELRULE                    |
 * | sysctl        | writing under /proc/sys            | the value that was there       |
 * | firewall      | a table of nf_tables               | deleting the table             |
 * | mss           | a table of nf_tables               | deleting the table             |
 * | dns           | a program, or /etc/resolv.conf     | what was there (dns_change.ts) |
 *
 * What outlives the interface carries all that undoing needs.
 * Addresses are text here, because this is what stands in the state file and on the terminal.
 *
 * @module
 */

import type { Hook } from "../config/config.ts";
import { expandHook } from "../config/hook.ts";
import type { DnsChange } from "./dns_change.ts";

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

/** An address of the interface. */
export interface AddressChange {
  readonly kind: "address";
  readonly address: string;
  /** Whether the kernel is not to route the address's network: it is routed in the tunnel's own table. */
  readonly noPrefixRoute?: boolean;
}

/** A route into the interface. */
export interface RouteChange {
  readonly kind: "route";
  readonly prefix: string;
  /** The main table unless told otherwise. */
  readonly table?: number;
  /** The table's name, where the user wrote one. */
  readonly tableName?: string;
}

/** A rule of policy routing, `[not] [fwmark MARK] lookup TABLE [suppress_prefixlength LENGTH]`. */
export interface RuleChange {
  readonly kind: "rule";
  readonly family: 4 | 6;
  readonly table: number;
  readonly priority: number;
  readonly mark?: number;
  readonly invert?: boolean;
  readonly suppressPrefixLength?: number;
}

/** A setting of the kernel. */
export interface SysctlChange {
  readonly kind: "sysctl";
  /** With dots: net.ipv4.conf.all.src_valid_mark. */
  readonly name: string;
  /** What `down` puts back. */
  readonly before: string;
  readonly value: string;
  /** Another tunnel has set it already: the last of them puts it back. */
  readonly held?: boolean;
}

/** The table that keeps strangers from the tunnel's addresses, and marks what comes back. */
export interface FirewallChange {
  readonly kind: "firewall";
  readonly family: 4 | 6;
  readonly mark: number;
  /** Addresses of the interface, without prefix length. */
  readonly addresses: readonly string[];
}

/** The table that cuts TCP's segments to what the tunnel takes, where the machine forwards. */
export interface MssChange {
  readonly kind: "mss";
}

/** What outlives the interface. */
export type LastingChange =
  | RuleChange
  | SysctlChange
  | FirewallChange
  | MssChange;

/** What the machine does once the interface is there. */
export type LinkChange =
  | AddressChange
  | { readonly kind: "link"; readonly mtu: number }
  | RouteChange
  | LastingChange;

/** One step of `up`. */
export type Change =
  | { readonly kind: "interface" }
  | { readonly kind: "configuration" }
  | { readonly kind: "mark"; readonly mark: number }
  | HookChange
  | DnsChange
  | LinkChange;

/** Whether a change outlives the interface, so that it has to be undone by itself. */
export function isLasting(change: Change): change is LastingChange {
  return ["rule", "sysctl", "firewall", "mss"].includes(change.kind);
}

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
