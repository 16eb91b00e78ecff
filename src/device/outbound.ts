/**
 * What goes to the network: packets that wait to be sealed in one batch, and
 * handshake messages.
 *
 * @module
 */

import type { Endpoint } from "../config/config.ts";
import type { Cipher } from "../transport/aead.ts";
import { Batch } from "../transport/batch.ts";
import { advanceCounter, type Keypair } from "../transport/keypair.ts";
import { BATCH_CAPACITY, DEVICE_SLOTS, SEALING } from "../transport/layout.ts";
import {
  HEADER_LENGTH,
  type PacketMemory,
  TAG_LENGTH,
} from "../transport/memory.ts";
import { paddedLength, writeHeader } from "../transport/packet.ts";
import type { Peer } from "./peer.ts";
import { HANDSHAKE_SERVICE, outerService } from "./service.ts";

/**
 * Where the device's output goes. What `at` names belongs to the sink until
 * `flush` returns; then the memory may be used anew.
 */
export interface Output {
  /** A UDP payload of `length` bytes at `at`, for the network; `service` is the outer packet's service byte. */
  send(at: number, length: number, to: Endpoint, service: number): void;
  /** An IP packet of `length` bytes at `at`, for the TUN; the 16 bytes before it are free. */
  deliver(at: number, length: number): void;
  /** Hands on everything that came since the last flush. */
  flush(): void;
}

/** Packets to be sealed, with the peers that they are for, and slots of the device's own. */
export class Outbound {
  #memory: PacketMemory;
  #cipher: Cipher;
  #output: Output;
  #batch: Batch;
  #peers: Peer[] = [];
  #starts = new Int32Array(BATCH_CAPACITY);
  #lengths = new Int32Array(BATCH_CAPACITY);
  #services = new Uint8Array(BATCH_CAPACITY);
  #nextSlot = DEVICE_SLOTS.from;

  constructor(memory: PacketMemory, cipher: Cipher, output: Output) {
    this.#memory = memory;
    this.#cipher = cipher;
    this.#output = output;
    this.#batch = new Batch(memory, SEALING);
  }

  /**
   * Pads the packet at `at`, gives it the keypair's next counter and puts it
   * into the batch. Returns the length of the datagram that it becomes.
   */
  add(
    peer: Peer,
    keypair: Keypair,
    at: number,
    length: number,
    mtu: number,
  ): number {
    if (this.#batch.full) this.flush();
    const padded = paddedLength(length, mtu);
    const { bytes } = this.#memory; // at most 15 zeros: too few for a call to pay
    for (let i = at + length; i < at + padded; i++) bytes[i] = 0;
    const service = length === 0 ? 0 : outerService(this.#memory, at);
    const { sendKey, sendLow, sendHigh, remoteIndex } = keypair;
    writeHeader(this.#memory, at, remoteIndex, sendLow, sendHigh);
    const number = this.#batch.add(sendKey, at, padded, sendLow, sendHigh);
    advanceCounter(keypair);
    const total = HEADER_LENGTH + padded + TAG_LENGTH;
    this.#peers[number] = peer;
    this.#starts[number] = at - HEADER_LENGTH;
    this.#lengths[number] = total;
    this.#services[number] = service;
    return total;
  }

  /** Copies a packet into a slot of the device's own and returns its place; to be added next. */
  place(packet: Uint8Array, mtu: number): number {
    // A flush between place and add would give the slot away again.
    if (this.#batch.full) this.flush();
    const padded = paddedLength(packet.length, mtu);
    const at = this.slot(padded + TAG_LENGTH);
    this.#memory.bytes.set(packet, at);
    return at;
  }

  /** A place of the device's own for `length` bytes, until the next flush; the 16 bytes before it are free. */
  slot(length: number): number {
    return this.#take(HEADER_LENGTH + length) + HEADER_LENGTH;
  }

  /** Hands a handshake message, complete with its MACs, to the network. */
  sendMessage(
    message: Uint8Array,
    to: Endpoint,
    service = HANDSHAKE_SERVICE,
  ): void {
    const at = this.#take(message.length);
    this.#memory.bytes.set(message, at);
    this.#output.send(at, message.length, to, service);
  }

  /** Seals the batch, hands it to the network, and takes all slots back. */
  flush(): void {
    this.#batch.seal(this.#cipher);
    for (let i = 0; i < this.#batch.count; i++) {
      const peer = this.#peers[i]!;
      if (peer.endpoint === undefined) {
        peer.drops.count("the peer has no endpoint yet");
      } else {
        this.#output.send(
          this.#starts[i]!,
          this.#lengths[i]!,
          peer.endpoint,
          this.#services[i]!,
        );
      }
    }
    this.#batch.clear();
    this.#output.flush();
    this.#nextSlot = DEVICE_SLOTS.from;
  }

  #take(length: number): number {
    if (this.#nextSlot + length > DEVICE_SLOTS.to) this.flush();
    const at = this.#nextSlot;
    this.#nextSlot = (at + length + 15) & -16;
    return at;
  }
}
