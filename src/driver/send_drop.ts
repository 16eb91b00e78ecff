/**
 * Why the kernel did not send a datagram, in the words of the drop counters.
 *
 * @module
 */

import {
  EACCES,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EHOSTUNREACH,
  EMSGSIZE,
  ENETDOWN,
  ENETUNREACH,
  ENOBUFS,
  EPERM,
} from "../../ffi/errno.ts";
import type { Drop } from "../device/drops.ts";

const REASONS = new Map<number, Drop>([
  [EPERM, "a firewall or route of this machine forbids the datagram"],
  [EACCES, "a firewall or route of this machine forbids the datagram"],
  [ENETUNREACH, "no route to the peer's endpoint"],
  [EHOSTUNREACH, "no route to the peer's endpoint"],
  [ENETDOWN, "no route to the peer's endpoint"],
  [EADDRNOTAVAIL, "no route to the peer's endpoint"],
  [EAFNOSUPPORT, "no socket for the IP version of the peer's endpoint"],
  [EMSGSIZE, "the datagram is longer than its way takes"],
  [EAGAIN, "the network takes datagrams too slowly"],
  [ENOBUFS, "the network takes datagrams too slowly"],
]);

/** The reason for which a send failed with `errno`. */
export function reasonOf(errno: number): Drop {
  return REASONS.get(errno) ?? "the network refused the datagram";
}
