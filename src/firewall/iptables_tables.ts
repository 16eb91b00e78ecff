/**
 * The tables of iptables and their built-in chains, as iptables-nft makes them.
 *
 * | table    | PREROUTING | INPUT | FORWARD | OUTPUT | POSTROUTING |
 * |----------|-----------:|------:|--------:|-------:|------------:|
 * | raw      |       −300 |       |         |   −300 |             |
 * | mangle   |       −150 |  −150 |    −150 |   −150 |        −150 |
 * | nat      |       −100 |   100 |         |   −100 |         100 |
 * | filter   |            |     0 |       0 |      0 |             |
 * | security |            |    50 |      50 |     50 |             |
 *
 * @module
 */

import { IptablesError, type Rule } from "./iptables_rule.ts";

/** A chain that the kernel enters by itself. */
export interface BuiltIn {
  readonly name: string;
  /** Prerouting 0, input 1, forward 2, output 3, postrouting 4. */
  readonly hook: number;
  readonly priority: number;
  readonly type: "filter" | "nat" | "route";
}

const HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
const CHAIN_NAME_LIMIT = 29;

const TABLES: Readonly<Record<string, readonly BuiltIn[]>> = {
  filter: builtIns(0, "INPUT", "FORWARD", "OUTPUT"),
  nat: [
    builtIn("PREROUTING", -100, "nat"),
    builtIn("INPUT", 100, "nat"),
    builtIn("OUTPUT", -100, "nat"),
    builtIn("POSTROUTING", 100, "nat"),
  ],
  mangle: HOOKS.map((name) =>
    builtIn(name, -150, name === "OUTPUT" ? "route" : "filter")
  ),
  raw: builtIns(-300, "PREROUTING", "OUTPUT"),
  security: builtIns(50, "INPUT", "FORWARD", "OUTPUT"),
};

/** The tables, in the order in which iptables-save writes them. */
export const TABLE_NAMES = ["mangle", "raw", "filter", "nat", "security"];

export function isTable(name: string): boolean {
  return Object.hasOwn(TABLES, name);
}

/** The built-in chains of a table, in the order in which they are listed. */
export function builtInsOf(table: string): readonly BuiltIn[] {
  return TABLES[table] ?? [];
}

/** @throws IptablesError where no chain may be called so */
export function checkChainName(name: string): void {
  if (/^[-!]/.test(name)) {
    throw new IptablesError(
      `chain name not allowed to start with \`${name[0]}'`,
    );
  }
  if (new TextEncoder().encode(name).length >= CHAIN_NAME_LIMIT) {
    throw new IptablesError(
      `chain name \`${name}' too long (must be under ${CHAIN_NAME_LIMIT} chars)`,
    );
  }
  if (name === "" || /\s/.test(name)) {
    throw new IptablesError("chain name must be a word");
  }
}

/** What leaves has no input interface, what comes no output interface. @throws IptablesError */
export function checkInterfaces(rule: Rule, chain: string): void {
  const without = { PREROUTING: "-o", INPUT: "-o", OUTPUT: "-i" } as const;
  const option = chain === "POSTROUTING"
    ? "-i"
    : without[chain as keyof typeof without];
  if (option === undefined) return;
  if ((option === "-o" ? rule.output : rule.input) === undefined) return;
  throw new IptablesError(`can't use ${option} with ${chain}`);
}

function builtIns(priority: number, ...names: string[]): BuiltIn[] {
  return names.map((name) => builtIn(name, priority, "filter"));
}

function builtIn(
  name: string,
  priority: number,
  type: BuiltIn["type"],
): BuiltIn {
  return { name, hook: HOOKS.indexOf(name), priority, type };
}
