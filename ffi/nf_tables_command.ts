/**
 * The commands that make up a transaction of nf_tables, and the data that
 * dumps give back: tables, chains, rules.
 *
 * ```text
 * nlmsghdr · struct nfgenmsg { family u8, version u8 = 0, resource u16 BE } · attributes
 * ```
 *
 * Nothing here calls the kernel; nf_tables.ts does.
 *
 * @module
 */

import {
  attribute,
  type Bytes,
  nested,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "./netlink_message.ts";
import { bigU64, nameAttribute, numberAttribute } from "./nf_tables_bytes.ts";
import { encodeExpressions } from "./nf_tables_expression.ts";
import type { Expression } from "./nf_tables_schema.ts";

const FAMILIES = [
  ["inet", 1],
  ["ip", 2],
  ["arp", 3],
  ["netdev", 5],
  ["bridge", 7],
  ["ip6", 10],
] as const;

/** Whose packets a table sees, as nft names them. */
export type Family = typeof FAMILIES[number][0];

/** Types of messages: the subsystem in the upper byte. */
export const NFT = 10 << 8;
const NEWTABLE = NFT | 0;
const DELTABLE = NFT | 2;
const NEWCHAIN = NFT | 3;
const DELCHAIN = NFT | 5;
const NEWRULE = NFT | 6;
const DELRULE = NFT | 8;

const NLM_F_REPLACE = 0x100;
/** Of a deletion: not what is used. */
const NLM_F_NONREC = 0x100;
const NLM_F_APPEND = 0x800;

/** Attributes of the messages, by kind. */
export const TABLE = {
  name: 1,
  flags: 2,
  use: 3,
  handle: 4,
  userData: 6,
} as const;
export const CHAIN = {
  table: 1,
  handle: 2,
  name: 3,
  hook: 4,
  policy: 5,
  use: 6,
  type: 7,
  counters: 8,
  userData: 12,
} as const;
export const CHAIN_HOOK = { number: 1, priority: 2, device: 3 } as const;
export const RULE = {
  table: 1,
  chain: 2,
  handle: 3,
  expressions: 4,
  compat: 5,
  position: 6,
  userData: 7,
} as const;
const COMPAT = { protocol: 1, flags: 2 } as const;
const COMPAT_INVERTED = 2;
/** Attributes of NFTA_CHAIN_COUNTERS. */
export const COUNTERS = { bytes: 1, packets: 2 } as const;

/** What becomes of a packet that no rule of a base chain decides about. */
export const POLICIES = ["drop", "accept"] as const;

/** A table. */
export interface Table {
  readonly family: Family;
  readonly name: string;
  readonly handle: bigint;
  /** Bit 0: dormant. */
  readonly flags: number;
  /** How many chains, sets and objects it holds. */
  readonly use: number;
  /** What its maker noted; kernels before 5.10 keep none. */
  readonly userData?: Uint8Array;
}

/** How a chain hangs in the way of packets. */
export interface BaseChain {
  /** "filter", "nat" or "route". */
  readonly type: string;
  /** Such as HOOK.forward. */
  readonly hook: number;
  /** The lowest comes first. */
  readonly priority: number;
  /** "accept" unless told; a dump always tells it. */
  readonly policy?: typeof POLICIES[number];
  /** In the family netdev. */
  readonly device?: string;
}

/** A chain that is to be. */
export interface ChainSpec {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
  /** Absent in a chain that only others lead to. */
  readonly base?: BaseChain;
  /** What the policy has decided about; only base chains that were given one count. */
  readonly counters?: { readonly packets: bigint; readonly bytes: bigint };
  /** What its maker noted; kernels before 5.10 keep none. */
  readonly userData?: Uint8Array;
}

/** A chain that is there. */
export interface Chain extends ChainSpec {
  readonly handle: bigint;
  /** How many rules it has, and how many lead to it. */
  readonly use: number;
}

/** A rule that is to be. */
export interface RuleSpec {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly expressions: readonly Expression[];
  /** At most 256 bytes; see commentData(). */
  readonly userData?: Uint8Array;
  /** What `-p` says, for matches and targets of iptables that ask for it; never dumped. */
  readonly compat?: { readonly protocol: number; readonly inverted?: boolean };
}

/** A rule that is there. */
export interface Rule extends RuleSpec {
  readonly handle: bigint;
}

/** Where a rule goes: to the end or the head of its chain, or beside a rule of that handle. */
export type Position =
  | "append"
  | "insert"
  | { readonly after: bigint }
  | { readonly before: bigint };

/** One step of a transaction. */
export interface Command {
  /** What it is and about what, for the error: "NFT_MSG_NEWRULE ip filter FORWARD". */
  readonly call: string;
  readonly type: number;
  readonly flags: number;
  readonly parts: readonly Uint8Array[];
}

/** Makes a table; one that is there stays as it is, or fails with EEXIST if `exclusive`. */
export function addTable(
  family: Family,
  name: string,
  exclusive = false,
  userData?: Uint8Array,
): Command {
  const attributes = [
    nameAttribute(TABLE.name, name),
    ...(userData === undefined ? [] : [attribute(TABLE.userData, userData)]),
  ];
  const flags = creating(exclusive);
  return command("NEWTABLE", NEWTABLE, flags, [family, name], attributes);
}

/**
 * Deletes a table with all that is in it. ENOENT where there is none.
 *
 * @param unlessUsed EBUSY where there is anything in it
 */
export function deleteTable(
  family: Family,
  name: string,
  unlessUsed = false,
): Command {
  const attributes = [nameAttribute(TABLE.name, name)];
  const flags = unlessUsed ? NLM_F_NONREC : 0;
  return command("DELTABLE", DELTABLE, flags, [family, name], attributes);
}

/** Makes a chain, or gives one that is there another policy; EEXIST if `exclusive`. */
export function addChain(chain: ChainSpec, exclusive = false): Command {
  const { family, table, name, base, counters, userData } = chain;
  const place = [family, table, name] as const;
  return command("NEWCHAIN", NEWCHAIN, creating(exclusive), place, [
    nameAttribute(CHAIN.table, table),
    nameAttribute(CHAIN.name, name),
    ...(base === undefined ? [] : encodeBase(base)),
    ...(counters === undefined ? [] : [nested(
      CHAIN.counters,
      attribute(COUNTERS.bytes, bigU64(counters.bytes)),
      attribute(COUNTERS.packets, bigU64(counters.packets)),
    )]),
    ...(userData === undefined ? [] : [attribute(CHAIN.userData, userData)]),
  ]);
}

/**
 * Deletes a chain with its rules. EBUSY where others lead to it, ENOENT where there is none.
 *
 * @param unlessUsed EBUSY also where it has rules
 */
export function deleteChain(
  family: Family,
  table: string,
  name: string,
  unlessUsed = false,
): Command {
  const flags = unlessUsed ? NLM_F_NONREC : 0;
  return command("DELCHAIN", DELCHAIN, flags, [family, table, name], [
    nameAttribute(CHAIN.table, table),
    nameAttribute(CHAIN.name, name),
  ]);
}

/** Renames a chain, which is known by its handle. */
export function renameChain(
  { family, table, name, handle }: Chain,
  to: string,
): Command {
  return command("NEWCHAIN", NEWCHAIN, 0, [family, table, name], [
    nameAttribute(CHAIN.table, table),
    attribute(CHAIN.handle, bigU64(handle)),
    nameAttribute(CHAIN.name, to),
  ]);
}

/** Adds a rule; ENOENT where its table or chain is missing, or what an expression needs. */
export function addRule(
  rule: RuleSpec,
  position: Position = "append",
): Command {
  const after = position === "append" ||
    (typeof position === "object" && "after" in position);
  const flags = NLM_F_CREATE | (after ? NLM_F_APPEND : 0);
  const beside = typeof position === "string" ? [] : [attribute(
    RULE.position,
    bigU64("after" in position ? position.after : position.before),
  )];
  return ruleCommand("NEWRULE", NEWRULE, flags, rule, [
    ...beside,
    ...encodeRule(rule),
  ]);
}

/** Puts a rule in the place of the one of that handle. */
export function replaceRule(rule: RuleSpec, handle: bigint): Command {
  return ruleCommand("NEWRULE", NEWRULE, NLM_F_REPLACE, rule, [
    attribute(RULE.handle, bigU64(handle)),
    ...encodeRule(rule),
  ]);
}

/** Deletes a rule by its handle. ENOENT where it is gone. */
export function deleteRule(
  rule: Pick<Rule, "family" | "table" | "chain" | "handle">,
): Command {
  return ruleCommand("DELRULE", DELRULE, 0, rule, [
    attribute(RULE.handle, bigU64(rule.handle)),
  ]);
}

/** Deletes all rules of a chain. */
export function flushChain(
  family: Family,
  table: string,
  chain: string,
): Command {
  return ruleCommand("DELRULE", DELRULE, 0, { family, table, chain }, []);
}

/** struct nfgenmsg. */
export function head(family: Family | undefined, resource = 0): Bytes {
  const number = FAMILIES.find(([name]) => name === family)?.[1] ?? 0;
  return Uint8Array.of(number, 0, resource >> 8, resource & 0xff);
}

/** The family of a message; `undefined` for one that nft has no word for. */
export function familyOf(body: Uint8Array): Family | undefined {
  return FAMILIES.find(([, number]) => number === body[0])?.[0];
}

function creating(exclusive: boolean): number {
  return NLM_F_CREATE | (exclusive ? NLM_F_EXCL : 0);
}

function encodeBase(base: BaseChain): Bytes[] {
  const { type, hook, priority, policy = "accept", device } = base;
  return [
    nested(
      CHAIN.hook,
      numberAttribute(CHAIN_HOOK.number, hook),
      numberAttribute(CHAIN_HOOK.priority, priority),
      ...(device === undefined
        ? []
        : [nameAttribute(CHAIN_HOOK.device, device)]),
    ),
    numberAttribute(CHAIN.policy, POLICIES.indexOf(policy)),
    nameAttribute(CHAIN.type, type),
  ];
}

function encodeRule({ expressions, userData, compat }: RuleSpec): Bytes[] {
  const parts = [nested(RULE.expressions, ...encodeExpressions(expressions))];
  if (compat !== undefined) {
    const flags = compat.inverted ? COMPAT_INVERTED : 0;
    parts.push(nested(
      RULE.compat,
      numberAttribute(COMPAT.protocol, compat.protocol),
      numberAttribute(COMPAT.flags, flags),
    ));
  }
  if (userData !== undefined) parts.push(attribute(RULE.userData, userData));
  return parts;
}

function ruleCommand(
  name: string,
  type: number,
  flags: number,
  { family, table, chain }: Pick<RuleSpec, "family" | "table" | "chain">,
  attributes: readonly Uint8Array[],
): Command {
  return command(name, type, flags, [family, table, chain], [
    nameAttribute(RULE.table, table),
    nameAttribute(RULE.chain, chain),
    ...attributes,
  ]);
}

function command(
  name: string,
  type: number,
  flags: number,
  place: readonly [Family, ...string[]],
  attributes: readonly Uint8Array[],
): Command {
  const call = `NFT_MSG_${name} ${place.join(" ")}`;
  return { call, type, flags, parts: [head(place[0]), ...attributes] };
}
