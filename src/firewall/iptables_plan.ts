/**
 * What a command of iptables changes: one transaction of the kernel's.
 *
 * ```text
 * -A  table and chain if they are missing · rule
 * -D  rule · chain, if it is ours and empty now · table, likewise
 * ```
 *
 * Reads the state that it is given, and changes nothing itself.
 *
 * @module
 */

import {
  addChain,
  addRule,
  addTable,
  type Command as Step,
  deleteChain,
  deleteRule,
  deleteTable,
  flushChain,
  type Position,
  renameChain,
  replaceRule,
  type RuleSpec,
} from "../../ffi/nf_tables_command.ts";
import { compatOf, encodeRule } from "./iptables_encode.ts";
import {
  type ChainState,
  kernelFamily,
  type ListedRule,
  OURS,
  type TableState,
} from "./iptables_look.ts";
import {
  type Command,
  type Counters,
  type Invocation,
  IptablesError,
  type Rule,
} from "./iptables_rule.ts";
import { ruleWords } from "./iptables_text.ts";

const NO_RULE = "Bad rule (does a matching rule exist in that chain?).";
const NO_CHAIN = "No chain/target/match by that name.";
const NOTHING: Counters = { packets: 0n, bytes: 0n };

/**
 * The steps that do what is asked; none where it only lists or checks.
 *
 * @throws IptablesError where the table does not allow it
 */
export function planSteps(invocation: Invocation, state: TableState): Step[] {
  const planner = new Planner(state);
  planner.run(invocation.command, invocation.rules);
  if (invocation.zeroAfter) planner.zero(invocation.command);
  return planner.finish();
}

/** The chains that a command is about. @throws IptablesError where there is none of that name */
export function chainsOf(
  state: TableState,
  chain: string | undefined,
): readonly ChainState[] {
  if (chain !== undefined) return [findChain(state, chain)];
  return state.chains.filter(({ fits }) => fits);
}

function findChain(state: TableState, name: string): ChainState {
  const found = state.chains.find((chain) => chain.name === name);
  if (found === undefined) throw new IptablesError(NO_CHAIN, 1);
  checkFits(found, state);
  return found;
}

function checkFits({ name, fits }: ChainState, { name: table }: TableState) {
  if (fits) return;
  throw new IptablesError(
    `chain \`${name}' in table \`${table}' is incompatible, use 'nft' tool`,
    1,
  );
}

class Planner {
  readonly #state: TableState;
  readonly #place: { family: RuleSpec["family"]; table: string };
  readonly #steps: Step[] = [];
  /** Chains that are there, and how many rules each has by then; a deleted one is not there. */
  readonly #left = new Map<string, number>();
  readonly #policies = new Map<string, string>();
  #removes = false;

  constructor(state: TableState) {
    this.#state = state;
    const family = kernelFamily(state.family);
    this.#place = { family, table: state.name };
  }

  run(command: Command, rules: readonly Rule[]): void {
    switch (command.kind) {
      case "append":
        return this.#append(command.chain, rules);
      case "insert":
        return this.#insert(command.chain, command.number, rules);
      case "replace":
        return this.#replace(command.chain, command.number, rules);
      case "check":
      case "delete": {
        const chain = this.#find(command.chain);
        const found = this.#findAll(chain, rules);
        if (command.kind === "check") return;
        return found.forEach((listed) => this.#delete(chain, listed));
      }
      case "delete number": {
        const chain = this.#find(command.chain);
        const listed = chain.rules[command.number - 1];
        if (listed === undefined) throw tooBig("deletion");
        return this.#delete(chain, listed);
      }
      case "new chain":
        return this.#newChain(command.chain);
      case "rename chain":
        return this.#rename(command.chain, command.to);
      case "policy":
        return this.#setPolicy(command.chain, command.policy);
      case "flush":
        return this.#flush(command.chain);
      case "delete chain":
        return this.#deleteChains(command.chain);
      case "zero":
        return this.zero(command);
      case "list":
      case "list rules":
        chainsOf(this.#state, command.chain);
    }
  }

  /** The steps; what Caktus made and is empty now goes last. */
  finish(): Step[] {
    if (this.#removes) this.#sweep();
    return this.#steps;
  }

  /** Rules with counters at 0 take the place of those that counted. */
  zero({ chain, number }: { chain?: string; number?: number }): void {
    for (const each of chainsOf(this.#state, chain)) {
      const listed = number === undefined
        ? each.rules
        : each.rules.slice(number - 1, number);
      for (const { rule, handle } of listed) {
        if (rule.foreign !== undefined || rule.counters.packets === 0n) {
          continue;
        }
        const spec = this.#spec(each.name, { ...rule, counters: NOTHING });
        this.#steps.push(replaceRule(spec, handle));
      }
    }
  }

  #append(name: string, rules: readonly Rule[]): void {
    this.#ensure(this.#find(name));
    for (const rule of rules) this.#add(name, rule, "append");
  }

  /** Each goes to the same number, so the last comes first. */
  #insert(name: string, number: number, rules: readonly Rule[]): void {
    const chain = this.#find(name);
    this.#ensure(chain);
    if (number === 1) {
      for (const rule of rules) this.#add(name, rule, "insert");
      return;
    }
    const { length } = chain.rules;
    if (number > length + 1) throw tooBig("insertion");
    const next = chain.rules[number - 1];
    const position: Position = next === undefined
      ? "append"
      : { before: next.handle };
    for (const rule of rules.toReversed()) this.#add(name, rule, position);
  }

  #replace(name: string, number: number, rules: readonly Rule[]): void {
    const chain = this.#find(name);
    const [rule, more] = rules;
    if (more !== undefined) {
      throw new IptablesError(
        "Replacement rule does not specify a unique address",
      );
    }
    const listed = chain.rules[number - 1];
    if (listed === undefined) throw tooBig("replacement");
    this.#checkTarget(rule!);
    this.#steps.push(replaceRule(this.#spec(name, rule!), listed.handle));
  }

  #newChain(name: string): void {
    if (this.#state.chains.some((chain) => chain.name === name)) {
      throw new IptablesError("Chain already exists.", 1);
    }
    this.#ensureTable();
    this.#steps.push(addChain({ ...this.#place, name }, true));
  }

  #rename(name: string, to: string): void {
    const { chain, builtIn } = this.#find(name);
    if (builtIn !== undefined || chain === undefined) {
      throw new IptablesError(NO_CHAIN, 1);
    }
    if (this.#state.chains.some((each) => each.name === to)) {
      throw new IptablesError("File exists.", 1);
    }
    this.#steps.push(renameChain(chain, to));
  }

  #setPolicy(name: string, policy: "ACCEPT" | "DROP"): void {
    const chain = this.#state.chains.find((each) => each.name === name);
    if (chain?.builtIn === undefined) {
      throw new IptablesError("Bad built-in chain name.", 1);
    }
    checkFits(chain, this.#state);
    this.#ensureTable();
    this.#addBuiltIn(chain, policy);
    this.#policies.set(name, policy);
    this.#removes = policy === "ACCEPT";
  }

  #flush(name: string | undefined): void {
    for (const { chain } of chainsOf(this.#state, name)) {
      if (chain === undefined) continue;
      this.#steps.push(
        flushChain(this.#place.family, this.#place.table, chain.name),
      );
      this.#left.set(chain.name, 0);
    }
    this.#removes = true;
  }

  /** `-X` alone: all of the users', and what is empty of the built-in ones. */
  #deleteChains(name: string | undefined): void {
    for (const each of chainsOf(this.#state, name)) {
      const { chain, builtIn } = each;
      if (builtIn !== undefined) {
        if (name !== undefined) throw busy(name);
        if (chain !== undefined && isIdle(each)) this.#drop(each);
      } else {
        if (each.rules.length > 0) throw busy(each.name);
        this.#drop(each);
      }
    }
    this.#removes = true;
  }

  #drop({ name }: ChainState): void {
    const { family, table } = this.#place;
    this.#steps.push(deleteChain(family, table, name, true));
    this.#left.set(name, -1);
  }

  #delete(chain: ChainState, { handle }: ListedRule): void {
    this.#steps.push(
      deleteRule({ ...this.#place, chain: chain.name, handle }),
    );
    this.#left.set(chain.name, this.#count(chain) - 1);
    this.#removes = true;
  }

  /** Rules that a chain has by then; -1 where it is not there. */
  #count(chain: ChainState): number {
    if (chain.chain === undefined) return -1;
    return this.#left.get(chain.name) ?? chain.rules.length;
  }

  #sweep(): void {
    let gone = 0;
    for (const chain of this.#state.chains) {
      if (chain.chain === undefined || !chain.fits) continue;
      if (this.#left.get(chain.name) === -1) {
        gone++;
        continue;
      }
      const policy = this.#policies.get(chain.name) ?? chain.policy;
      if (!chain.ours || policy !== "ACCEPT") continue;
      if (this.#count(chain) !== 0) continue;
      this.#drop(chain);
      gone++;
    }
    const { exists, ours, use } = this.#state;
    if (!exists || !ours || use !== gone) return;
    const { family, table } = this.#place;
    this.#steps.push(deleteTable(family, table, true));
  }

  #findAll(chain: ChainState, rules: readonly Rule[]): ListedRule[] {
    const { family } = this.#state;
    const text = (rule: Rule) => ruleWords(rule, family).join("\0");
    const there = chain.rules.filter(({ rule }) => rule.foreign === undefined)
      .map((listed) => ({ listed, text: text(listed.rule) }));
    return rules.map((rule) => {
      const wanted = text(rule);
      const at = there.findIndex((each) => each.text === wanted);
      if (at < 0) throw new IptablesError(NO_RULE, 1);
      return there.splice(at, 1)[0]!.listed;
    });
  }

  #find(name: string): ChainState {
    return findChain(this.#state, name);
  }

  #ensureTable(): void {
    if (this.#state.exists) return;
    const { family, table } = this.#place;
    this.#steps.push(addTable(family, table, false, OURS));
  }

  #ensure(chain: ChainState): void {
    this.#ensureTable();
    if (chain.chain === undefined) this.#addBuiltIn(chain, "ACCEPT");
  }

  #addBuiltIn(chain: ChainState, policy: "ACCEPT" | "DROP"): void {
    const { name, hook, priority, type } = chain.builtIn!;
    const base = {
      type,
      hook,
      priority,
      policy: policy === "DROP" ? "drop" : "accept",
    } as const;
    this.#steps.push(addChain({
      ...this.#place,
      name,
      base,
      ...(chain.chain === undefined ? { userData: OURS } : {}),
    }));
  }

  #add(chain: string, rule: Rule, position: Position): void {
    this.#checkTarget(rule);
    this.#steps.push(addRule(this.#spec(chain, rule), position));
  }

  #checkTarget({ verdict }: Rule): void {
    if (verdict === undefined || !("chain" in verdict)) return;
    const found = this.#state.chains.find(({ name }) => name === verdict.chain);
    if (found === undefined) {
      throw new IptablesError(`Chain '${verdict.chain}' does not exist`);
    }
    if (found.builtIn !== undefined) {
      throw new IptablesError(`cannot jump to the built-in ${verdict.chain}`);
    }
  }

  #spec(chain: string, rule: Rule): RuleSpec {
    const compat = compatOf(rule);
    return {
      ...this.#place,
      chain,
      expressions: encodeRule(rule, this.#state.family),
      ...(compat === undefined ? {} : { compat }),
    };
  }
}

function isIdle({ policy, rules }: ChainState): boolean {
  return policy === "ACCEPT" && rules.length === 0;
}

function tooBig(what: string): IptablesError {
  return new IptablesError(`Index of ${what} too big.`, 1);
}

function busy(name: string): IptablesError {
  return new IptablesError(
    `CHAIN_DEL failed (Device or resource busy): chain ${name}`,
    4,
  );
}
