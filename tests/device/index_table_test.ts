/**
 * Receiver indices (whitepaper §5.4.2).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { IndexTable } from "../../src/device/index_table.ts";
import { createPeer } from "../../src/device/peer.ts";
import type { PublicKey } from "../../src/noise/keys.ts";

const key = new Uint8Array(32).fill(9) as PublicKey;
const peer = createPeer(key, () => 0, { at: Infinity });

/** A random source that hands out these numbers, little-endian. */
function sequence(...numbers: number[]) {
  return () => new Uint8Array(Uint32Array.of(numbers.shift()!).buffer);
}

Deno.test("allocate() makes an index of 4 random bytes, the whole 32 bits of it", () => {
  const table = new IndexTable(sequence(0xfedcba98, 0));
  const entry = table.allocate(peer);
  deepStrictEqual(entry, { index: 0xfedcba98, peer, keypair: undefined });
  strictEqual(table.get(0xfedcba98), entry);
  strictEqual(table.allocate(peer).index, 0);
});

Deno.test("allocate() never gives out an index that is in use", () => {
  const table = new IndexTable(sequence(7, 7, 7, 8, 7));
  strictEqual(table.allocate(peer).index, 7);
  strictEqual(table.allocate(peer).index, 8);
  table.free(7);
  strictEqual(table.allocate(peer).index, 7);
  strictEqual(table.size, 2);
});

Deno.test("free() forgets an index, and does nothing to one that is not in use", () => {
  const table = new IndexTable(sequence(1));
  table.allocate(peer);
  table.free(undefined);
  table.free(2);
  ok(table.get(1));
  table.free(1);
  deepStrictEqual([table.get(1), table.size], [undefined, 0]);
});
