/**
 * Writes `aead_kernels.as.ts`, the unrolled core of the WASM cipher in
 * AssemblyScript: ChaCha20 over 4 or 8 blocks at a time (RFC 8439 §2.3), alone
 * or with Poly1305 (§2.5) woven in, and Poly1305 by itself (aead_poly_words.ts,
 * aead_poly_vectors.ts). aead.as.ts calls it, .ci/assemble.ts puts the two
 * together, and aead_reference.ts is the same in few lines.
 *
 * A vector holds one word of the state for four blocks, so that a group of four
 * blocks is sixteen vectors: `x0` to `x15`. Two groups side by side, x and y,
 * are the shape that V8 turns into vectors of 256 bits.
 *
 * ```text
 *        block 0  1  2  3                  x5 │ y5
 *   x0    word 0  0  0  0   "expa"        ────┴──── one register of 256 bits
 *   x4..x11                  the key
 *   x12   counter  +1 +2 +3
 *   x13..x15                 the nonce
 * ```
 *
 * V8 looks for such pairs backwards from a sum of two vectors. So each last
 * vector of x is added to its y, for a sum of no other use; a value of both
 * groups is loaded once, since pairs do not reach across two checks of bounds;
 * and nothing is left to `@inline`, whose bodies are blocks of their own.
 *
 * @module
 */

import { eights } from "./aead_poly_vectors.ts";
import {
  absorb,
  POLY_BLOCK,
  POLY_SAVE,
  polyLoad,
  share,
} from "./aead_poly_words.ts";
import { pick, SCRATCH } from "./aead_scratch.ts";

/** The groups that a kernel works on at once. */
type Groups = readonly ["x"] | readonly ["x", "y"];

/** What becomes of 16 bytes of a block's key stream, `at` bytes from its start. */
type Put = (group: string, block: number, at: number, value: string) => string;

const COLUMNS = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
/** That one first for which the columns have been ready for the longest. */
const DIAGONALS = [[3, 4, 9, 14], [0, 5, 10, 15], [1, 6, 11, 12]]
  .concat([[2, 7, 8, 13]]);
const WORDS = Array.from({ length: 16 }, (_, i) => i);
const COUNTER = 12;

/**
 * The two builds. The paired one has the shape that V8 turns into 256 bits; the
 * plain one asks less of the engine, and is the faster one without that.
 */
export type Build = "paired" | "plain";

/** The text of `aead_kernels.as.ts`. */
export function kernels(build: Build): string {
  const eight = build === "paired"
    ? [0, 1, 2].map((rate) => kernel(["x", "y"], rate)).concat(kernelOfTwo())
    : [kernel(["x"], 1), TWICE];
  return [helpers(), kernel(["x"], 0), ...eight, absorb(), eights()].join("\n");
}

/** Eight blocks of the plain build: sixteen registers hold one group, not two. */
const TWICE = `
export function blocks8(first: usize, dx: usize, dy: usize, counter: u32): void {
  blocks4(first, dx, counter);
  blocks4(dy, dy, counter + 4);
}
export function blocks8WithPoly10(first: usize, dx: usize, dy: usize, counter: u32, message: usize, count: i32): void {
  blocks4WithPoly10(first, dx, counter, message, count);
  blocks4(dy, dy, counter + 4);
}
export function blocks8WithPoly20(first: usize, dx: usize, dy: usize, counter: u32, message: usize, count: i32): void {
  const half = count >> 1;
  blocks4WithPoly10(first, dx, counter, message, half);
  blocks4WithPoly10(dy, dy, counter + 4, message + (<usize>half << 4), count - half);
}
export function blocks4OfTwo(dx: usize, dy: usize): void {
  memory.fill(dx, 0, 256); memory.fill(dy, 0, 256);
  blocks4(dx, dx, 0);
  store<u32>(base, load<u32>(base, ${
  SCRATCH.state + 56
}) + load<u32>(base, ${SCRATCH.difference}), ${SCRATCH.state + 56});
  store<u32>(base, load<u32>(base, ${SCRATCH.state + 60}) + load<u32>(base, ${
  SCRATCH.difference + 4
}), ${SCRATCH.state + 60});
  blocks4(dy, dy, 0);
}
`;

/**
 * `blocks4` and `blocks8` XOR the key stream into the 256 bytes at `dx`, and at
 * `dy`, that of the first block into what is at `first` instead. With `rate`
 * Poly1305 blocks to a double round, or up to twice as many, `…WithPoly10` or
 * `…WithPoly20`, which take `count` blocks at `message` along: as many as the
 * name says, and up to twice as many.
 */
function kernel(groups: Groups, rate: number): string {
  const name = `blocks${4 * groups.length}${
    rate > 0 ? `WithPoly${10 * rate}` : ""
  }`;
  const parameters = [
    "first: usize",
    ...groups.map((g) => `d${g}: usize`),
    "counter: u32",
    ...(rate > 0 ? ["message: usize, count: i32"] : []),
  ];
  const counters = groups.map((_, number) => {
    const lanes = [0, 1, 2, 3].map((i) => 4 * number + i).join(", ");
    return `i32x4.add(i32x4.splat(counter), i32x4(${lanes}))`;
  });
  const start = (i: number, number: number) =>
    i === COUNTER ? counters[number]! : `w${i}`;
  return body(name, parameters, groups, start, xorInto, rate);
}

/** `blocks4OfTwo`: the first four blocks of two packets under one key, their key streams stored at `dx` and `dy`. */
function kernelOfTwo(): string {
  const start = (i: number, number: number) => {
    if (i === COUNTER) return "i32x4(0, 1, 2, 3)";
    if (i < 14) return `w${i}`;
    // Masked, since V8 pairs no loads from two places.
    return `i32x4.add(w${i}, v128.and(more${i}, ${
      number === 0 ? "i32x4(0, 0, 0, 0)" : "i32x4(-1, -1, -1, -1)"
    }))`;
  };
  const more = [14, 15].map((i) =>
    `  const more${i} = v128.load32_splat(base, ${
      SCRATCH.difference + 4 * (i - 14)
    });`
  ).join("\n");
  const parameters = ["dx: usize", "dy: usize"];
  return body("blocks4OfTwo", parameters, ["x", "y"], start, storeAt, 0, more);
}

/** §2.3: twenty rounds, and the sum with the initial state. `start` is a word of that, for a group by its number. */
function body(
  name: string,
  parameters: string[],
  groups: Groups,
  start: (word: number, number: number) => string,
  put: Put,
  rate: number,
  more = "",
): string {
  const abreast = rate > 0 ? 1 : 2;
  const always = POLY_BLOCK.repeat(rate);
  const extra = Array.from(
    { length: rate },
    (_, i) => `if (i < more${i}) { ${POLY_BLOCK} }`,
  );
  const each = (line: (vector: string, start: string) => string) =>
    WORDS.flatMap((i) => groups.map((g, k) => line(g + i, start(i, k))))
      .join("\n");
  return `export function ${name}(${parameters.join(", ")}): void {
${WORDS.map((i) => `  const w${i} = ${word(i)};`).join("\n")}
${more}${rate > 0 ? `${polyLoad()}\n${share(rate)}` : ""}
${each((vector, start) => `  let ${vector} = ${start};`)}
  for (let i = 0; i < 10; i++) {
${round(groups, COLUMNS, abreast)}
${always}
${round(groups, DIAGONALS, abreast)}
${extra.join("\n")}
  }
${rate > 0 ? POLY_SAVE : ""}
${each((vector, start) => `  ${vector} = i32x4.add(${vector}, ${start});`)}
  let sum = i64x2.splat(0);
${[0, 4, 8, 12].map((row) => output(groups, row, put)).join("\n")}
  v128.store(base, sum, ${SCRATCH.pair});
}
`;
}

/**
 * §2.3.1: four quarter rounds, on the columns or on the diagonals, `abreast` of
 * them step by step beside one another: in two at a time no operation waits for
 * the one before, and Poly1305 fills the gap too.
 */
function round(groups: Groups, quads: number[][], abreast: 1 | 2): string {
  const beside = (group: string, quads: number[][]) => {
    const each = quads.map((quad) => quarterRound(group, quad));
    return [0, 1, 2, 3].flatMap((step) => each.map((steps) => steps[step]));
  };
  const turns = Array.from(
    { length: quads.length / abreast },
    (_, i) => quads.slice(abreast * i, abreast * (i + 1)),
  );
  return groups.flatMap((g) => turns.flatMap((turn) => beside(g, turn)))
    .join("\n");
}

type Names = [string, string, string, string];

/** §2.1 on the words `quad` of all blocks of a group, in its four steps. */
function quarterRound(group: string, quad: number[]): string[] {
  const [a, b, c, d] = quad.map((word) => group + word) as Names;
  const step = (sum: string, other: string, target: string, n: number) =>
    `    ${sum} = i32x4.add(${sum}, ${other}); ${target} = v128.xor(${target}, ${sum}); ${target} = ${
      rotated(target, n)
    };`;
  return [step(a, b, d, 16), step(c, d, b, 12), step(a, b, d, 8)]
    .concat(step(c, d, b, 7));
}

/** By shifts, and no shuffle of bytes: V8 pairs only them. */
const rotated = (x: string, n: number) =>
  `v128.or(i32x4.shl(${x}, ${n}), i32x4.shr_u(${x}, ${32 - n}))`;

const word = (i: number) => `v128.load32_splat(base, ${SCRATCH.state + 4 * i})`;

/** Words `row` to `row + 3` of all blocks: turned from vectors of words into 16 bytes of each block, and put to use. */
function output(groups: Groups, row: number, put: Put): string {
  const each = (line: (group: string) => string) =>
    groups.map((g) => "  " + line(g)).join("\n");
  const { low32, high32, low64, high64 } = pick;
  const turned = [low32, high32].flatMap((half, i) =>
    [0, 2].map((pair) =>
      each((g) => {
        const value = half(`${g}${row + pair}`, `${g}${row + pair + 1}`);
        return `const ${g}${row}t${2 * i + pair / 2} = ${value};`;
      })
    )
  );
  const blocks = [0, 1, 2, 3].flatMap((block) => {
    const value = (g: string) => `${g}${row}b${block}`;
    const t = (g: string, i: number) => `${g}${row}t${i + (block & 2)}`;
    const half = block % 2 === 0 ? low64 : high64;
    return [
      each((g) => `const ${value(g)} = ${half(t(g, 0), t(g, 1))};`),
      groups.length === 1
        ? ""
        : `  sum = v128.xor(sum, i32x4.add(${value("x")}, ${value("y")}));`,
      each((g) => put(g, block, 4 * row, value(g))),
    ];
  });
  return [...turned, ...blocks].join("\n");
}

/** XORs key stream into what is there; the first block's goes to `first`. */
function xorInto(group: string, block: number, at: number, value: string) {
  const data = group === "x" && block === 0 ? "first" : `d${group}`;
  const to = 64 * block + at;
  return `v128.store(${data}, v128.xor(v128.load(${data}, ${to}), ${value}), ${to});`;
}

function storeAt(group: string, block: number, at: number, value: string) {
  return `v128.store(d${group}, ${value}, ${64 * block + at});`;
}

function helpers(): string {
  return [
    `@external("env", "base") declare const base: usize;`,
    `const LOW: u64 = 0xffffffff;`,
    ...Object.entries(SCRATCH).map(([name, value]) =>
      `export const AT_${constantCase(name)}: usize = ${value};`
    ),
  ].join("\n") + "\n";
}

function constantCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
