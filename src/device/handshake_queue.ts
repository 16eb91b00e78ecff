/**
 * Handshakes that wait their turn, so that many at once do not keep data waiting.
 *
 * ```text
 * message from the network ──▶ at most 1,024 ─┐
 *                                             ├─▶ by turns, one at a time
 * initiation of our own ─────▶ one for a peer ┘
 * ```
 *
 * A handshake is the dearest thing that a datagram can ask for: as much as
 * sealing a few hundred packets. So none is dealt with while a batch is: it waits
 * here, and who runs the device deals with a few between two batches. How many
 * messages wait also tells whether the device is under load (whitepaper §5.3), as
 * in the kernel and in wireguard-go. Own initiations wait apart, for a flood must
 * not keep them from going out.
 *
 * @module
 */

import type { Endpoint } from "../config/config.ts";
import type { Peer } from "./peer.ts";

/** Messages that wait; past them new ones are dropped, and sent again by their senders. */
export const HANDSHAKE_CAPACITY = 1_024;

/** A handshake message or cookie reply, of its exact length. */
export interface WaitingMessage {
  /** A copy. */
  readonly message: Uint8Array;
  readonly from: Endpoint;
}

/** An initiation to be made and sent. */
export interface WaitingInitiation {
  readonly peer: Peer;
  /** Whether it repeats one that was not answered. */
  readonly retry: boolean;
}

/** What waits on one device. */
export class HandshakeQueue {
  /** Oldest first from `#first` on. */
  #messages: WaitingMessage[] = [];
  #first = 0;
  #initiations = new Map<Peer, WaitingInitiation>();
  #messageIsNext = true;

  /** Whether anything waits. */
  get waits(): boolean {
    return this.messages > 0 || this.#initiations.size > 0;
  }

  /** How many messages wait. */
  get messages(): number {
    return this.#messages.length - this.#first;
  }

  /** Keeps a copy of a message; false, and nothing kept, when too many wait. */
  addMessage(message: Uint8Array, from: Endpoint): boolean {
    if (this.messages >= HANDSHAKE_CAPACITY) return false;
    this.#messages.push({ message: message.slice(), from });
    return true;
  }

  /** Asks for an initiation to a peer. If one waits already, it is that one. */
  addInitiation(peer: Peer, retry: boolean): void {
    if (this.#initiations.has(peer)) return;
    this.#initiations.set(peer, { peer, retry });
  }

  /** Takes what is next: the oldest message and the oldest initiation in turn, where both wait. */
  take(): WaitingMessage | WaitingInitiation | undefined {
    const takesMessage = this.messages > 0 &&
      (this.#messageIsNext || this.#initiations.size === 0);
    this.#messageIsNext = !takesMessage;
    return takesMessage ? this.#takeMessage() : this.#takeInitiation();
  }

  /** The peer is gone. */
  forget(peer: Peer): void {
    this.#initiations.delete(peer);
  }

  /** Forgets everything. */
  clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.#initiations.clear();
  }

  #takeMessage(): WaitingMessage {
    const message = this.#messages[this.#first++]!;
    // Moved down once for many taken: shift() would move all the others each time.
    if (this.#first * 2 >= this.#messages.length) {
      this.#messages.splice(0, this.#first);
      this.#first = 0;
    }
    return message;
  }

  #takeInitiation(): WaitingInitiation | undefined {
    for (const [peer, initiation] of this.#initiations) {
      this.#initiations.delete(peer);
      return initiation;
    }
    return undefined;
  }
}
