/**
 * What comes from the network: transport data that waits to be opened in one
 * batch.
 *
 * @module
 */

import type { Endpoint } from "../config/config.ts";
import type { Cipher } from "../transport/aead.ts";
import { Batch } from "../transport/batch.ts";
import type { Keypair } from "../transport/keypair.ts";
import { BATCH_CAPACITY, OPENING } from "../transport/layout.ts";
import { type PacketMemory, TAG_LENGTH } from "../transport/memory.ts";
import { counterHighOf, counterLowOf } from "../transport/packet.ts";
import type { Peer } from "./peer.ts";

/** What becomes of each packet when the batch was opened. */
export interface Opened {
  /** @param length bytes of the packet at `at`, with its padding */
  authentic(
    peer: Peer,
    keypair: Keypair,
    at: number,
    length: number,
    from: Endpoint,
    service: number,
  ): void;
  forged(peer: Peer): void;
}

/** Packets to be opened, with the sessions that they name and where they came from. */
export class Inbound {
  #memory: PacketMemory;
  #cipher: Cipher;
  #batch: Batch;
  #peers: Peer[] = [];
  #keypairs: Keypair[] = [];
  #from: Endpoint[] = [];
  #places = new Int32Array(BATCH_CAPACITY);
  #lengths = new Int32Array(BATCH_CAPACITY);
  #services = new Uint8Array(BATCH_CAPACITY);

  constructor(memory: PacketMemory, cipher: Cipher) {
    this.#memory = memory;
    this.#cipher = cipher;
    this.#batch = new Batch(memory, OPENING);
  }

  /** Whether the batch must be opened before another packet is added. */
  get full(): boolean {
    return this.#batch.full;
  }

  /**
   * @param length bytes of the packet at `at`, with its tag
   * @param service the outer packet's service byte
   */
  add(
    peer: Peer,
    keypair: Keypair,
    at: number,
    length: number,
    from: Endpoint,
    service: number,
  ): void {
    const number = this.#batch.add(
      keypair.receiveKey,
      at,
      length - TAG_LENGTH,
      counterLowOf(this.#memory, at),
      counterHighOf(this.#memory, at),
    );
    this.#peers[number] = peer;
    this.#keypairs[number] = keypair;
    this.#from[number] = from;
    this.#places[number] = at;
    this.#lengths[number] = length - TAG_LENGTH;
    this.#services[number] = service;
  }

  /** Opens the batch and tells what became of each packet, in their order. */
  open(opened: Opened): void {
    const count = this.#batch.count;
    if (count === 0) return;
    this.#batch.open(this.#cipher);
    for (let i = 0; i < count; i++) {
      const peer = this.#peers[i]!;
      if (!this.#batch.authentic(i)) opened.forged(peer);
      else {
        opened.authentic(
          peer,
          this.#keypairs[i]!,
          this.#places[i]!,
          this.#lengths[i]!,
          this.#from[i]!,
          this.#services[i]!,
        );
      }
    }
    this.#batch.clear();
  }
}
