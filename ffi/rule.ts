/**
 * Rules of policy routing by rtnetlink: what `ip rule` shows and sets.
 *
 * ```text
 * struct fib_rule_hdr, 12 bytes:
 *   0 family u8 · 1 destination length u8 · 2 source length u8 · 3 TOS u8
 *   4 table u8 · 5 0 u8 · 6 0 u8 · 7 action u8 · 8 flags u32
 * ```
 *
 * @module
 */

import { EAFNOSUPPORT, EOPNOTSUPP } from "./errno.ts";
import {
  attribute,
  decodeAttributes,
  NLM_F_CREATE,
  NLM_F_EXCL,
  u32Of,
  u32Payload,
  viewOf,
} from "./netlink_message.ts";
import { familiesOf, head, rtnetlink } from "./rtnetlink.ts";
import { AF_INET } from "./socket_address.ts";
import { SystemError } from "./system_error.ts";

const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTM_GETRULE = 34;

const HEAD_LENGTH = 12;
const FRA_PRIORITY = 6;
const FRA_FWMARK = 10;
const FRA_SUPPRESS_PREFIXLEN = 14;
const FRA_TABLE = 15;
const FRA_FWMASK = 16;

const ACTION_TO_TABLE = 1;
/** "not": the rule holds for what does not match. */
const FIB_RULE_INVERT = 2;
const TABLE_COMPAT = 252;
const NO_SUPPRESSION = 0xffffffff;
const WHOLE_MARK = 0xffffffff;
const NO_RULES = new Set([EOPNOTSUPP, EAFNOSUPPORT]);

/** `[not] [fwmark MARK] lookup TABLE [suppress_prefixlength LENGTH]`. */
export interface Rule {
  readonly family: 4 | 6;
  readonly table: number;
  /** The lowest comes first; the kernel chooses where it is absent. */
  readonly priority?: number;
  readonly mark?: number;
  /** Whether it holds for datagrams without the mark. */
  readonly invert?: boolean;
  /** Routes of this length and shorter are passed over. */
  readonly suppressPrefixLength?: number;
}

/** What is set for a family. */
export interface RuleList {
  /** Those that look up a table; what else they may select by (addresses, interfaces) is not told. */
  readonly rules: readonly Rule[];
  /**
   * The priority that the kernel gives to the next rule: one less than that of
   * the second rule, so that it comes right after the first.
   */
  readonly nextPriority: number;
}

/** The rules of a family; none where the kernel knows none. @throws {SystemError} of call "RTM_GETRULE" */
export function listRules(family: 4 | 6): RuleList {
  const bodies = dump(familiesOf(family)[0]!);
  const priorities = bodies.map((body) => decode(body).priority ?? 0)
    .sort((a, b) => a - b);
  return {
    rules: bodies.filter((body) => body[7] === ACTION_TO_TABLE).map(decode),
    nextPriority: Math.max((priorities[1] ?? 0) - 1, 0),
  };
}

/** The rules of a family, or both, that look up a table. @throws {SystemError} of call "RTM_GETRULE" */
export function rules(family?: 4 | 6): readonly Rule[] {
  const families = family === undefined ? [4, 6] as const : [family];
  return families.flatMap((one) => listRules(one).rules);
}

/** Adds a rule, as `ip rule add`. @throws {SystemError} of call "RTM_NEWRULE": EEXIST */
export function addRule(rule: Rule): void {
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  rtnetlink().change("RTM_NEWRULE", RTM_NEWRULE, flags, ...encode(rule));
}

/** Deletes the first rule that is like `rule`. @throws {SystemError} of call "RTM_DELRULE": ENOENT */
export function deleteRule(rule: Rule): void {
  rtnetlink().change("RTM_DELRULE", RTM_DELRULE, 0, ...encode(rule));
}

function dump(family: number): Uint8Array[] {
  const [request] = head(HEAD_LENGTH);
  request[0] = family;
  try {
    return rtnetlink().dump("RTM_GETRULE", RTM_GETRULE, request)
      .filter((body) => body[0] === family);
  } catch (error) {
    // A kernel without IPv6, or without policy routing.
    if (error instanceof SystemError && NO_RULES.has(error.errno)) return [];
    throw error;
  }
}

function encode(rule: Rule): Uint8Array[] {
  const [request, view] = head(HEAD_LENGTH);
  request[0] = familiesOf(rule.family)[0]!;
  request[4] = rule.table > 255 ? TABLE_COMPAT : rule.table;
  request[7] = ACTION_TO_TABLE;
  view.setUint32(8, rule.invert ? FIB_RULE_INVERT : 0, true);
  const parts: Uint8Array[] = [request];
  const add = (type: number, value: number | undefined) => {
    if (value !== undefined) parts.push(attribute(type, u32Payload(value)));
  };
  add(FRA_TABLE, rule.table);
  add(FRA_PRIORITY, rule.priority);
  add(FRA_FWMARK, rule.mark);
  if (rule.mark !== undefined) add(FRA_FWMASK, WHOLE_MARK);
  add(FRA_SUPPRESS_PREFIXLEN, rule.suppressPrefixLength);
  return parts;
}

function decode(body: Uint8Array): Rule {
  const found = decodeAttributes(body.subarray(HEAD_LENGTH));
  const mark = u32Of(found.get(FRA_FWMARK)) ?? 0;
  const suppressed = u32Of(found.get(FRA_SUPPRESS_PREFIXLEN));
  const invert = (viewOf(body).getUint32(8, true) & FIB_RULE_INVERT) !== 0;
  return {
    family: body[0] === AF_INET ? 4 : 6,
    table: u32Of(found.get(FRA_TABLE)) ?? body[4]!,
    priority: u32Of(found.get(FRA_PRIORITY)) ?? 0,
    ...(mark === 0 ? {} : { mark }),
    ...(invert ? { invert } : {}),
    ...(suppressed === undefined || suppressed === NO_SUPPRESSION
      ? {}
      : { suppressPrefixLength: suppressed }),
  };
}
