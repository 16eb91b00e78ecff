/**
 * ChaCha20-Poly1305 as RFC 8439 writes it down, to be read beside the unrolled
 * core (aead_kernels.ts) and to hold it to: tests/transport/aead_reference_test.ts
 * keeps the two equal. It is slow, its time depends on the key, and no part of
 * the program calls it.
 *
 * @module
 */

const KEY_LENGTH = 32, BLOCK = 64, TAG_LENGTH = 16;
const PRIME = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/** §2.1: one quarter round on the words `a`, `b`, `c`, `d` of the state. */
function quarterRound(
  state: Uint32Array,
  a: number,
  b: number,
  c: number,
  d: number,
): void {
  const step = (sum: number, other: number, target: number, n: number) => {
    state[sum]! += state[other]!;
    const x = state[target]! ^ state[sum]!;
    state[target] = (x << n) | (x >>> (32 - n));
  };
  step(a, b, d, 16);
  step(c, d, b, 12);
  step(a, b, d, 8);
  step(c, d, b, 7);
}

/** §2.3: the block `counter` of the key stream under a nonce of 12 bytes. */
export function chacha20Block(
  key: Uint8Array,
  counter: number,
  nonce: Uint8Array,
): Uint8Array {
  const constants = new TextEncoder().encode("expand 32-byte k");
  const head = new Uint8Array([...constants, ...key, 0, 0, 0, 0, ...nonce]);
  const initial = words(head);
  initial[12] = counter;
  const state = initial.slice();
  for (let i = 0; i < 10; i++) {
    for (let c = 0; c < 4; c++) quarterRound(state, c, c + 4, c + 8, c + 12);
    for (let c = 0; c < 4; c++) {
      const [b, d] = [4 + (c + 1) % 4, 12 + (c + 3) % 4];
      quarterRound(state, c, b, 8 + (c + 2) % 4, d);
    }
  }
  const block = new DataView(new ArrayBuffer(BLOCK));
  state.forEach((word, i) => block.setUint32(4 * i, word + initial[i]!, true));
  return new Uint8Array(block.buffer);
}

/** §2.4: `data` XORed with the key stream from block `counter` on. */
export function chacha20(
  key: Uint8Array,
  counter: number,
  nonce: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const out = data.slice();
  for (let at = 0; at < data.length; at += BLOCK) {
    const stream = chacha20Block(key, counter + at / BLOCK, nonce);
    out.subarray(at, at + BLOCK).forEach((byte, i) =>
      out[at + i] = byte ^ stream[i]!
    );
  }
  return out;
}

/** §2.5: the tag of `message` under a one-time key of r and s. */
export function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = number(key.subarray(0, 16)) & CLAMP;
  let h = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    h = (h + number(block) + (1n << BigInt(8 * block.length))) * r % PRIME;
  }
  return bytes(h + number(key.subarray(16)), TAG_LENGTH);
}

/** §2.8 without additional data: the ciphertext and its tag. */
export function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const sealed = chacha20(key, 1, nonce, plain);
  const oneTimeKey = chacha20Block(key, 0, nonce).subarray(0, KEY_LENGTH);
  const padding = new Uint8Array(-plain.length & 15);
  const lengths = [...bytes(0n, 8), ...bytes(BigInt(plain.length), 8)];
  const message = Uint8Array.from([...sealed, ...padding, ...lengths]);
  return Uint8Array.from([...sealed, ...poly1305(oneTimeKey, message)]);
}

function words(from: Uint8Array): Uint32Array {
  const view = new DataView(from.buffer, from.byteOffset, from.length);
  return Uint32Array.from(
    { length: from.length / 4 },
    (_, i) => view.getUint32(4 * i, true),
  );
}

/** The little-endian number that `from` is. */
function number(from: Uint8Array): bigint {
  return from.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function bytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(
    { length },
    (_, i) => Number((value >> BigInt(8 * i)) & 255n),
  );
}
