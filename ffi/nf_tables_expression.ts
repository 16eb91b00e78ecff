/**
 * Expressions of nf_tables between data and netlink's bytes, and whether two
 * rules say the same.
 *
 * ```text
 * NFTA_RULE_EXPRESSIONS
 *   NFTA_LIST_ELEM
 *     NFTA_EXPR_NAME "cmp"
 *     NFTA_EXPR_DATA
 *       one attribute a field, as SCHEMAS in nf_tables_schema.ts has them
 * ```
 *
 * What is not known is kept as it came, so nothing is lost on the way through.
 *
 * Nothing here calls the kernel.
 *
 * @module
 */

import { textOf } from "./memory.ts";
import {
  attribute,
  attributesOf,
  type Bytes,
  decodeAttributes,
  nested,
  viewOf,
} from "./netlink_message.ts";
import { bigU32, bigU32Of, bigU64, bigU64Of } from "./nf_tables_bytes.ts";
import { nameAttribute } from "./nf_tables_bytes.ts";
import {
  type Expression,
  type Kinds,
  type Schema,
  SCHEMAS,
  type Unknown,
  type Verdict,
} from "./nf_tables_schema.ts";

const LIST_ELEMENT = 1;
const EXPRESSION_NAME = 1;
const EXPRESSION_DATA = 2;
const DATA_VALUE = 1;
const DATA_VERDICT = 2;
const VERDICT_CODE = 1;
const VERDICT_CHAIN = 2;

const VERDICTS = [
  ["drop", 0],
  ["accept", 1],
  ["queue", 3],
  ["continue", -1],
  ["break", -2],
  ["jump", -3],
  ["goto", -4],
  ["return", -5],
] as const;

/** The fields of any expression, for code that follows a schema. */
type Fields = Record<string, Kinds[keyof Kinds] | undefined>;

const schemas: Readonly<Record<string, Schema>> = SCHEMAS;

/** The attributes that are the elements of NFTA_RULE_EXPRESSIONS. */
export function encodeExpressions(
  expressions: readonly Expression[],
): Bytes[] {
  return expressions.map((expression) =>
    nested(
      LIST_ELEMENT,
      nameAttribute(EXPRESSION_NAME, kernelName(expression)),
      nested(EXPRESSION_DATA, ...fieldsOf(expression)),
    )
  );
}

/** The expressions in the payload of NFTA_RULE_EXPRESSIONS. */
export function decodeExpressions(payload: Uint8Array): Expression[] {
  return [...attributesOf(payload)].map(([, element]) => {
    const found = decodeAttributes(element);
    const name = textOf(found.get(EXPRESSION_NAME) ?? new Uint8Array());
    return decode(name, found.get(EXPRESSION_DATA) ?? new Uint8Array());
  });
}

/** Whether two rules do the same: what they have counted makes no difference. */
export function sameExpressions(
  one: readonly Expression[],
  other: readonly Expression[],
): boolean {
  return one.length === other.length &&
    one.every((expression, i) => sameExpression(expression, other[i]!));
}

function sameExpression(one: Expression, other: Expression): boolean {
  if (kernelName(one) !== kernelName(other)) return false;
  if (one.name === "counter") return true;
  return sameBytes(canonical(one), canonical(other));
}

/** The bytes without what the kernel adds on its own: numbers that are 0. */
function canonical(expression: Expression): Uint8Array {
  const given = expression as unknown as Fields;
  const meant = Object.entries(given).filter(([, value]) =>
    value !== 0 && value !== 0n
  );
  const fields = fieldsOf(Object.fromEntries(meant) as unknown as Expression);
  return nested(0, ...fields);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function kernelName(expression: Expression): string {
  return expression.name === "other" ? expression.called : expression.name;
}

function fieldsOf(expression: Expression): Bytes[] {
  const given = expression as unknown as Fields;
  const schema = schemas[expression.name] ?? {};
  const known = Object.entries(schema).flatMap(([type, [field, kind]]) => {
    const value = given[field];
    // The kernel itself dumps flags that are 0, and refuses them where an exthdr writes.
    if (field === "flags" && value === 0) return [];
    return value === undefined ? [] : [encode(Number(type), kind, value)];
  });
  const unknown = expression.unknown ?? [];
  return [...known, ...unknown.map((each) => attribute(...each))];
}

function decode(name: string, data: Uint8Array): Expression {
  const schema = schemas[name];
  const fields: Fields = {};
  const unknown: [number, Uint8Array][] = [];
  for (const [type, payload] of attributesOf(data)) {
    const known = schema?.[type];
    const value = known && read(known[1], payload);
    if (value === undefined) unknown.push([type, payload.slice()]);
    else fields[known![0]] = value;
  }
  const rest: { unknown?: Unknown } = unknown.length > 0 ? { unknown } : {};
  if (schema === undefined) return { name: "other", called: name, unknown };
  return { name, ...fields, ...rest } as unknown as Expression;
}

function encode(
  type: number,
  kind: keyof Kinds,
  value: Kinds[keyof Kinds],
): Bytes {
  switch (kind) {
    case "u8":
      return attribute(type, Uint8Array.of(value as number));
    case "u32":
      return attribute(type, bigU32(value as number));
    case "u64":
      return attribute(type, bigU64(value as bigint));
    case "text":
      return nameAttribute(type, value as string);
    case "bytes":
      return attribute(type, value as Uint8Array);
    case "data":
    case "outcome":
      return value instanceof Uint8Array
        ? nested(type, attribute(DATA_VALUE, value))
        : nested(type, encodeVerdict(value as Verdict));
  }
}

/** @returns undefined where the payload is not of that kind */
function read(
  kind: keyof Kinds,
  payload: Uint8Array,
): Kinds[keyof Kinds] | undefined {
  switch (kind) {
    case "u8":
      return payload[0];
    case "u32":
      return bigU32Of(payload);
    case "u64":
      return bigU64Of(payload);
    case "text":
      return textOf(payload);
    case "bytes":
      return payload.slice();
    case "data":
      return decodeAttributes(payload).get(DATA_VALUE)?.slice();
    case "outcome": {
      const found = decodeAttributes(payload);
      const verdict = found.get(DATA_VERDICT);
      return verdict === undefined
        ? found.get(DATA_VALUE)?.slice()
        : decodeVerdict(verdict);
    }
  }
}

function encodeVerdict({ verdict, chain }: Verdict): Bytes {
  const code = VERDICTS.find(([name]) => name === verdict)?.[1] ?? verdict;
  return nested(
    DATA_VERDICT,
    attribute(VERDICT_CODE, bigU32(code as number)),
    ...(chain === undefined ? [] : [nameAttribute(VERDICT_CHAIN, chain)]),
  );
}

function decodeVerdict(payload: Uint8Array): Verdict | undefined {
  const found = decodeAttributes(payload);
  const code = found.get(VERDICT_CODE);
  if (code === undefined || code.length < 4) return undefined;
  const number = viewOf(code).getInt32(0);
  const chain = found.get(VERDICT_CHAIN);
  return {
    verdict: VERDICTS.find(([, value]) => value === number)?.[0] ?? number,
    ...(chain === undefined ? {} : { chain: textOf(chain) }),
  };
}
