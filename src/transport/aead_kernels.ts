/**
 * Writes `aead_kernels.as.ts`, the unrolled core of the WASM cipher in
 * AssemblyScript: ChaCha20 over 4 or 8 blocks at a time (RFC 8439 §2.3), alone
 * or with Poly1305 (§2.5) woven in. aead.as.ts calls it, .ci/assemble.ts puts
 * the two together, and aead_reference.ts is the same in few lines.
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
 * @module
 */

/** The groups that a kernel works on at once. */
type Groups = readonly ["x"] | readonly ["x", "y"];

/** What becomes of a group's key stream: the values of `mx` and `my`. */
export const OUTPUT = { store: 0, xor: 1, first: 2 } as const;

/** Places in the cipher's scratch, in bytes from `base`. */
export const SCRATCH = {
  /** The initial state of ChaCha20 (§2.3): 16 words. */
  state: 0,
  /** The Poly1305 key of the next packet (§2.6): r and s. */
  oneTimeKey: 64,
  /** Poly1305: h0..h4, r0..r3, s1..s3, s in two words, the tag; 8 bytes each. */
  poly: 96,
  pair: 224,
  keystream: 256,
  headA: 768,
  headB: 1280,
  headC: 1792,
  /** What is to be added to the counter of the first of two packets for the second's: low word, high word. */
  difference: 2304,
  end: 2368,
} as const;

const COLUMNS = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
const DIAGONALS = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [
  3,
  4,
  9,
  14,
]];
const WORDS = Array.from({ length: 16 }, (_, i) => i);
const COUNTER = 12;

/**
 * The two builds. The paired one has the shape that V8 turns into 256 bits; the
 * plain one asks less of the engine, and is the faster one without that.
 */
export type Build = "paired" | "plain";

/** The text of `aead_kernels.as.ts`. */
export function kernels(build: Build): string {
  return [
    helpers(),
    kernel(["x"], 0),
    kernel(["x"], 1),
    ...(build === "paired"
      ? [
        kernel(["x", "y"], 0),
        kernel(["x", "y"], 1),
        kernel(["x", "y"], 2),
        kernelOfTwo(),
      ]
      : [TWICE]),
    absorb(),
  ].join("\n");
}

/** Eight blocks of the plain build: sixteen registers hold one group, not two. */
const TWICE = `
export function blocks8(mx: i32, dx: usize, my: i32, dy: usize, counter: u32): void {
  blocks4(mx, dx, counter);
  blocks4(my, dy, counter + 4);
}
export function blocks8WithPoly10(mx: i32, dx: usize, my: i32, dy: usize, counter: u32, message: usize, count: i32): void {
  blocks4WithPoly10(mx, dx, counter, message, count);
  blocks4(my, dy, counter + 4);
}
export function blocks8WithPoly20(mx: i32, dx: usize, my: i32, dy: usize, counter: u32, message: usize, count: i32): void {
  const half = count >> 1;
  blocks4WithPoly10(mx, dx, counter, message, half);
  blocks4WithPoly10(my, dy, counter + 4, message + (<usize>half << 4), count - half);
}
export function blocks4OfTwo(dx: usize, dy: usize): void {
  blocks4(STORE, dx, 0);
  store<u32>(base, load<u32>(base, ${
  SCRATCH.state + 56
}) + load<u32>(base, ${SCRATCH.difference}), ${SCRATCH.state + 56});
  store<u32>(base, load<u32>(base, ${SCRATCH.state + 60}) + load<u32>(base, ${
  SCRATCH.difference + 4
}), ${SCRATCH.state + 60});
  blocks4(STORE, dy, 0);
}
`;

/** `blocks4OfTwo`: the first four blocks of two packets under one key, their key streams stored at `dx` and `dy`. */
function kernelOfTwo(): string {
  const groups = ["x", "y"] as const;
  // V8 pairs constants and equal loads, but no loads from two places: what differs is masked.
  const start = (i: number, number: number) => {
    if (i === COUNTER) return "i32x4(0, 1, 2, 3)";
    if (i < 14) return word(i);
    const more = `v128.load32_splat(base, ${
      SCRATCH.difference + 4 * (i - 14)
    })`;
    return `i32x4.add(${word(i)}, v128.and(${more}, i32x4.splat(${-number})))`;
  };
  const each = (line: (word: string, start: string) => string) =>
    WORDS.flatMap((i) => groups.map((g, k) => line(g + i, start(i, k))))
      .join("\n");
  const plain = (group: string) =>
    [0, 4, 8, 12].map((row) => transposed(group, row, OUTPUT.store)).join("\n");
  return `export function blocks4OfTwo(dx: usize, dy: usize): void {
  let t0: v128, t1: v128, t2: v128, t3: v128;
${each((word, start) => `  let ${word} = ${start};`)}
  for (let i = 0; i < 10; i++) {
${doubleRound(groups, 0)}
  }
${pairing(groups)}
${each((word, start) => `  ${word} = i32x4.add(${word}, ${start});`)}
${groups.map(plain).join("\n")}
}
`;
}

/**
 * `blocks4` and `blocks8`; with `rate` Poly1305 blocks to a double round, or up
 * to twice as many, `…WithPoly10` or `…WithPoly20`, which take `count` blocks at
 * `message` along: as many as the name says or more.
 */
function kernel(groups: Groups, rate: number): string {
  const withPoly = rate > 0;
  const name = `blocks${4 * groups.length}${
    withPoly ? `WithPoly${10 * rate}` : ""
  }`;
  const parameters = [
    ...groups.map((g) => `m${g}: i32, d${g}: usize`),
    "counter: u32",
    ...(withPoly ? ["message: usize, count: i32"] : []),
  ];
  return `export function ${name}(${parameters.join(", ")}): void {
  let t0: v128, t1: v128, t2: v128, t3: v128;
${groups.map(loadState).join("\n")}
${withPoly ? polyLoad() + share(rate) : ""}
  for (let i = 0; i < 10; i++) {
${doubleRound(groups, rate)}
  }
${withPoly ? POLY_SAVE : ""}
${pairing(groups)}
${groups.map(addState).join("\n")}
${groups.map(output).join("\n")}
}
`;
}

/** §2.3.1: four quarter rounds on the columns, then four on the diagonals. */
function doubleRound(groups: Groups, rate: number): string {
  const half = (quads: number[][]) =>
    groups.map((g) => quads.map((quad) => quarterRound(g, quad)).join("\n"))
      .join("\n");
  const [columns, diagonals] = [half(COLUMNS), half(DIAGONALS)];
  const always = Array.from({ length: rate }, () => POLY_BLOCK);
  const extra = always.map((block, i) => `if (i < more${i}) { ${block} }`);
  return [columns, ...always, diagonals, ...extra].join("\n");
}

/** §2.1 on the words `quad` of all blocks of a group. */
function quarterRound(group: string, quad: number[]): string {
  const [a, b, c, d] = quad.map((word) => group + word);
  return `    ${a} = i32x4.add(${a}, ${b}); ${d} = rotate(v128.xor(${d}, ${a}), 16);
    ${c} = i32x4.add(${c}, ${d}); ${b} = rotate(v128.xor(${b}, ${c}), 12);
    ${a} = i32x4.add(${a}, ${b}); ${d} = rotate(v128.xor(${d}, ${a}), 8);
    ${c} = i32x4.add(${c}, ${d}); ${b} = rotate(v128.xor(${b}, ${c}), 7);`;
}

const word = (i: number) => `v128.load32_splat(base, ${SCRATCH.state + 4 * i})`;

function loadState(group: string, number: number): string {
  const first = 4 * number;
  const lanes = [0, 1, 2, 3].map((i) => first + i).join(", ");
  return [
    `  const ${group}c = i32x4.add(i32x4.splat(counter), i32x4(${lanes}));`,
    ...WORDS.map((i) =>
      `  let ${group}${i} = ${i === COUNTER ? `${group}c` : word(i)};`
    ),
  ].join("\n");
}

/** §2.3: the initial state is added to what the rounds made of it. */
function addState(group: string): string {
  return WORDS.map((i) =>
    `  ${group}${i} = i32x4.add(${group}${i}, ${
      i === COUNTER ? `${group}c` : word(i)
    });`
  ).join("\n");
}

/** V8's revectorizer starts from this sum and finds that every x has its y. */
function pairing(groups: Groups): string {
  return groups.length === 1
    ? ""
    : `  v128.store(base, i32x4.add(x0, y0), ${SCRATCH.pair});`;
}

/** Turns the vectors of words into blocks, and does with them what `m…` says. */
function output(group: string): string {
  const modes = group === "x"
    ? [OUTPUT.xor, OUTPUT.first, OUTPUT.store]
    : [OUTPUT.xor, OUTPUT.store];
  const branches = modes.map((mode, i) =>
    (i < modes.length - 1 ? `if (m${group} == ${mode}) ` : "") +
    `{\n${
      [0, 4, 8, 12].map((row) => transposed(group, row, mode)).join("\n")
    }\n  }`
  );
  return "  " + branches.join(" else ");
}

/** Words `row` to `row + 3` of the four blocks, 16 bytes of each. */
function transposed(group: string, row: number, mode: number): string {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => `${group}${row + i}`);
  const lanes = ["low64(t0, t1)", "high64(t0, t1)", "low64(t2, t3)"]
    .concat("high64(t2, t3)");
  return `    t0 = low32(${a}, ${b}); t1 = low32(${c}, ${d}); t2 = high32(${a}, ${b}); t3 = high32(${c}, ${d});
` + lanes.map((value, block) =>
    "    " + put(`d${group}`, 64 * block + 4 * row, value, mode)
  ).join("\n");
}

/** Puts 16 bytes of key stream, `at` bytes from the group's start, to their use. */
function put(data: string, at: number, value: string, mode: number): string {
  if (mode === OUTPUT.store) return `v128.store(${data}, ${value}, ${at});`;
  // §2.6: of the first block, 32 bytes are Poly1305's key; data begins with the second.
  if (mode === OUTPUT.first && at < 64) {
    return at < 32
      ? `v128.store(base, ${value}, ${SCRATCH.oneTimeKey + at});`
      : "";
  }
  const to = mode === OUTPUT.first ? at - 64 : at;
  return `v128.store(${data}, v128.xor(v128.load(${data}, ${to}), ${value}), ${to});`;
}

/**
 * §2.5.1, h = (h + block) × r mod 2^130 − 5, in words of 32 bits. Since four
 * divides r1 to r3, s = r + r / 4 is 5 r / 4, and products past 2^128 come back
 * by it without a remainder.
 */
const POLY_MULTIPLY = `
      e0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
      e1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1;
      e2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2;
      e3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3;
      e1 += e0 >> 32; e2 += e1 >> 32; e3 += e2 >> 32; h4 = h4 * r0 + (e3 >> 32);
      h0 = low(e0) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = low(e1); h2 = low(e2); h3 = low(e3);`;
const POLY_BLOCK = `
      h0 += <u64>load<u32>(message); h1 += <u64>load<u32>(message, 4); h2 += <u64>load<u32>(message, 8); h3 += <u64>load<u32>(message, 12); h4 += 1;${POLY_MULTIPLY}
      message += 16;`;
const polyWord = (i: number) => SCRATCH.poly + 8 * i;
const POLY_SAVE = [0, 1, 2, 3, 4]
  .map((i) => `  store<u64>(base, h${i}, ${polyWord(i)});`).join("\n");

function polyLoad(): string {
  const load = (i: number) => `load<u64>(base, ${polyWord(i)})`;
  return [
    ...["h0", "h1", "h2", "h3", "h4"].map((h, i) => `  let ${h} = ${load(i)};`),
    ...["r0", "r1", "r2", "r3", "s1", "s2", "s3"].map((r, i) =>
      `  const ${r} = ${load(5 + i)};`
    ),
    "  let e0: u64, e1: u64, e2: u64, e3: u64;",
  ].join("\n");
}

/** Spreads what `count` has beyond `rate` in each of the ten double rounds over them; what is too much goes first. */
function share(rate: number): string {
  const more = Array.from(
    { length: rate },
    (_, i) =>
      `const more${i} = (count - ${10 * rate - (rate - 1 - i)}) / ${rate};`,
  );
  return `
  for (; count > ${20 * rate}; count--) { ${POLY_BLOCK} }
  ${more.join(" ")}`;
}

/** `polyBlocks`, Poly1305 alone; `polyLength` takes the AEAD's last block (§2.8): no additional data, `length` bytes of text. */
function absorb(): string {
  return `export function polyBlocks(message: usize, count: i32): void {
${polyLoad()}
  for (; count > 0; count--) { ${POLY_BLOCK} }
${POLY_SAVE}
}
export function polyLength(length: u64): void {
${polyLoad()}
  h2 += length; h4 += 1;${POLY_MULTIPLY}
${POLY_SAVE}
}
`;
}

function helpers(): string {
  const bytes = (words: number[]) =>
    words.flatMap((w) => [0, 1, 2, 3].map((i) => 4 * w + i)).join(",");
  const pick = (name: string, words: number[]) =>
    `@inline function ${name}(a: v128, b: v128): v128 { return i8x16.shuffle(a, b, ${
      bytes(words)
    }); }`;
  return [
    `@external("env", "base") declare const base: usize;`,
    ...Object.entries(OUTPUT).map(([name, value]) =>
      `export const ${name.toUpperCase()}: i32 = ${value};`
    ),
    ...Object.entries(SCRATCH).map(([name, value]) =>
      `export const AT_${constantCase(name)}: usize = ${value};`
    ),
    // Shifts, and no shuffle of bytes: V8 pairs only them.
    `@inline function rotate(x: v128, n: i32): v128 { return v128.or(i32x4.shl(x, n), i32x4.shr_u(x, 32 - n)); }`,
    `@inline function low(x: u64): u64 { return x & 0xffffffff; }`,
    pick("low32", [0, 4, 1, 5]),
    pick("high32", [2, 6, 3, 7]),
    pick("low64", [0, 1, 4, 5]),
    pick("high64", [2, 3, 6, 7]),
  ].join("\n") + "\n";
}

function constantCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
