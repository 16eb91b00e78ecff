/**
 * What a match or a target of iptables is to Caktus: its options as words, and
 * the struct that the kernel's xt module takes.
 *
 * ```text
 * --ctstate NEW  ── encode ──▶  info  ── words ──▶  --ctstate NEW
 * ```
 *
 * @module
 */

import { type Family, IptablesError, type Lookups } from "./iptables_rule.ts";
import type { Struct } from "./iptables_struct.ts";

/** An option as it stands on a command line. */
export interface Option {
  /** Without "--". */
  readonly name: string;
  readonly values: readonly string[];
  readonly inverted: boolean;
}

/** What the options of a match or target depend on. */
export interface Context {
  readonly family: Family;
  /** Of `-p`; 0 where there is none, or it is inverted. */
  readonly protocol: number;
  readonly lookups: Lookups;
}

/** One match or target. */
export interface Extension {
  /** As -m or -j has it. */
  readonly name: string;
  /** As the kernel has it, where it differs. */
  readonly module?: string;
  /** Of the struct. */
  readonly revision: number;
  /** Where not both. */
  readonly family?: Family;
  /** Options, without "--", and how many words follow each. */
  readonly options: Readonly<Record<string, number>>;
  /** @throws IptablesError */
  encode(options: readonly Option[], context: Context): Uint8Array;
  /** The options as iptables lists them. */
  words(info: Struct, family: Family): string[];
  /** The name as it is listed, where the struct tells it. */
  listedName?(info: Struct): string;
}

/** `[!] --option value`. */
export function word(
  inverted: boolean,
  option: string,
  ...values: string[]
): string[] {
  return [...inverted ? ["!"] : [], `--${option}`, ...values];
}

/** The one value of an option. */
export function valueOf({ values }: Option): string {
  return values[0] ?? "";
}

/** @throws IptablesError where none of the options is given */
export function needOption(
  options: readonly Option[],
  extension: string,
  ...names: string[]
): void {
  if (options.length > 0) return;
  const wanted = names.map((name) => `"--${name}"`).join(" or ");
  throw new IptablesError(`${extension}: option ${wanted} must be specified`);
}

/** The bits of a list of names. @throws IptablesError */
export function bitsOf(
  text: string,
  names: Readonly<Record<string, number>>,
  what: string,
): number {
  let bits = 0;
  for (const name of text.split(",")) {
    const bit = names[name.toUpperCase()];
    if (bit === undefined) throw new IptablesError(`${what}: bad "${name}"`);
    bits |= bit;
  }
  return bits;
}

/** The names of all bits that are set, in the table's order. */
export function namesOf(
  bits: number,
  names: Readonly<Record<string, number>>,
): string {
  return Object.entries(names).filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name).join(",");
}
