/**
 * Poly1305 (RFC 8439 §2.5) in vectors of doubles, eight blocks a turn:
 *
 * ```text
 *   turn      h = h × r⁸ + a × r⁴ + b     a: blocks 0 to 3, b: blocks 4 to 7
 *   at last   h0 × r⁴ + h1 × r³ + h2 × r² + h3 × r
 *
 *   limb k, worth 2^22k, of   h0   h1 │ h2   h3
 *   is a double of              x     │    y      as in aead_kernels.ts
 * ```
 *
 * A number is six limbs, so that products are below 2^49 and a sum of all that
 * go into one limb is below 2^51: doubles hold them exactly, whether the
 * processor multiplies and adds in one step or two. They do it in a third of
 * the instructions that words need, and leave the integer multiplier alone, of
 * which there is one. What passes 2^132 comes back 20-fold, 2^132 being 20 modulo
 * 2^130 − 5: so a factor is r0 to r5 and s1 to s5, 20 times those.
 *
 * After a turn carries are taken, to the nearest, so that limbs are below 2^21
 * and a little, and limb 5, carried at 2^130 as RFC 8439 has it, below 2^19.
 *
 * @module
 */

import { pick, POWER_LENGTH, SCRATCH } from "./aead_scratch.ts";

const LIMBS = [0, 1, 2, 3, 4, 5];
const FACTOR = ["r0", "r1", "r2", "r3", "r4", "r5"]
  .concat("s1", "s2", "s3", "s4", "s5");
/** Where the power 2^n of r is, with the one below beside it. */
const power = (n: number) => SCRATCH.powers + n * POWER_LENGTH;

/** Both halves of a pair, or the one vector of what is no pair. */
type Lanes = readonly ["x", "y"] | readonly [""];
const PAIR = ["x", "y"] as const, SINGLE = [""] as const;

/**
 * Doubles and masks, in memory: a constant V8 would put together anew, in seven
 * instructions, wherever it is used.
 */
const CONSTANTS = {
  ZERO: double(0),
  /** Or-ed to an integer below 2^52 it makes it the double 2^52 larger. */
  EXPONENT: double(2 ** 52),
  /** The same with the 1 that each block of 16 bytes has at 2^128, 2^18 in limb 5. */
  TOP: double(2 ** 52 + 2 ** 18),
  /** 22 bits of each word. */
  MASK: "0x003fffff003fffff",
  /** Added, it leaves no room for a fraction. */
  ROUND: double(1.5 * 2 ** 52),
  UP: double(2 ** 22),
  DOWN: double(2 ** -22),
  UP5: double(2 ** 20),
  DOWN5: double(2 ** -20),
  FIVE: double(5),
  TWENTY: double(20),
};

function double(value: number): string {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0]!;
  return `0x${bits.toString(16)}`;
}

const constants = (...names: (keyof typeof CONSTANTS)[]) =>
  names.map((name) => {
    const at = 8 * Object.keys(CONSTANTS).indexOf(name);
    return `  const ${name} = v128.load64_splat(CONSTANTS, ${at});`;
  }).join("\n");
const CARRYING = constants("ROUND", "UP", "DOWN", "UP5", "DOWN5", "FIVE");

const each = (line: (lane: string) => string, lanes: Lanes = PAIR) =>
  lanes.map((lane) => `    ${line(lane)}`).join("\n");
const eachLimb = (line: (limb: number) => string) => LIMBS.map(line).join("\n");

/** `polyEights`, the sum over `count` blocks, a multiple of eight; `polySquare`, the next power of r. */
export function eights(): string {
  const table = Object.values(CONSTANTS).join(", ");
  return `const CONSTANTS = memory.data<u64>([${table}]);
export function polyEights(message: usize, count: i32): void {
${constants("ZERO", "EXPONENT", "TOP", "MASK")}
${CARRYING}
${splats("four", power(2))}
${splats("eight", power(3))}
${eachLimb((k) => each((g) => `let h${g}${k} = ZERO;`))}
  for (; count > 0; count -= 8) {
${messageLimbs("b", 64)}
${messageLimbs("a", 0)}
${multiplyAdd("b", "a", (factor) => `four_${factor}`)}
${multiplyAdd("b", "h", (factor) => `eight_${factor}`)}
${carry("b")}
${eachLimb((k) => each((g) => `h${g}${k} = b${g}${k};`))}
    message += 128;
  }
${fold()}
}
export function polySquare(from: usize): void {
${constants("ZERO", "TWENTY")}
${CARRYING}
${eachLimb((k) => `  const h${k} = v128.load(from, ${16 * k});`)}
${
    FACTOR.map((name, i) =>
      `  const one_${name} = v128.load64_splat(from, ${16 * i});`
    ).join("\n")
  }
${eachLimb((k) => `  let e${k} = ZERO;`)}
${multiplyAdd("e", "h", (factor) => `one_${factor}`, SINGLE)}
${carry("e", SINGLE)}
${eachLimb((k) => `  v128.store(from, e${k}, ${POWER_LENGTH + 16 * k});`)}
${
    LIMBS.slice(1).map((k) =>
      `  v128.store(from, f64x2.mul(e${k}, TWENTY), ${
        POWER_LENGTH + 16 * (5 + k)
      });`
    ).join("\n")
  }
}
`;
}

/** A power of r as a factor of all lanes. */
function splats(name: string, at: number): string {
  return FACTOR.map((factor, i) =>
    `  const ${name}_${factor} = v128.load64_splat(base, ${at + 16 * i});`
  ).join("\n");
}

/** sum += left × factor: for each word of the factor, what it adds to each limb. */
function multiplyAdd(
  sum: string,
  left: string,
  factor: (name: string) => string,
  lanes: Lanes = PAIR,
): string {
  return FACTOR.flatMap((name) => {
    const j = Number(name[1]);
    return LIMBS.filter((k) => (k < j) === name.startsWith("s")).map((k) =>
      each((g) => {
        const to = `${sum}${g}${k}`, from = `${left}${g}${(k - j + 6) % 6}`;
        return `${to} = f64x2.relaxed_madd(${from}, ${factor(name)}, ${to});`;
      }, lanes)
    );
  }).join("\n");
}

/** Carries in two chains, 0 to 3 and 3 to 0, and once more from the last of each. */
function carry(sum: string, lanes: Lanes = PAIR): string {
  const step = (k: number, number: number) =>
    each((g) => {
      const [from, to] = [`${sum}${g}${k}`, `${sum}${g}${(k + 1) % 6}`];
      const over = `over${number}${g}`, at = k === 5 ? 5 : "";
      const more = k === 5
        ? `f64x2.relaxed_madd(${over}, FIVE, ${to})`
        : `f64x2.add(${to}, ${over})`;
      return `const ${over} = f64x2.sub(f64x2.relaxed_madd(${from}, DOWN${at}, ROUND), ROUND);
    ${from} = f64x2.relaxed_nmadd(${over}, UP${at}, ${from}); ${to} = ${more};`;
    }, lanes);
  return [0, 3, 1, 4, 2, 5, 3, 0].map(step).join("\n");
}

/**
 * The limbs of four blocks at `message` + `at`. Words are turned and cut in one
 * vector, since V8 pairs no loads of two places, and made doubles as a pair.
 */
function messageLimbs(name: string, at: number): string {
  const block = (i: number) => `${name}Block${i}`;
  const half = (i: number) => `${name}Half${i}`;
  const words = [0, 1, 2, 3].map((i) => `${name}Word${i}`);
  const [w0, w1, w2, w3] = words as [string, string, string, string];
  const right = (word: string, n: number) => `i32x4.shr_u(${word}, ${n})`;
  const cut = (low: string, high?: string) =>
    `v128.and(${high === undefined ? low : `v128.or(${low}, ${high})`}, MASK)`;
  const left = (word: string, n: number) => `i32x4.shl(${word}, ${n})`;
  const limbs = [
    cut(w0),
    cut(right(w0, 22), left(w1, 10)),
    cut(right(w1, 12), left(w2, 20)),
    cut(right(w2, 2)),
    cut(right(w2, 24), left(w3, 8)),
    right(w3, 14),
  ];
  const value = (vector: string, is: string) => `    const ${vector} = ${is};`;
  return [
    ...[0, 1, 2, 3].map((i) =>
      value(block(i), `v128.load(message, ${at + 16 * i})`)
    ),
    ...[pick.low32, pick.high32].flatMap((turn, i) => [
      value(half(2 * i), turn(block(0), block(1))),
      value(half(2 * i + 1), turn(block(2), block(3))),
    ]),
    ...words.map((word, i) => {
      const turn = i % 2 === 0 ? pick.low64 : pick.high64, pair = i & 2;
      return value(word, turn(half(pair), half(pair + 1)));
    }),
    ...limbs.map((limb, k) =>
      value(`${name}Limb${k}`, limb) + "\n" + each((g) => {
        const wide = g === "x" ? "extend_low" : "extend_high";
        const bits = `i64x2.${wide}_i32x4_u(${name}Limb${k})`;
        return `let ${name}${g}${k} = f64x2.sub(v128.or(${bits}, ${
          k === 5 ? "TOP" : "EXPONENT"
        }), EXPONENT);`;
      })
    ),
  ].join("\n");
}

/** The last step, to two lanes. Its h is a copy by an addition, so that V8 splits the pairs once, here, and not each turn. */
function fold(): string {
  const shown = LIMBS.map((k) => `i64x2.add(lastx${k}, lasty${k})`)
    .reduce((all, sum) => `v128.xor(${all}, ${sum})`);
  const at = (n: number) => (name: string) =>
    `v128.load(base, ${power(n) + 16 * FACTOR.indexOf(name)})`;
  return `
${
    eachLimb((k) =>
      each((g) => `const last${g}${k} = f64x2.add(h${g}${k}, ZERO);`)
    )
  }
  v128.store(base, ${shown}, ${SCRATCH.pair});
${eachLimb((k) => `  let e${k} = ZERO;`)}
${multiplyAdd("e", "lastx", at(2), SINGLE)}
${multiplyAdd("e", "lasty", at(1), SINGLE)}
${eachLimb((k) => `  v128.store(base, e${k}, ${SCRATCH.limbs + 16 * k});`)}`;
}
