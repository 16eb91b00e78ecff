/**
 * What is in a table of iptables, as the kernel has it in nf_tables.
 *
 * A table or built-in chain that Caktus made has this in its user data, so that it
 * goes when it is empty again, whoever asks and after any crash:
 *
 * ```text
 * 0 type u8 = 200 · 1 length u8 = 7 · 2 "caktus\0"
 * ```
 *
 * nft and iptables read types 0 and 1 of it, and pass over the others.
 *
 * @module
 */

import {
  type Chain,
  chains,
  type Family as KernelFamily,
  rules,
  tables,
} from "../../ffi/nf_tables.ts";
import { bytesEqual } from "../config/address.ts";
import { encodeText } from "../config/conf_text.ts";
import { decodeRule } from "./iptables_decode.ts";
import type { Counters, Family, Rule } from "./iptables_rule.ts";
import { type BuiltIn, builtInsOf } from "./iptables_tables.ts";

/** The user data of what Caktus made. */
export const OURS = Uint8Array.of(200, 7, ...encodeText("caktus\0"));

/** A rule and what the kernel knows it by. */
export interface ListedRule {
  readonly handle: bigint;
  readonly rule: Rule;
}

/** A chain that is there, or a built-in one that would be. */
export interface ChainState {
  readonly name: string;
  readonly builtIn?: BuiltIn;
  /** Absent where the kernel has no such chain yet. */
  readonly chain?: Chain;
  readonly policy?: "ACCEPT" | "DROP";
  readonly counters: Counters;
  readonly ours: boolean;
  /** False where another program made a chain of that name that hangs elsewhere: iptables has no use of it. */
  readonly fits: boolean;
  readonly rules: readonly ListedRule[];
}

/** A table that is there, or would be. */
export interface TableState {
  readonly family: Family;
  readonly name: string;
  readonly exists: boolean;
  readonly ours: boolean;
  /** How many chains, sets and objects it holds. */
  readonly use: number;
  /** Whether other programs have chains of their own in it, which are no business of iptables. */
  readonly others: boolean;
  /** The built-in ones in their order, then the users' by name. */
  readonly chains: readonly ChainState[];
}

/** The kernel's name of the family. */
export function kernelFamily(family: Family): KernelFamily {
  return family === 4 ? "ip" : "ip6";
}

/**
 * Looks at a table; nothing is made.
 *
 * @throws {SystemError}
 */
export function lookAt(family: Family, name: string): TableState {
  const place = kernelFamily(family);
  const table = tables(place).find((each) => each.name === name);
  const there = table === undefined ? [] : chains(place, name);
  const builtIns = builtInsOf(name).map((builtIn) =>
    stateOf(there.find((chain) => chain.name === builtIn.name), builtIn)
  );
  const users = there.filter(({ name, base }) =>
    base === undefined && !builtIns.some((each) => each.name === name)
  );
  return {
    family,
    name,
    exists: table !== undefined,
    ours: isOurs(table?.userData),
    use: table?.use ?? 0,
    others: there.length > users.length + builtIns.filter(isThere).length,
    chains: [
      ...builtIns,
      ...users.sort(byName).map((chain) => stateOf(chain)),
    ],
  };

  function stateOf(chain?: Chain, builtIn?: BuiltIn): ChainState {
    return {
      name: chain?.name ?? builtIn!.name,
      counters: chain?.counters ?? { packets: 0n, bytes: 0n },
      ours: isOurs(chain?.userData),
      fits: chain === undefined || fits(chain, builtIn),
      ...(chain === undefined ? {} : { chain }),
      ...(builtIn === undefined ? {} : {
        builtIn,
        policy: chain?.base?.policy === "drop" ? "DROP" : "ACCEPT",
      }),
      get rules() {
        const found = chain === undefined ? [] : readRules(chain, family);
        Object.defineProperty(this, "rules", { value: found });
        return found;
      },
    };
  }
}

function readRules(chain: Chain, family: Family): ListedRule[] {
  return rules(chain.family, chain.table, chain.name).map((rule) => ({
    handle: rule.handle,
    rule: decodeRule(rule, family),
  }));
}

function isThere({ chain, fits }: ChainState): boolean {
  return chain !== undefined && fits;
}

/** Whether a chain hangs where the built-in one of its name does. */
function fits({ base }: Chain, builtIn: BuiltIn | undefined): boolean {
  if (builtIn === undefined) return base === undefined;
  return base?.hook === builtIn.hook && base.type === builtIn.type &&
    base.priority === builtIn.priority;
}

function isOurs(userData: Uint8Array | undefined): boolean {
  return userData !== undefined && bytesEqual(userData, OURS);
}

function byName(a: Chain, b: Chain): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
