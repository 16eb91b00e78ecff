/** Errors of sending, in words. */

import { strictEqual } from "node:assert";
import { reasonOf } from "../../src/driver/send_drop.ts";

/** By the numbers of Linux's errno.h. */
const CASES: [number: number, name: string, reason: string][] = [
  [1, "EPERM", "a firewall or route of this machine forbids the datagram"],
  [11, "EAGAIN", "the network takes datagrams too slowly"],
  [13, "EACCES", "a firewall or route of this machine forbids the datagram"],
  [22, "EINVAL", "the network refused the datagram"],
  [90, "EMSGSIZE", "the datagram is longer than its way takes"],
  [97, "EAFNOSUPPORT", "no socket for the IP version of the peer's endpoint"],
  [99, "EADDRNOTAVAIL", "no route to the peer's endpoint"],
  [100, "ENETDOWN", "no route to the peer's endpoint"],
  [101, "ENETUNREACH", "no route to the peer's endpoint"],
  [105, "ENOBUFS", "the network takes datagrams too slowly"],
  [113, "EHOSTUNREACH", "no route to the peer's endpoint"],
  [71, "EPROTO", "the network refused the datagram"],
];

for (const [errno, name, reason] of CASES) {
  Deno.test(`reasonOf() says of ${name}: ${reason}`, () => {
    strictEqual(reasonOf(errno), reason);
  });
}
