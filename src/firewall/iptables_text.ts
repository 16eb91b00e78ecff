/**
 * A rule as iptables -S and iptables-save write it: words that read back as the same rule.
 *
 * ```text
 * -s, -d · -i, -o · -p · -f · matches · target
 * ```
 *
 * Two rules are equal for -C and -D if they are the same words.
 *
 * @module
 */

import { word } from "./iptables_extension.ts";
import { moduleOfMatch, moduleOfTarget } from "./iptables_modules.ts";
import { protocolName } from "./iptables_names.ts";
import type { Family, Negatable, Part, Rule } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import { formatNetwork, quoted } from "./iptables_values.ts";

const VERDICTS = { accept: "ACCEPT", drop: "DROP", return: "RETURN" };

/** The words of a rule behind `-A CHAIN`. */
export function ruleWords(rule: Rule, family: Family): string[] {
  return [
    ...short("-s", rule.source, formatNetwork),
    ...short("-d", rule.destination, formatNetwork),
    ...short("-i", rule.input, (name) => name),
    ...short("-o", rule.output, (name) => name),
    ...short("-p", rule.protocol, protocolName),
    ...rule.fragment === undefined
      ? []
      : [...rule.fragment.inverted ? ["!"] : [], "-f"],
    ...rule.matches.flatMap((part) => matchWords(part, family)),
    ...rule.note === undefined
      ? []
      : ["-m", "comment", "--comment", quoted(rule.note)],
    ...targetWords(rule, family),
  ];
}

/** The words of a match's options, without its name. */
export function matchOptions(part: Part, family: Family): string[] {
  const module = moduleOfMatch(part, family);
  return module?.words(new Struct(part.info), family) ?? unknown(part);
}

/** The words of a target's options, without its name. */
export function targetOptions(part: Part, family: Family): string[] {
  const module = moduleOfTarget(part, family);
  return module?.words(new Struct(part.info), family) ?? unknown(part);
}

/** What a rule jumps to; "" where it has no target. */
export function targetName({ verdict, target }: Rule, family: Family): string {
  if (target !== undefined) {
    const module = moduleOfTarget(target, family);
    return module?.listedName?.(new Struct(target.info)) ?? target.name;
  }
  if (verdict === undefined) return "";
  return "chain" in verdict ? verdict.chain : VERDICTS[verdict.kind];
}

function matchWords(part: Part, family: Family): string[] {
  const module = moduleOfMatch(part, family);
  const name = module?.listedName?.(new Struct(part.info)) ?? part.name;
  return ["-m", name, ...matchOptions(part, family)];
}

function targetWords(rule: Rule, family: Family): string[] {
  const name = targetName(rule, family);
  if (name === "") return [];
  const option = rule.verdict?.kind === "goto" ? "-g" : "-j";
  const { target } = rule;
  const options = target === undefined ? [] : targetOptions(target, family);
  return [option, name, ...options];
}

function short<T>(
  option: string,
  given: Negatable<T> | undefined,
  text: (value: T) => string,
): string[] {
  if (given === undefined) return [];
  return word(given.inverted, "", text(given.value)).map((each) =>
    each === "--" ? option : each
  );
}

/** A module that is not understood shows its bytes, so that two rules differ where it does. */
function unknown({ revision, info }: Part): string[] {
  const bytes = Array.from(info, (byte) => byte.toString(16).padStart(2, "0"));
  return [`[revision ${revision}: ${bytes.join("")}]`];
}
