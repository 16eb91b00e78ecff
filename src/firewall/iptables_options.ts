/**
 * The words of a command line as options, as getopt_long(3) takes them apart.
 *
 * ```text
 * -nvL INPUT        -n -v -L INPUT
 * -tnat             -t nat
 * --dport=53        --dport 53
 * --destination-p   --destination-port, if only that begins so
 * ```
 *
 * @module
 */

import { IptablesError } from "./iptables_rule.ts";

/** What follows an option: nothing, a word, or a word if it looks like one. */
type Follows = 0 | 1 | "maybe";

/** Letter · what follows · long names. */
export const CORE: readonly (readonly [
  letter: string,
  follows: Follows,
  ...names: string[],
])[] = [
  ["A", 1, "append"],
  ["C", 1, "check"],
  ["D", 1, "delete"],
  ["I", 1, "insert"],
  ["R", 1, "replace"],
  ["L", "maybe", "list"],
  ["S", "maybe", "list-rules"],
  ["F", "maybe", "flush"],
  ["Z", "maybe", "zero"],
  ["N", 1, "new-chain"],
  ["X", "maybe", "delete-chain"],
  ["E", 1, "rename-chain"],
  ["P", 1, "policy"],
  ["V", 0, "version"],
  ["h", "maybe", "help"],
  ["p", 1, "protocol"],
  ["s", 1, "source", "src"],
  ["d", 1, "destination", "dst"],
  ["j", 1, "jump"],
  ["g", 1, "goto"],
  ["i", 1, "in-interface"],
  ["o", 1, "out-interface"],
  ["f", 0, "fragments"],
  ["m", 1, "match"],
  ["t", 1, "table"],
  ["n", 0, "numeric"],
  ["v", 0, "verbose"],
  ["x", 0, "exact"],
  ["w", "maybe", "wait"],
  ["W", 1, "wait-interval"],
  ["M", 1, "modprobe"],
  ["c", 1, "set-counters"],
  ["0", 0, "line-numbers"],
  ["4", 0, "ipv4"],
  ["6", 0, "ipv6"],
];

/** Words that are taken one by one. */
export class WordStream {
  #at = 0;

  constructor(readonly words: readonly string[]) {}

  /** The next word; undefined at the end. */
  next(): string | undefined {
    return this.words[this.#at++];
  }

  /** The word behind an option. @throws IptablesError where there is none */
  need(option: string): string {
    const word = this.next();
    if (word === undefined) {
      throw new IptablesError(`option "${option}" needs a word behind it`);
    }
    return word;
  }

  /** The next word, if it is there and neither an option nor a "!". */
  maybe(): string | undefined {
    const word = this.words[this.#at];
    if (word === undefined || /^[-!]/.test(word)) return undefined;
    return this.next();
  }
}

/** A short option of a cluster, and the value that is attached to it. */
export interface ShortOption {
  readonly letter: string;
  readonly attached: string | undefined;
}

/** The options in `-nvL` or `-tnat`. @throws IptablesError at an unknown letter */
export function splitCluster(word: string): ShortOption[] {
  const found: ShortOption[] = [];
  for (let at = 1; at < word.length; at++) {
    const letter = word[at]!;
    const entry = CORE.find(([known]) => known === letter && known !== "0");
    if (entry === undefined) throw notUnderstood(`-${letter}`);
    const rest = word.slice(at + 1);
    if (entry[1] !== 0 && rest !== "") {
      found.push({ letter, attached: rest });
      return found;
    }
    found.push({ letter, attached: undefined });
  }
  return found;
}

/** The letter of a long name of the core; undefined where it is none of them. */
export function coreLetter(name: string): string | undefined {
  return CORE.find(([, , ...names]) => names.includes(name))?.[0];
}

/** What follows the option of that letter. */
export function followsOf(letter: string): Follows {
  return CORE.find(([known]) => known === letter)?.[1] ?? 0;
}

/**
 * The one name of `names` that is meant: it, or the only one that begins so.
 *
 * @returns undefined where there is none, or more than one
 */
export function completeName(
  name: string,
  names: readonly string[],
): string | undefined {
  if (names.includes(name)) return name;
  const found = new Set(names.filter((each) => each.startsWith(name)));
  return found.size === 1 ? [...found][0] : undefined;
}

/** The names of the core's long options. */
export const CORE_NAMES: readonly string[] = CORE.flatMap(
  ([, , ...names]) => names,
);

export function notUnderstood(option: string): IptablesError {
  return new IptablesError(`option ${option} is not understood`);
}
