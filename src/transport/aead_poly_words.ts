/**
 * Poly1305 (RFC 8439 §2.5) in words of 32 bits: for few blocks, and woven into
 * ChaCha20's rounds, which leave the processor's integer units idle.
 *
 * @module
 */

import { SCRATCH } from "./aead_scratch.ts";

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
      h0 = (e0 & LOW) + (h4 >> 2) + (h4 & ~3); h4 &= 3; h1 = e1 & LOW; h2 = e2 & LOW; h3 = e3 & LOW;`;
/** One block of `message`. */
export const POLY_BLOCK = `
      h0 += <u64>load<u32>(message); h1 += <u64>load<u32>(message, 4); h2 += <u64>load<u32>(message, 8); h3 += <u64>load<u32>(message, 12); h4 += 1;${POLY_MULTIPLY}
      message += 16;`;
const polyWord = (i: number) => SCRATCH.poly + 8 * i;
/** Puts h back into the scratch. */
export const POLY_SAVE = [0, 1, 2, 3, 4]
  .map((i) => `  store<u64>(base, h${i}, ${polyWord(i)});`).join("\n");

/** h, r and s from the scratch. */
export function polyLoad(): string {
  const load = (i: number) => `load<u64>(base, ${polyWord(i)})`;
  return [
    ...["h0", "h1", "h2", "h3", "h4"].map((h, i) => `  let ${h} = ${load(i)};`),
    ...["r0", "r1", "r2", "r3", "s1", "s2", "s3"].map((r, i) =>
      `  const ${r} = ${load(5 + i)};`
    ),
    "  let e0: u64, e1: u64, e2: u64, e3: u64;",
  ].join("\n");
}

/** Spreads what `count` has beyond `rate` in each of the ten double rounds over them: as much again at the most. */
export function share(rate: number): string {
  return Array.from({ length: rate }, (_, i) => {
    const beyond = `count - ${10 * rate - (rate - 1 - i)}`;
    return `  const more${i} = (${beyond}) / ${rate};`;
  }).join("\n");
}

/** `polyBlocks`, Poly1305 alone; `polyLength` takes the AEAD's last block (§2.8): no additional data, `length` bytes of text. */
export function absorb(): string {
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
