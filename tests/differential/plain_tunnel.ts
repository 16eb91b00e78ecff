/**
 * A tunnel, the plain way: where each packet goes, what is refused, and what
 * comes out, with a set of counters in place of a window's bits.
 *
 * @module
 */
import type { Endpoint } from "../../src/config/config.ts";
import { get16 } from "./packet.ts";
import { counterOf, pad, plainOpen, plainSeal } from "./plain_cipher.ts";
import { plainSplit, type Read } from "./plain_split.ts";

/** How far a counter may lie behind the greatest (RFC 6479, 128 blocks of 64 bits). */
const WINDOW = 127n * 64n;
/** REJECT-AFTER-MESSAGES (whitepaper §6.1). */
const REJECT = 2n ** 64n - 2n ** 13n - 1n;
const LEAST = new Map([[4, 20], [6, 40]]);

/** A peer of the tunnel, with the session that both have agreed on. */
export interface PlainPeer {
  /** Its hosts are 10.9.`number`.* and fd09:`number`::*. */
  readonly number: number;
  /** Of the tunnel's packets to the peer, and of the peer's to the tunnel. */
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** The session's index at the peer, and at the tunnel. */
  readonly remoteIndex: number;
  readonly localIndex: number;
  endpoint: Endpoint;
  counter: bigint;
  greatest: bigint;
  readonly seen: Set<bigint>;
}

/** A datagram that the tunnel sends. */
export interface Sent {
  peer: PlainPeer;
  bytes: Uint8Array;
  to: Endpoint;
  /** What is inside, without padding. */
  packet: Uint8Array;
}

/** What became of a datagram. */
export type Verdict =
  | "delivered"
  | "keepalive"
  | "no transport data"
  | "unknown session"
  | "forged"
  | "replayed"
  | "no IP packet"
  | "foreign source";

/** One tunnel. */
export class PlainTunnel {
  constructor(
    readonly peers: readonly PlainPeer[],
    readonly mtu: number,
  ) {}

  /** What a read of the TUN becomes. */
  read(read: Read): Sent[] {
    return plainSplit(read).flatMap((packet) => {
      const peer = this.#peerOf(packet, [16, 24]);
      if (peer === undefined) return [];
      const { sendKey, remoteIndex, counter, endpoint } = peer;
      peer.counter++;
      const padded = pad(packet, this.mtu);
      const bytes = plainSeal(sendKey, remoteIndex, counter, padded);
      return { peer, bytes, to: endpoint, packet };
    });
  }

  /** What becomes of a datagram, and the packet if it goes to the TUN. */
  receive(
    datagram: Uint8Array,
    from: Endpoint,
  ): { verdict: Verdict; packet?: Uint8Array } {
    if (datagram.length < 32) return { verdict: "no transport data" };
    const view = new DataView(datagram.buffer, datagram.byteOffset);
    if (view.getUint32(0, true) !== 4) return { verdict: "no transport data" };
    const index = view.getUint32(4, true);
    const peer = this.peers.find((one) => one.localIndex === index);
    if (peer === undefined) return { verdict: "unknown session" };
    const content = plainOpen(peer.receiveKey, datagram);
    if (content === undefined) return { verdict: "forged" };
    if (!isNew(peer, counterOf(datagram))) return { verdict: "replayed" };
    peer.endpoint = from;
    if (content.length === 0) return { verdict: "keepalive" };
    const packet = withoutPadding(content);
    if (packet === undefined) return { verdict: "no IP packet" };
    if (this.#peerOf(packet, [12, 8]) !== peer) {
      return { verdict: "foreign source" };
    }
    return { verdict: "delivered", packet };
  }

  /** The peer whose host is named at the first place over IPv4, at the second over IPv6. */
  #peerOf(
    packet: Uint8Array,
    [place4, place6]: [number, number],
  ): PlainPeer | undefined {
    const version = versionOf(packet);
    if (version === undefined) return undefined;
    const at = version === 4 ? place4 : place6;
    const network = get16(packet, at);
    if (network !== (version === 4 ? 0x0a09 : 0xfd09)) return undefined;
    const number = version === 4 ? packet[at + 2]! : get16(packet, at + 2);
    return this.peers.find((peer) => peer.number === number);
  }
}

/** 4 or 6, if there is a whole header of that version. */
function versionOf(packet: Uint8Array): number | undefined {
  if (packet.length === 0) return undefined;
  const version = packet[0]! >> 4;
  return packet.length >= (LEAST.get(version) ?? Infinity)
    ? version
    : undefined;
}

function isNew(peer: PlainPeer, counter: bigint): boolean {
  const tooOld = peer.greatest - counter > WINDOW;
  if (counter >= REJECT || tooOld || peer.seen.has(counter)) return false;
  peer.seen.add(counter);
  if (counter > peer.greatest) peer.greatest = counter;
  return true;
}

/** The IP packet by its own length; `undefined` if that is none, or more than there is. */
function withoutPadding(content: Uint8Array): Uint8Array | undefined {
  const version = versionOf(content);
  if (version === undefined) return undefined;
  const length = version === 4 ? get16(content, 2) : get16(content, 4) + 40;
  const whole = length >= LEAST.get(version)! && length <= content.length;
  return whole ? content.subarray(0, length) : undefined;
}
