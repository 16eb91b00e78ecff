/**
 * The MTU of the interface, as wg-quick(8) computes it.
 *
 * ```text
 * MTU = …                  that
 * peers with endpoints     the smallest MTU on the way to any of them, less 80
 * none of them             the MTU of the default route, else 1500, less 80
 * ```
 *
 * 80 is what WireGuard adds over IPv6: 40 IP, 8 UDP, 16 header, 16 tag.
 * An endpoint on 127.0.0.1 or ::1 is a local relay (udp2raw, wstunnel): loopback's
 * 65,536 says nothing of the way behind it, so it counts as 1500 at most.
 *
 * @module
 */

/** Bytes that WireGuard, UDP and IPv6 put around a packet. */
export const OVERHEAD = 80;
/** The MTU of Ethernet, taken where nothing better is known. */
export const USUAL_MTU = 1500;
/** The least MTU of a link that carries IPv6 (RFC 8200 §5). */
export const LEAST_IPV6_MTU = 1280;

/** One endpoint, and the MTU of the route to it. */
export interface EndpointPath {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** Undefined where there is no route. */
  readonly mtu: number | undefined;
}

/**
 * MTU for a tunnel that runs over these paths.
 *
 * @param defaultMtu of the default route; undefined where there is none
 */
export function tunnelMtu(
  paths: readonly EndpointPath[],
  defaultMtu: number | undefined,
): number {
  const known = paths.flatMap(({ address, mtu }) => {
    if (mtu === undefined) return [];
    return [isLoopback(address) ? Math.min(mtu, USUAL_MTU) : mtu];
  });
  const outer = known.length > 0 ? Math.min(...known) : defaultMtu ?? USUAL_MTU;
  return outer - OVERHEAD;
}

function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  const mapped = address.subarray(0, 10).every((byte) => byte === 0) &&
    address[10] === 0xff && address[11] === 0xff;
  if (mapped) return address[12] === 127;
  return address.every((byte, i) => byte === (i === 15 ? 1 : 0));
}
