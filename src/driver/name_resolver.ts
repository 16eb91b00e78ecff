/**
 * Asking the machine's resolver where a peer is, beside the packets.
 *
 * getaddrinfo(3) waits in another thread; it reads /etc/resolv.conf anew when that has changed. Its order
 * is kept, but the families take turns, so that after an address that stays silent one of the other
 * family is tried.
 *
 * @module
 */

import { resolveAddresses } from "../../ffi/resolve.ts";
import { linkIndex } from "../../ffi/link.ts";
import type { Endpoint } from "../config/config.ts";
import { literalEndpoint } from "../config/endpoint.ts";
import type { PeerName } from "../config/uapi_names.ts";

/** Addresses of a host, the preferred one first; rejects where there are none. */
export type Resolve = (
  host: string,
) => Promise<readonly Pick<Endpoint, "address" | "scope">[]>;

/**
 * Where a name leads: the preferred endpoint first, then by turns of the other family and of the same.
 *
 * @returns none where it cannot be resolved now
 */
export async function endpointsOf(
  { host, port }: PeerName,
  resolve: Resolve = resolveAddresses,
): Promise<Endpoint[]> {
  const literal = literalEndpoint({ host, port }, linkIndex);
  if (literal !== undefined) return [literal];
  try {
    const found = await resolve(host);
    return byTurns(found).map(({ address, scope }) => ({
      address,
      port,
      scope,
    }));
  } catch {
    return [];
  }
}

function byTurns<T extends Pick<Endpoint, "address">>(
  found: readonly T[],
): T[] {
  const preferred = found[0]?.address.length;
  const same = found.filter(({ address }) => address.length === preferred);
  const other = found.filter(({ address }) => address.length !== preferred);
  return found.flatMap((
    _,
    i,
  ) => [...same.slice(i, i + 1), ...other.slice(i, i + 1)]);
}
