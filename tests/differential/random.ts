/**
 * Random numbers and bytes that are the same from the same seed.
 *
 * @module
 */

/** Bytes of the pool that payloads are cut from; the numbers say where. */
const POOL = 0x100000;

/** xorshift32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2_654_435_761) + 1) >>> 0 || 1;
    // Neighbouring seeds begin alike.
    for (let i = 0; i < 8; i++) this.word();
  }

  /** 32 bits. */
  word(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** 0 to `limit` − 1. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  /** A view of at most 512 KiB of the pool, not to be written to. */
  bytes(length: number): Uint8Array {
    const at = this.below(POOL / 2);
    return pool.subarray(at, at + length);
  }
}

const pool = fillPool();

function fillPool(): Uint8Array {
  const words = new Uint32Array(POOL / 4);
  const random = new Random(1);
  for (let i = 0; i < words.length; i++) words[i] = random.word();
  return new Uint8Array(words.buffer);
}
