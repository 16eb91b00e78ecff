/**
 * Cryptokey routing (whitepaper §2): which peer an address belongs to, by the
 * longest prefix that holds it.
 *
 * A binary trie with path compression, one for each IP version. A node stands
 * for a prefix; its two branches hold longer prefixes that begin with it and go
 * on with a 0 or a 1. Nodes without an owner exist only where two branches
 * part. Addresses are compared as words of 32 bits.
 *
 * @module
 */

import type { Prefix } from "../config/config.ts";
import type { PacketMemory } from "../transport/memory.ts";

interface Node<Owner> {
  /** The prefix's address: 1 word for IPv4, 4 for IPv6, host bits zero. */
  words: Uint32Array;
  length: number;
  owner: Owner | undefined;
  zero: Node<Owner> | undefined;
  one: Node<Owner> | undefined;
}

/** Prefixes and their owners. */
export class AllowedIps<Owner> {
  #roots: Record<4 | 6, Node<Owner> | undefined> = {
    4: undefined,
    6: undefined,
  };
  #words = { 4: new Uint32Array(1), 6: new Uint32Array(4) };

  /** Gives a prefix to `owner` and returns whose it was. */
  insert(prefix: Prefix, owner: Owner): Owner | undefined {
    const version = versionOf(prefix);
    const words = wordsOf(prefix.address);
    const { node, root } = place(this.#roots[version], words, prefix.length);
    const former = node.owner;
    node.owner = owner;
    this.#roots[version] = root;
    return former;
  }

  /** Takes a prefix away from `owner`; false if it is not its. */
  remove(prefix: Prefix, owner: Owner): boolean {
    const version = versionOf(prefix);
    const path = pathTo(
      this.#roots[version],
      wordsOf(prefix.address),
      prefix.length,
    );
    const node = path?.at(-1);
    if (path === undefined || node?.owner !== owner) return false;
    node.owner = undefined;
    this.#roots[version] = prune(path);
    return true;
  }

  /** The owner of the longest prefix that holds the address at `at` in packet memory. */
  lookup(
    { view }: PacketMemory,
    version: 4 | 6,
    at: number,
  ): Owner | undefined {
    const words = this.#words[version];
    for (let i = 0; i < words.length; i++) {
      words[i] = view.getUint32(at + 4 * i);
    }
    let owner: Owner | undefined;
    let node = this.#roots[version];
    while (node !== undefined && holds(node, words)) {
      if (node.owner !== undefined) owner = node.owner;
      if (node.length === 32 * words.length) break;
      node = bitAt(words, node.length) === 0 ? node.zero : node.one;
    }
    return owner;
  }

  /** Nodes of both tries, those without an owner included. */
  get size(): number {
    return countNodes(this.#roots[4]) + countNodes(this.#roots[6]);
  }
}

function countNodes<Owner>(node: Node<Owner> | undefined): number {
  if (node === undefined) return 0;
  return 1 + countNodes(node.zero) + countNodes(node.one);
}

function versionOf({ address }: Prefix): 4 | 6 {
  return address.length === 4 ? 4 : 6;
}

function wordsOf(address: Uint8Array): Uint32Array {
  const view = new DataView(address.buffer, address.byteOffset, address.length);
  return Uint32Array.from(
    { length: address.length / 4 },
    (_, i) => view.getUint32(4 * i),
  );
}

function bitAt(words: Uint32Array, index: number): 0 | 1 {
  return (words[index >>> 5]! >>> (31 - (index & 31)) & 1) as 0 | 1;
}

/** The bits that two addresses have in common from their start. */
function commonBits(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! ^ b[i]!;
    if (difference !== 0) return 32 * i + Math.clz32(difference);
  }
  return 32 * a.length;
}

function holds<Owner>(node: Node<Owner>, words: Uint32Array): boolean {
  return commonBits(node.words, words) >= node.length;
}

function createNode<Owner>(words: Uint32Array, length: number): Node<Owner> {
  const masked = words.map((word, i) => {
    const bits = Math.min(32, Math.max(0, length - 32 * i));
    return bits === 0 ? 0 : word & (0xffffffff << (32 - bits));
  });
  return {
    words: masked,
    length,
    owner: undefined,
    zero: undefined,
    one: undefined,
  };
}

/** Hangs `child` into the branch of `parent` that it belongs to. */
function hang<Owner>(parent: Node<Owner>, child: Node<Owner>): void {
  if (bitAt(child.words, parent.length) === 0) parent.zero = child;
  else parent.one = child;
}

/** Finds or makes the node of a prefix below `root`; `root` is the tree's root afterwards. */
function place<Owner>(
  root: Node<Owner> | undefined,
  words: Uint32Array,
  length: number,
): { node: Node<Owner>; root: Node<Owner> } {
  let parent: Node<Owner> | undefined;
  let node = root;
  while (node !== undefined && node.length <= length && holds(node, words)) {
    if (node.length === length) return { node, root: root! };
    parent = node;
    node = bitAt(words, node.length) === 0 ? node.zero : node.one;
  }
  const made = createNode<Owner>(words, length);
  const top = node === undefined ? made : join(node, made);
  if (parent === undefined) return { node: made, root: top };
  hang(parent, top);
  return { node: made, root: root! };
}

/** Puts a new node above or beside one that does not hold it, and returns the upper one. */
function join<Owner>(node: Node<Owner>, made: Node<Owner>): Node<Owner> {
  const common = Math.min(
    commonBits(node.words, made.words),
    node.length,
    made.length,
  );
  if (common === made.length) {
    hang(made, node);
    return made;
  }
  const fork = createNode<Owner>(made.words, common);
  hang(fork, node);
  hang(fork, made);
  return fork;
}

/** The nodes from the root to that of a prefix. */
function pathTo<Owner>(
  root: Node<Owner> | undefined,
  words: Uint32Array,
  length: number,
): Node<Owner>[] | undefined {
  const path: Node<Owner>[] = [];
  let node = root;
  while (node !== undefined && node.length <= length && holds(node, words)) {
    path.push(node);
    if (node.length === length) return path;
    node = bitAt(words, node.length) === 0 ? node.zero : node.one;
  }
  return undefined;
}

/** Takes out the nodes at a path's end that neither have an owner nor part two branches; returns the root. */
function prune<Owner>(path: Node<Owner>[]): Node<Owner> | undefined {
  while (path.length > 0) {
    const node = path.at(-1)!;
    if (node.owner !== undefined || (node.zero && node.one)) return path[0];
    const rest = node.zero ?? node.one;
    path.pop();
    const parent = path.at(-1);
    if (parent === undefined) return rest;
    if (parent.zero === node) parent.zero = rest;
    else parent.one = rest;
    if (rest !== undefined) return path[0];
  }
  return undefined;
}
