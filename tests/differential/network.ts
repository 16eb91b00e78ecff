/**
 * The network between the tunnel and its peers, and the peers on its other
 * side: they send every packet that they get back where it came from. On its
 * way some are lost, doubled, swapped, changed, or joined by what nobody sent.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Endpoint } from "../../src/config/config.ts";
import type { Message } from "./fast_tunnel.ts";
import { pad, plainSeal } from "./plain_cipher.ts";
import type { PlainPeer, Sent } from "./plain_tunnel.ts";
import type { Random } from "./random.ts";
import { endpointOf } from "./session.ts";

const MESSAGES = 16, MESSAGE_LENGTH = 0xffff, SEGMENTS = 64;

/** A datagram under way to the tunnel. */
interface Datagram {
  bytes: Uint8Array;
  from: Endpoint;
}

/** One network. */
export class Network {
  #random: Random;
  #mtu: number;
  /** The peers' own counters and places. */
  #counters = new Map<PlainPeer, bigint>();
  #places = new Map<PlainPeer, Endpoint>();
  #waiting: Datagram[] = [];
  #past: Datagram[] = [];

  constructor(random: Random, peers: readonly PlainPeer[], mtu: number) {
    this.#random = random;
    this.#mtu = mtu;
    for (const peer of peers) {
      this.#counters.set(peer, random.pick([1n, 2n ** 32n - 90n, 2n ** 60n]));
      this.#places.set(peer, peer.endpoint);
    }
  }

  /** Has the peers answer what the tunnel has sent. */
  answer(sent: readonly Sent[]): void {
    for (const { peer, packet } of sent) {
      this.#waiting.push(...this.#disturb(peer, packet));
    }
  }

  /** What the tunnel receives in one call; nothing when nothing is under way. */
  take(): Message[] {
    const messages: Message[] = [];
    while (messages.length < MESSAGES && this.#waiting.length > 0) {
      messages.push(this.#takeMessage());
    }
    return messages;
  }

  /** A run of datagrams from one place, all but the last of one length, as UDP_GRO joins them. */
  #takeMessage(): Message {
    const random = this.#random;
    const first = this.#waiting.shift()!;
    const segment = first.bytes.length;
    const most = random.once(4) ? random.between(1, SEGMENTS) : SEGMENTS;
    const datagrams = [first.bytes];
    for (let total = segment; datagrams.length < most;) {
      const next = this.#waiting[0];
      if (next === undefined || next.from !== first.from) break;
      const { length } = next.bytes;
      total += length;
      if (length === 0 || length > segment || total > MESSAGE_LENGTH) break;
      datagrams.push(next.bytes);
      this.#waiting.shift();
      if (length < segment) break;
    }
    return { from: first.from, datagrams, segment };
  }

  #disturb(peer: PlainPeer, packet: Uint8Array): Datagram[] {
    const random = this.#random;
    const honest = this.#datagram(peer, packet);
    if (!random.once(16)) return [honest];
    const { bytes, from } = honest;
    switch (random.below(11)) {
      case 0: // lost
        return [];
      case 1: // doubled
        return [honest, honest];
      case 2: // swapped with the one before
        return [honest, ...this.#waiting.splice(-1)];
      case 3: // changed
        return [{ bytes: flip(random, bytes), from }];
      case 4: // the tag changed, and then what was meant
        return [
          { bytes: flip(random, bytes, bytes.length - 16), from },
          honest,
        ];
      case 5: // cut short
        return [{ bytes: bytes.slice(0, random.below(bytes.length)), from }];
      case 6: // a keepalive before it
        return [this.#datagram(peer, new Uint8Array(0)), honest];
      case 7: // garbage before it, perhaps under our type
        return [this.#garbage(from), honest];
      case 8: // something that its sender has changed before it sealed it
        return [this.#datagram(peer, this.#odd(packet))];
      case 9: // an old one again
        return [honest, ...this.#past.splice(0, 1)];
      default: // the peer has moved
        this.#places.set(peer, endpointOf(peer.number, random.below(9)));
        this.#past.push(honest);
        return [honest];
    }
  }

  /** A packet as its peer sends it, padded in one of the ways that are allowed. */
  #datagram(peer: PlainPeer, packet: Uint8Array): Datagram {
    const random = this.#random;
    const counter = this.#counters.get(peer)!;
    const skip = random.once(500) ? BigInt(random.below(20_000)) : 1n;
    this.#counters.set(peer, counter + skip);
    const padded = random.once(20) ? packet : pad(packet, this.#mtu);
    const bytes = plainSeal(
      peer.receiveKey,
      peer.localIndex,
      counter,
      padded,
    );
    return { bytes, from: this.#places.get(peer)! };
  }

  #garbage(from: Endpoint): Datagram {
    const random = this.#random;
    const bytes = Uint8Array.from(random.bytes(random.below(200)));
    if (bytes.length > 4 && random.once(2)) bytes.set([4, 0, 0, 0]);
    return { bytes, from };
  }

  /** The packet with one byte wrong, no packet at all, or one of somebody else. */
  #odd(packet: Uint8Array): Uint8Array {
    const random = this.#random;
    const odd = Buffer.from(packet);
    switch (random.below(4)) {
      case 0:
        return random.bytes(random.between(1, 90));
      case 1:
        return odd.subarray(0, random.between(1, odd.length));
      case 2:
        odd[odd[0]! >> 4 === 4 ? 14 : 11]! ^= 1;
        return odd;
      default:
        return flip(random, odd);
    }
  }
}

/** A copy with one bit changed, at or behind `from`. */
function flip(random: Random, bytes: Uint8Array, from = 0): Uint8Array {
  const copy = bytes.slice();
  copy[random.between(from, bytes.length - 1)]! ^= 1 << random.below(8);
  return copy;
}
