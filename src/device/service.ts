/**
 * The service byte of an outer packet (DS field and ECN, RFC 2474 and RFC 3168),
 * as in-kernel WireGuard sets it and heeds it.
 *
 * | message              | DSCP | ECN                                                       |
 * |----------------------|------|-----------------------------------------------------------|
 * | initiation, response | AF41 | none                                                      |
 * | cookie reply         | 0    | none                                                      |
 * | transport data       | 0    | the inner packet's; ECT(0) where that is CE (RFC 6040 §4) |
 *
 * A router that marks an outer packet as having met congestion marks the inner
 * one with it, where that one's sender can be told (RFC 6040 §4.2).
 *
 * @module
 */

import type { PacketMemory } from "../transport/memory.ts";

/** Of initiations and responses: AF41, for they are few and all waits for them. */
export const HANDSHAKE_SERVICE = 0x88;
/** Of cookie replies, which any stranger can ask for. */
export const COOKIE_SERVICE = 0;

/** The values of the ECN field (RFC 3168 §5). */
const NOT_CAPABLE = 0, CAPABLE = 2, CONGESTED = 3;

/** The service byte for the outer packet of the IP packet at `at`. */
export function outerService({ bytes }: PacketMemory, at: number): number {
  const ecn = innerEcn(bytes, at);
  return ecn === CONGESTED ? CAPABLE : ecn;
}

/** Whether an outer packet of this service byte has met congestion. */
export function isCongested(service: number): boolean {
  return (service & 3) === CONGESTED;
}

/** Tells the IP packet at `at` that it has met congestion; one that is not ECN-capable stays as it is. */
export function markCongested({ bytes, view }: PacketMemory, at: number): void {
  const ecn = innerEcn(bytes, at);
  if (ecn === NOT_CAPABLE || ecn === CONGESTED) return;
  if (bytes[at]! >> 4 === 6) {
    bytes[at + 1]! |= CONGESTED << 4;
    return;
  }
  bytes[at + 1]! |= CONGESTED;
  // The sum of the header grows by as much, so its complement shrinks (RFC 1624 §3).
  const shrunk = view.getUint16(at + 10) - (CONGESTED - ecn);
  view.setUint16(at + 10, shrunk < 0 ? shrunk + 0xffff : shrunk);
}

function innerEcn(bytes: Uint8Array, at: number): number {
  const second = bytes[at + 1]!;
  return bytes[at]! >> 4 === 6 ? second >> 4 & 3 : second & 3;
}
