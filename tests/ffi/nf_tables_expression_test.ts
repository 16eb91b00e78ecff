/**
 * Expressions of nf_tables between data and bytes, without a kernel.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import { attribute, join, nested } from "../../ffi/netlink_message.ts";
import {
  bitwise,
  counter,
  equals,
  hostNumber,
  meta,
  verdict,
} from "../../ffi/nf_tables_build.ts";
import {
  decodeExpressions,
  encodeExpressions,
  sameExpressions,
} from "../../ffi/nf_tables_expression.ts";
import {
  type Expression,
  type Schema,
  SCHEMAS,
} from "../../ffi/nf_tables_schema.ts";
import { commentData, commentOf } from "../../ffi/nf_tables_user_data.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const text = (value: string) => new TextEncoder().encode(value + "\0");

const data = fc.uint8Array({ maxLength: 16 });
const VALUES = {
  u8: fc.nat(255),
  u32: fc.nat(0xffffffff),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  text: fc.stringMatching(/^[ -~]{0,20}$/),
  bytes: fc.uint8Array({ maxLength: 40 }),
  data,
  outcome: fc.oneof(
    data,
    fc.constantFrom("drop", "accept", "return", "continue", 77, -9).map((
      verdict,
    ) => ({ verdict })),
    fc.constantFrom("jump", "goto").map((verdict) => ({
      verdict,
      chain: "NEXT",
    })),
  ),
};

/** Any expression that the table knows, with any of its fields. */
const known = fc.constantFrom(...Object.entries<Schema>(SCHEMAS)).chain((
  [name, schema],
) =>
  fc.record(
    Object.fromEntries(
      Object.values(schema).map((
        [field, kind],
      ) => [
        field,
        field === "flags" ? fc.integer({ min: 1, max: 99 }) : VALUES[kind],
      ]),
    ),
    { requiredKeys: [] },
  ).map((fields) => ({ name, ...fields } as unknown as Expression))
);

Deno.test("decodeExpressions() gives back what encodeExpressions() took", () => {
  fc.assert(
    fc.property(fc.array(known, { maxLength: 6 }), (expressions) => {
      const payload = join(encodeExpressions(expressions));
      deepStrictEqual(decodeExpressions(payload), expressions);
      ok(sameExpressions(decodeExpressions(payload), expressions));
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodeExpressions() keeps what it does not know, byte by byte", () => {
  const element = (name: string, ...attributes: Uint8Array[]) =>
    nested(1, attribute(1, text(name)), nested(2, ...attributes));
  const payload = join([
    element("future", attribute(3, bytes(1, 2, 3)), attribute(9, bytes())),
    element(
      "meta",
      attribute(1, bytes(0, 0, 0, 1)),
      attribute(77, bytes(5)),
      attribute(2, bytes(1)), // too short to be a number
    ),
    nested(1, attribute(1, text("notrack"))),
  ]);
  const expressions = decodeExpressions(payload);
  deepStrictEqual(expressions, [
    {
      name: "other",
      called: "future",
      unknown: [[3, bytes(1, 2, 3)], [9, bytes()]],
    },
    { name: "meta", register: 1, unknown: [[77, bytes(5)], [2, bytes(1)]] },
    { name: "notrack" },
  ]);
  const again = join(encodeExpressions(expressions));
  deepStrictEqual(decodeExpressions(again), expressions);
});

Deno.test("decodeExpressions() survives any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => {
      decodeExpressions(noise);
      decodeExpressions(nested(1, noise));
      decodeExpressions(
        nested(1, attribute(1, text("immediate")), nested(2, noise)),
      );
    }),
  );
});

Deno.test("sameExpressions() heeds everything but what was counted", () => {
  const rule: Expression[] = [
    meta(3),
    bitwise(bytes(255, 0, 0, 0)),
    equals(hostNumber(7)),
    counter(),
    verdict("jump", "A"),
  ];
  const change = (at: number, other: Expression) =>
    rule.map((each, i) => i === at ? other : each);
  ok(sameExpressions(rule, change(3, counter(9n, 900n))));
  // The kernel says of a bitwise that its operation is 0; who made it need not.
  ok(
    sameExpressions(
      rule,
      change(1, { ...bitwise(bytes(255, 0, 0, 0)), op: 0 }),
    ),
  );
  const different: [number, Expression][] = [
    [0, meta(4)],
    [1, bitwise(bytes(255, 255, 0, 0))],
    [2, equals(hostNumber(8))],
    [3, verdict("continue")],
    [4, verdict("jump", "B")],
    [4, verdict("goto", "A")],
  ];
  for (const [at, other] of different) {
    strictEqual(sameExpressions(rule, change(at, other)), false);
  }
  strictEqual(sameExpressions(rule, rule.slice(0, 4)), false);
  strictEqual(sameExpressions(rule.slice(0, 4), rule), false);
});

Deno.test("commentOf() finds the comment among other user data", () => {
  strictEqual(commentOf(commentData("caktus wg0")), "caktus wg0");
  deepStrictEqual(commentData("a"), bytes(0, 2, 97, 0));
  strictEqual(commentOf(bytes(1, 2, 9, 9, 0, 2, 97, 0)), "a");
  strictEqual(commentOf(bytes(1, 2, 9, 9)), undefined);
  strictEqual(commentOf(bytes(0)), undefined);
  strictEqual(commentOf(undefined), undefined);
  strictEqual(commentOf(commentData("x".repeat(254)))?.length, 254);
  throws(() => commentData("x".repeat(255)), RangeError);
});
