/**
 * Why packets were dropped, in words, and how often.
 *
 * A packet never throws: it is dropped in silence towards the network, and with
 * one of these reasons towards the owner (`caktus show --drops`).
 *
 * @module
 */

import type { DropCount } from "../config/config.ts";

/** Reasons to drop a packet that comes from the TUN. */
type SendDrop =
  | "not an IP packet"
  | "no peer has its destination in AllowedIPs"
  | "the peer has no endpoint yet"
  | "the interface has no private key"
  | "the interface is down"
  | "the peer's public key is of low order"
  | "too many packets waited for a handshake"
  | "the handshake was not answered"
  | "the kernel's offload header is malformed"
  | "a firewall or route of this machine forbids the datagram"
  | "no route to the peer's endpoint"
  | "no socket for the IP version of the peer's endpoint"
  | "the datagram is longer than its way takes"
  | "the network takes datagrams too slowly"
  | "the network refused the datagram"
  | "the interface did not take the packet";

/** Reasons to drop a datagram that comes from the network. */
type ReceiveDrop =
  | "not a WireGuard message"
  | "of the wrong length for its type"
  | "longer than the receive buffer"
  | "handshake not meant for our public key (mac1)"
  | "handshake without a valid cookie under load (mac2)"
  | "too many handshakes from one address under load"
  | "too many handshakes at once"
  | "initiation that does not decrypt"
  | "initiation from an unknown public key"
  | "initiation replayed, or from a clock that went backward"
  | "initiation too soon after the one before"
  | "response or cookie to no handshake of ours"
  | "response that does not decrypt (wrong preshared key?)"
  | "cookie reply that does not decrypt"
  | "unknown session"
  | "session expired"
  | "not authentic"
  | "replayed, or too late"
  | "its content is not an IP packet"
  | "its source is not in the peer's AllowedIPs";

/** Why a packet was dropped. */
export type Drop = SendDrop | ReceiveDrop;

/** Drops counted by reason. */
export class Drops {
  #counts = new Map<Drop, number>();

  count(reason: Drop, packets = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + packets);
  }

  /** The reasons that occurred, in the order in which they first did. */
  list(): DropCount[] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }));
  }
}
