/**
 * Prefixes that would take the tunnel's own datagrams into the tunnel.
 *
 * ```text
 * AllowedIPs = 0.0.0.0/0, ::/0          everything
 * AllowedIPs = 0.0.0.0/1, 128.0.0.0/1   everything, in halves
 * Endpoint inside any AllowedIPs        at least what the tunnel lives on
 * ```
 *
 * A route to one of them in the main table would wrap each datagram in another. So they are
 * routed in a table of their own, which datagrams that bear the tunnel's mark pass by.
 *
 * @module
 */

import type { Prefix } from "./config.ts";
import { prefixContains } from "./prefix.ts";

/** Shorter ones hold half of all addresses, and so any endpoint sooner or later. */
const HALF = 1;

/**
 * Whether a route to `prefix` could lead the tunnel into itself.
 *
 * @param endpoints addresses of the peers, 4 or 16 bytes
 */
export function holdsOwnDatagrams(
  prefix: Prefix,
  endpoints: readonly Uint8Array[],
): boolean {
  return prefix.length <= HALF ||
    endpoints.some((address) => prefixContains(prefix, address));
}
