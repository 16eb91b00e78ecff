/**
 * Receiver indices: how a message names the handshake or session that it
 * belongs to (whitepaper §5.4.2: "a random 32-bit index").
 *
 * @module
 */

import type { Keypair } from "../transport/keypair.ts";
import type { Peer } from "./peer.ts";

/** What an index stands for: a peer's session, or its handshake while there is no keypair. */
export interface IndexEntry {
  readonly index: number;
  readonly peer: Peer;
  keypair: Keypair | undefined;
}

/** All indices of one device. */
export class IndexTable {
  #entries = new Map<number, IndexEntry>();
  #random: (length: number) => Uint8Array;

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
  }

  /** A new index for a handshake of `peer`: random, so that nobody can guess it, and not in use. */
  allocate(peer: Peer): IndexEntry {
    let index: number;
    do {
      const bytes = this.#random(4);
      index = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    } while (this.#entries.has(index));
    const entry = { index, peer, keypair: undefined };
    this.#entries.set(index, entry);
    return entry;
  }

  get(index: number): IndexEntry | undefined {
    return this.#entries.get(index);
  }

  /** Forgets an index; one that is not in use is no mistake. */
  free(index: number | undefined): void {
    if (index !== undefined) this.#entries.delete(index);
  }

  get size(): number {
    return this.#entries.size;
  }
}
