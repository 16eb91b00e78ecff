/**
 * The senders of recent datagrams, so that each has one object and a packet
 * costs no allocation.
 *
 * Kept by the raw bytes that the kernel wrote: name and local address, which
 * are up to 11 words. A sender's words choose a set of four; a new one takes
 * the place of the oldest of its set, so strangers who flood the socket cost
 * a peer an object at most.
 *
 * ```text
 * words of an entry: 0 family and port · 1-4 address · 5 scope · 6 whether local
 *                    7-10 local address
 * ```
 *
 * @module
 */

import type { Struct } from "./memory.ts";
import { AF_INET, type SocketAddress } from "./socket_address.ts";

/** Place of the scope in a v6 name; the kernel sets it for link-local addresses alone. */
const SCOPE = 24;

const SETS = 512;
const WAYS = 4;
const WORDS = 11;

/** Recent senders. */
export class SenderCache {
  #keys = new Uint32Array(SETS * WAYS * WORDS);
  #senders: (SocketAddress | undefined)[] = new Array(SETS * WAYS);
  #key = new Uint32Array(WORDS);
  #next = new Uint8Array(SETS);
  #last = 0;

  /**
   * The sender whose name is at `name` of `struct`.
   *
   * @param local place of the local address, of as many bytes as the sender's;
   * 0 where it is not known
   */
  find(struct: Struct, name: number, local: number): SocketAddress {
    this.#readKey(struct, name, local);
    const last = this.#senders[this.#last];
    if (last !== undefined && this.#holds(this.#last)) return last;
    const set = setOf(this.#key);
    for (let entry = set * WAYS; entry < (set + 1) * WAYS; entry++) {
      const sender = this.#senders[entry];
      if (sender === undefined || !this.#holds(entry)) continue;
      this.#last = entry;
      return sender;
    }
    return this.#remember(set, decode(struct, name, local));
  }

  #readKey(struct: Struct, name: number, local: number): void {
    const key = this.#key, v4 = struct.u16(name) === AF_INET;
    key.fill(0);
    key[0] = struct.u32(name);
    const words = v4 ? 1 : 4, address = name + (v4 ? 4 : 8);
    for (let i = 0; i < words; i++) key[1 + i] = struct.u32(address + 4 * i);
    if (!v4) key[5] = struct.u32(name + SCOPE);
    if (local > 0) {
      key[6] = 1;
      for (let i = 0; i < words; i++) key[7 + i] = struct.u32(local + 4 * i);
    }
  }

  #holds(entry: number): boolean {
    const start = entry * WORDS;
    for (let i = 0; i < WORDS; i++) {
      if (this.#keys[start + i] !== this.#key[i]) return false;
    }
    return true;
  }

  #remember(set: number, sender: SocketAddress): SocketAddress {
    const way = this.#next[set]!;
    this.#next[set] = (way + 1) % WAYS;
    const entry = set * WAYS + way;
    this.#keys.set(this.#key, entry * WORDS);
    this.#senders[entry] = sender;
    this.#last = entry;
    return sender;
  }
}

function setOf(key: Uint32Array): number {
  let hash = 0;
  for (let i = 0; i < WORDS; i++) {
    hash = Math.imul(hash ^ key[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return (hash >>> 16) % SETS;
}

function decode(struct: Struct, name: number, local: number): SocketAddress {
  const v4 = struct.u16(name) === AF_INET;
  const length = v4 ? 4 : 16, start = name + (v4 ? 4 : 8);
  const sender = {
    address: struct.bytes.slice(start, start + length),
    port: struct.view.getUint16(name + 2),
    scope: v4 ? 0 : struct.u32(name + SCOPE),
  };
  if (local === 0) return sender;
  return { ...sender, source: struct.bytes.slice(local, local + length) };
}
