/**
 * Where a datagram came from or goes to: `struct sockaddr_in` and
 * `sockaddr_in6` (Linux, in.h and in6.h). Ports are big-endian.
 *
 * ```text
 * v4, 16 bytes: 0 family u16 = 2 · 2 port · 4 address · 8 zeros
 * v6, 28 bytes: 0 family u16 = 10 · 2 port · 4 flow u32 · 8 address · 24 scope u32
 * ```
 *
 * @module
 */

import type { Struct } from "./memory.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;

/** Bytes of a v4 name. */
export const NAME_LENGTH_V4 = 16;
/** Bytes of a v6 name, the longer of the two. */
export const NAME_LENGTH_V6 = 28;

/** An address and port, and the local address from which it is spoken to. Never changed in place. */
export interface SocketAddress {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  /** Interface index that scopes a link-local IPv6 address; else 0. */
  readonly scope: number;
  /** The local address that it spoke to, of as many bytes as `address`. */
  readonly source?: Uint8Array;
}

/** Whether `address` is of fe80::/10, so that only an interface gives it a meaning. */
export function isLinkLocal(address: Uint8Array): boolean {
  return address.length === 16 && address[0] === 0xfe &&
    (address[1]! & 0xc0) === 0x80;
}

/** Bytes of the name of `to`. */
export function nameLength(to: SocketAddress): number {
  return to.address.length === 4 ? NAME_LENGTH_V4 : NAME_LENGTH_V6;
}

/** Writes the name of `to` at `at`; every byte of it. */
export function writeName(struct: Struct, at: number, to: SocketAddress): void {
  const { bytes, view } = struct;
  const v4 = to.address.length === 4;
  view.setUint16(at, v4 ? AF_INET : AF_INET6, true);
  view.setUint16(at + 2, to.port);
  view.setUint32(at + 4, 0);
  if (v4) {
    view.setUint32(at + 8, 0);
    view.setUint32(at + 12, 0);
    bytes.set(to.address, at + 4);
  } else {
    bytes.set(to.address, at + 8);
    view.setUint32(at + 24, to.scope, true);
  }
}
