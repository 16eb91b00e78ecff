/**
 * How many bytes one core seals in a second: Caktus's cipher in its batches, beside OpenSSL's own loop.
 *
 *     deno run -A --v8-flags=--experimental-wasm-revectorize,--no-liftoff tests/bench/cipher.ts SECONDS LENGTH
 *
 * prints Caktus's bytes a second. `openssl speed` encrypts and authenticates in a loop without any packets: no nonce
 * is set and no tag is taken out, so that it is the faster for it.
 *
 * @module
 */

import { must } from "../interop/process.ts";
import { DENO } from "../program.ts";
import { loadWasm } from "../../src/transport/aead.ts";
import {
  DESCRIPTOR_LENGTH,
  DRIVER_SLOTS,
  newPacketMemory,
} from "../../src/transport/layout.ts";

/** Lengths that are measured, and in how many turns of each: the tunnel's at the usual MTU, short packets, and those of a large MTU. */
export const LENGTHS = new Map([[1420, 4], [100, 1], [8920, 1]]);

const BATCH = 44, TAG = 16;

/** Megabytes a second by program and measure; both take turns, the mean of which counts. */
export async function cipherRates(
  seconds: number,
  reverse: boolean,
): Promise<Record<string, Record<string, number>>> {
  const programs: [string, typeof caktusRate][] = [
    ["caktus", caktusRate],
    ["openssl", opensslRate],
  ];
  if (reverse) programs.reverse();
  const rates: Record<string, Record<string, number>> = {};
  for (const [length, turns] of LENGTHS) {
    for (let turn = 0; turn < turns; turn++) {
      for (const [name, rate] of programs) {
        const part = await rate(seconds, length) / 1e6 / turns;
        const sums = rates[name] ??= {}, measure = `cipher${length}`;
        sums[measure] = (sums[measure] ?? 0) + part;
      }
    }
  }
  return rates;
}

/** In a process of its own, because V8's flags hold from its start on. */
async function caktusRate(seconds: number, length: number): Promise<number> {
  const file = new URL(import.meta.url).pathname;
  const command = [...DENO, file, String(seconds), String(length)];
  return Number(await must(command, { timeout: (seconds + 20) * 1_000 }));
}

/** Bytes a second of OpenSSL. @throws Error with its words, or where there is none */
export async function opensslRate(
  seconds: number,
  length: number,
): Promise<number> {
  const times = ["-elapsed", "-seconds", String(seconds), "-mr"];
  const what = ["-bytes", String(length), "-evp", "chacha20-poly1305"];
  const timeout = (seconds + 20) * 1_000;
  return readSpeed(
    await must(["openssl", "speed", ...times, ...what], { timeout }),
  );
}

/** Bytes a second of `openssl speed -mr`. @throws Error on another text */
export function readSpeed(text: string): number {
  const rate = Number(text.match(/^\+F:.*:([\d.]+)$/m)?.[1]);
  if (!(rate > 0)) throw new Error(`openssl speed: ${text}`);
  return rate;
}

/** Bytes a second that the cipher seals, packets of `length` bytes, after a short warm-up. */
function sealRate(seconds: number, length: number): number {
  const { cipher, memory } = loadWasm(newPacketMemory());
  const key = DRIVER_SLOTS.from, descriptors = key + 64, first = key + 0x1000;
  const slot = (length + TAG + 31) & -16;
  for (let i = 0; i < BATCH; i++) {
    const word = (descriptors + i * DESCRIPTOR_LENGTH) >> 2;
    memory.words.set([key, first + i * slot, length, 0, i, 0], word);
  }
  const run = (milliseconds: number) => {
    const start = performance.now();
    let batches = 0, now = start;
    for (; now - start < milliseconds; now = performance.now(), batches++) {
      cipher.sealBatch(descriptors, BATCH);
    }
    return batches * BATCH * length / (now - start) * 1_000;
  };
  run(200);
  return run(seconds * 1_000);
}

if (import.meta.main) {
  const [seconds, length] = Deno.args.map(Number);
  console.log(sealRate(seconds!, length!));
}
