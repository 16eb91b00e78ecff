/**
 * Asking where a peer is, beside the packets.
 *
 * ```text
 * the machine's resolver      answers: that; there is no such host: nothing
 *                             fails, or takes 3 s: it may ask through the tunnel, so
 * servers asked directly      from before the tunnel (direct_resolver.ts)
 * ```
 *
 * getaddrinfo(3) waits in another thread; it reads /etc/resolv.conf anew when that has changed. Its order
 * is kept, but the families take turns, so that after an address that stays silent one of the other
 * family is tried.
 *
 * @module
 */

import { linkIndex } from "../../ffi/link.ts";
import { ResolveError } from "../../ffi/resolve.ts";
import type { Endpoint } from "../config/config.ts";
import { literalEndpoint } from "../config/endpoint.ts";
import type { PeerName } from "../config/uapi_names.ts";

/** Milliseconds for which the machine's resolver alone is waited for. */
const PATIENCE = 3_000;

type Found = readonly Pick<Endpoint, "address" | "scope">[];

/** Who is asked; each gives addresses of a host, the preferred one first. */
export interface Resolvers {
  /**
   * The machine's.
   *
   * @param isWanted whether the answer is still of use; where it is not once its turn comes, nobody is asked
   * @throws {ResolveError} where there are none
   */
  resolve(host: string, isWanted: () => boolean): Promise<Found | undefined>;
  /** None where nobody tells. */
  askDirectly(host: string): Promise<Found>;
  /** Milliseconds; {@linkcode PATIENCE} unless given. */
  patience?: number;
}

/**
 * Where a name leads: the preferred endpoint first, then by turns of the other family and of the same.
 *
 * @returns none where it cannot be resolved now
 */
export async function endpointsOf(
  { host, port }: PeerName,
  resolvers: Resolvers,
): Promise<Endpoint[]> {
  const literal = literalEndpoint({ host, port }, linkIndex);
  if (literal !== undefined) return [literal];
  const found = await ask(host, resolvers);
  return byTurns(found).map(({ address, scope }) => ({ address, port, scope }));
}

async function ask(
  host: string,
  { resolve, askDirectly, patience = PATIENCE }: Resolvers,
): Promise<Found> {
  let isWanted = true;
  const machine = resolve(host, () => isWanted).catch((error) => {
    if (error instanceof ResolveError && error.temporary) return undefined;
    return [];
  });
  let timer: number | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patience);
  });
  const first = await Promise.race([machine, late]);
  clearTimeout(timer);
  if (first !== undefined) return first;
  const direct = await askDirectly(host);
  if (direct.length === 0) return await machine ?? [];
  isWanted = false;
  return direct;
}

function byTurns<T extends Pick<Endpoint, "address">>(
  found: readonly T[],
): T[] {
  const preferred = found[0]?.address.length;
  const same = found.filter(({ address }) => address.length === preferred);
  const other = found.filter(({ address }) => address.length !== preferred);
  return found.flatMap((_, i) => [
    ...same.slice(i, i + 1),
    ...other.slice(i, i + 1),
  ]);
}
