/**
 * The expressions that a rule of nf_tables is made of: which attributes each
 * has, and what they are (nf_tables.h, nf_tables_compat.h).
 *
 * ```text
 * iifname "wg0" drop    meta      { register 1, key iifname }     load
 *                       cmp       { source 1, op ==, value wg0 }  or leave the rule
 *                       immediate { register 0, value: drop }     the verdict
 * ```
 *
 * Registers 1 to 4 hold 16 bytes each, 8 to 23 the same in words of 4;
 * register 0 is the verdict. `register` is where an expression writes,
 * `source` where it reads.
 *
 * Nothing here calls the kernel.
 *
 * @module
 */

/** What a rule decides; `number` for one that has no name here. */
export interface Verdict {
  readonly verdict:
    | "drop"
    | "accept"
    | "queue"
    | "continue"
    | "break"
    | "jump"
    | "goto"
    | "return"
    | number;
  /** Where "jump" and "goto" lead. */
  readonly chain?: string;
}

/** How the payload of an attribute is read, and as what. */
export interface Kinds {
  u8: number;
  u32: number;
  u64: bigint;
  /** A name, without its NUL. */
  text: string;
  bytes: Uint8Array;
  /** Bytes in a nest of their own: what a register is compared or combined with. */
  data: Uint8Array;
  /** The same, or a verdict. */
  outcome: Uint8Array | Verdict;
}

/** Attributes of one expression, by number: their name and kind. */
export type Schema = Readonly<
  Record<number, readonly [name: string, kind: keyof Kinds]>
>;

/** The expressions whose attributes are known, by the kernel's names. */
export const SCHEMAS = {
  bitwise: {
    1: ["source", "u32"],
    2: ["register", "u32"],
    3: ["length", "u32"],
    4: ["mask", "data"],
    5: ["xor", "data"],
    6: ["op", "u32"],
    7: ["data", "data"],
  },
  byteorder: {
    1: ["source", "u32"],
    2: ["register", "u32"],
    3: ["op", "u32"],
    4: ["length", "u32"],
    5: ["size", "u32"],
  },
  cmp: { 1: ["source", "u32"], 2: ["op", "u32"], 3: ["value", "data"] },
  connlimit: { 1: ["count", "u32"], 2: ["flags", "u32"] },
  counter: { 1: ["bytes", "u64"], 2: ["packets", "u64"] },
  ct: {
    1: ["register", "u32"],
    2: ["key", "u32"],
    3: ["direction", "u8"],
    4: ["source", "u32"],
  },
  exthdr: {
    1: ["register", "u32"],
    2: ["type", "u8"],
    3: ["offset", "u32"],
    4: ["length", "u32"],
    5: ["flags", "u32"],
    6: ["op", "u32"],
    7: ["source", "u32"],
  },
  fib: { 1: ["register", "u32"], 2: ["result", "u32"], 3: ["flags", "u32"] },
  immediate: { 1: ["register", "u32"], 2: ["value", "outcome"] },
  limit: {
    1: ["rate", "u64"],
    2: ["unit", "u64"],
    3: ["burst", "u32"],
    4: ["type", "u32"],
    5: ["flags", "u32"],
  },
  log: {
    1: ["group", "u32"],
    2: ["prefix", "text"],
    3: ["length", "u32"],
    4: ["threshold", "u32"],
    5: ["level", "u32"],
    6: ["flags", "u32"],
  },
  lookup: {
    1: ["set", "text"],
    2: ["source", "u32"],
    3: ["register", "u32"],
    4: ["setId", "u32"],
    5: ["flags", "u32"],
  },
  masq: {
    1: ["flags", "u32"],
    2: ["portFrom", "u32"],
    3: ["portTo", "u32"],
  },
  match: {
    1: ["extension", "text"],
    2: ["revision", "u32"],
    3: ["info", "bytes"],
  },
  meta: { 1: ["register", "u32"], 2: ["key", "u32"], 3: ["source", "u32"] },
  nat: {
    1: ["type", "u32"],
    2: ["family", "u32"],
    3: ["addressFrom", "u32"],
    4: ["addressTo", "u32"],
    5: ["portFrom", "u32"],
    6: ["portTo", "u32"],
    7: ["flags", "u32"],
  },
  notrack: {},
  payload: {
    1: ["register", "u32"],
    2: ["base", "u32"],
    3: ["offset", "u32"],
    4: ["length", "u32"],
    5: ["source", "u32"],
    6: ["checksumType", "u32"],
    7: ["checksumOffset", "u32"],
    8: ["checksumFlags", "u32"],
  },
  range: {
    1: ["source", "u32"],
    2: ["op", "u32"],
    3: ["from", "data"],
    4: ["to", "data"],
  },
  redir: {
    1: ["portFrom", "u32"],
    2: ["portTo", "u32"],
    3: ["flags", "u32"],
  },
  reject: { 1: ["type", "u32"], 2: ["code", "u8"] },
  rt: { 1: ["register", "u32"], 2: ["key", "u32"] },
  target: {
    1: ["extension", "text"],
    2: ["revision", "u32"],
    3: ["info", "bytes"],
  },
} as const satisfies Record<string, Schema>;

/** Attributes that stand in no schema, as they are. */
export type Unknown = readonly (readonly [type: number, payload: Uint8Array])[];

type Fields<S extends Schema> = {
  readonly [A in keyof S & number as S[A][0]]?: Kinds[S[A][1]];
};

type Known = {
  [Name in keyof typeof SCHEMAS]:
    & { readonly name: Name; readonly unknown?: Unknown }
    & Fields<typeof SCHEMAS[Name]>;
};

/** An expression of the name, such as `ExpressionOf<"cmp">`. */
export type ExpressionOf<Name extends keyof Known> = Known[Name];

/** An expression that stands in no schema: its name in the kernel, and its attributes. */
export interface OtherExpression {
  readonly name: "other";
  readonly called: string;
  readonly unknown: Unknown;
}

/** One expression of a rule, as data; `name` tells which. */
export type Expression = Known[keyof Known] | OtherExpression;
