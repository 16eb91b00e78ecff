/**
 * A command line of iptables or ip6tables, read word by word.
 *
 * ```text
 * -t nat -A POSTROUTING -s 10.0.0.0/8 -o eth0 -p tcp --dport 80 -m comment --comment x -j SNAT --to-source 192.0.2.1
 *  │      │             └── the rule ───────┘ │   └ of tcp, which -p brings along      └ target └ its option
 *  table  command                              │
 * ```
 *
 * What is not understood is refused by name; then nothing is changed.
 * Nothing here calls the kernel: names of hosts, users and services come from `Lookups`.
 *
 * @module
 */

import {
  coreLetter,
  followsOf,
  splitCluster,
  WordStream,
} from "./iptables_options.ts";
import {
  type Command,
  type Family,
  type Invocation,
  IptablesError,
  type Lookups,
} from "./iptables_rule.ts";
import { isTargetName } from "./iptables_modules.ts";
import { RuleWords } from "./iptables_rule_words.ts";
import { checkChainName, isTable } from "./iptables_tables.ts";
import { numberOf } from "./iptables_values.ts";

const INVERTIBLE = "psdiof";

/**
 * Reads the words behind the program's name.
 *
 * @throws IptablesError
 */
export function readWords(
  words: readonly string[],
  family: Family,
  lookups: Lookups,
): Invocation {
  const reader = new Reader(new WordStream(words), family, lookups);
  reader.run();
  return reader.finish();
}

class Reader {
  readonly #words: WordStream;
  readonly #family: Family;
  #inverted = false;
  #table = "filter";
  #command: Command | undefined;
  #zeroAfter = false;
  readonly #style = {
    numeric: false,
    verbose: false,
    exact: false,
    lineNumbers: false,
  };
  readonly #rule: RuleWords;

  constructor(words: WordStream, family: Family, lookups: Lookups) {
    this.#words = words;
    this.#family = family;
    this.#rule = new RuleWords(words, family, lookups);
  }

  run(): void {
    for (;;) {
      const word = this.#words.next();
      if (word === undefined) return;
      if (word === "!") this.#invert();
      else if (/^--./.test(word)) this.#long(word.slice(2));
      else if (/^-./.test(word)) this.#cluster(word);
      else throw new IptablesError(`bad argument \`${word}'`);
    }
  }

  finish(): Invocation {
    if (this.#inverted) {
      throw new IptablesError("nothing appropriate following !");
    }
    const command = this.#command;
    if (command === undefined) {
      throw new IptablesError("no command specified");
    }
    const takesRule = /^(append|check|delete|insert|replace)$/.test(
      command.kind,
    );
    if (this.#rule.begun && !takesRule) {
      throw new IptablesError(`a rule does not go with "${command.kind}"`);
    }
    return {
      family: this.#family,
      table: this.#table,
      command,
      rules: takesRule ? this.#rule.rules(command.chain!) : [],
      style: this.#style,
      zeroAfter: this.#zeroAfter,
    };
  }

  #invert(): void {
    if (this.#inverted) {
      throw new IptablesError("multiple consecutive ! are not allowed");
    }
    this.#inverted = true;
  }

  #takeInverted(): boolean {
    const inverted = this.#inverted;
    this.#inverted = false;
    return inverted;
  }

  #cluster(word: string): void {
    for (const { letter, attached } of splitCluster(word)) {
      this.#core(letter, `-${letter}`, attached);
    }
  }

  #long(text: string): void {
    const equals = text.indexOf("=");
    const given = equals < 0 ? text : text.slice(0, equals);
    const attached = equals < 0 ? undefined : text.slice(equals + 1);
    const [name, owner] = this.#rule.resolve(given);
    if (owner !== undefined) {
      const inverted = this.#takeInverted();
      return this.#rule.option(owner, name, attached, inverted);
    }
    this.#core(coreLetter(name)!, `--${name}`, attached);
  }

  #core(letter: string, option: string, attached: string | undefined): void {
    if (this.#inverted && !INVERTIBLE.includes(letter)) {
      throw new IptablesError(`unexpected ! before ${option}`);
    }
    const follows = followsOf(letter);
    let value = attached;
    if (follows === 1) value ??= this.#words.need(option);
    if (follows === "maybe") value ??= this.#words.maybe();
    if (INVERTIBLE.includes(letter) && value === "!") {
      this.#invert();
      value = this.#words.need(option);
    }
    if (this.#setStyle(letter, value)) return;
    if (this.#setCommand(letter, option, value)) return;
    this.#rule.set(letter, value ?? "", this.#takeInverted());
  }

  /** Options that are no part of a rule. */
  #setStyle(letter: string, value: string | undefined): boolean {
    const style = this.#style;
    switch (letter) {
      case "t":
        if (!isTable(value!)) {
          throw new IptablesError(
            `can't initialize iptables table \`${value}': Table does not exist`,
            3,
          );
        }
        this.#table = value!;
        return true;
      case "n":
        return style.numeric = true;
      case "v":
        return style.verbose = true;
      case "x":
        return style.exact = true;
      case "0":
        return style.lineNumbers = true;
      // Every change is one transaction of the kernel: there is no lock to wait for.
      case "w":
      case "W":
      case "M":
        return true;
      case "4":
      case "6":
        if (this.#family === Number(letter)) return true;
        throw new IptablesError(
          `the -${letter} option is not supported by this program`,
        );
      default:
        return false;
    }
  }

  #setCommand(
    letter: string,
    option: string,
    value: string | undefined,
  ): boolean {
    const command = this.#commandOf(letter, option, value);
    if (command === undefined) return false;
    const before = this.#command;
    if (before === undefined) {
      this.#command = command;
    } else if (command.kind === "zero" && isListing(before)) {
      this.#zeroAfter = true;
    } else if (isListing(command) && before.kind === "zero") {
      this.#command = command;
      this.#zeroAfter = true;
    } else {
      throw new IptablesError(`cannot use ${option} with another command`);
    }
    return true;
  }

  #commandOf(
    letter: string,
    option: string,
    value: string | undefined,
  ): Command | undefined {
    const words = this.#words;
    const chain = value ?? "";
    const every = value === undefined ? {} : { chain: value };
    switch (letter) {
      case "A":
        return { kind: "append", chain };
      case "C":
        return { kind: "check", chain };
      case "D": {
        const number = words.maybe();
        if (number === undefined) return { kind: "delete", chain };
        return { kind: "delete number", chain, number: ruleNumber(number) };
      }
      case "I":
        return {
          kind: "insert",
          chain,
          number: ruleNumber(words.maybe() ?? "1"),
        };
      case "R": {
        const number = ruleNumber(words.need(option));
        return { kind: "replace", chain, number };
      }
      case "N":
        checkChainName(chain);
        if (isTargetName(chain)) {
          throw new IptablesError("chain name may not clash with target name");
        }
        return { kind: "new chain", chain };
      case "E": {
        const to = words.need(option);
        checkChainName(to);
        return { kind: "rename chain", chain, to };
      }
      case "P":
        return { kind: "policy", chain, policy: policyOf(words.need(option)) };
      case "F":
        return { kind: "flush", ...every };
      case "X":
        return { kind: "delete chain", ...every };
      case "L":
      case "S":
      case "Z": {
        const kind = { L: "list", S: "list rules", Z: "zero" } as const;
        const number = value === undefined ? undefined : words.maybe();
        const which = number === undefined
          ? {}
          : { number: ruleNumber(number) };
        return { kind: kind[letter], ...every, ...which };
      }
      default:
        return undefined;
    }
  }
}

function isListing({ kind }: Command): boolean {
  return kind === "list" || kind === "list rules";
}

function ruleNumber(text: string): number {
  const number = numberOf(text, "rule number");
  if (number === 0) throw new IptablesError("invalid rule number `0'");
  return number;
}

function policyOf(text: string): "ACCEPT" | "DROP" {
  if (text === "ACCEPT" || text === "DROP") return text;
  throw new IptablesError(
    `bad policy name: "${text}" must be ACCEPT or DROP`,
    1,
  );
}
