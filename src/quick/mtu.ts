/**
 * The MTU of the interface, as wg-quick(8) computes it, but for what would be a black hole.
 *
 * ```text
 * MTU = …                  that
 * peers with endpoints     the smallest MTU on the way to any of them, less 80
 * none of them             the MTU of the default route, else 1500, less 80
 *
 * on the way               the MTU of the route (what a router reported, else of the device);
 *                          above 1500 only where pings prove it; less where only smaller ones come back
 * ```
 *
 * 80 is what WireGuard adds over IPv6: 40 IP, 8 UDP, 16 header, 16 tag.
 * The device of a cloud's machine takes 9000 bytes and the internet behind it 1500: wg-quick(8) makes
 * 8920 of it. So what nothing proves is 1500 at most; that is also true of a local relay (udp2raw,
 * wstunnel) on 127.0.0.1 or ::1, whose loopback takes 65,536.
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";

/** Bytes that WireGuard, UDP and IPv6 put around a packet. */
export const OVERHEAD = 80;
/** The MTU of Ethernet, taken where nothing better is known. */
export const USUAL_MTU = 1500;
/** The least MTU of a link that carries IPv6 (RFC 8200 §5). */
export const LEAST_IPV6_MTU = 1280;

/** One endpoint, and the MTU of the way to it. */
export interface EndpointPath {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** Of the route; undefined where there is none. */
  readonly mtu: number | undefined;
  /** The largest packet that came back from there whole; absent where none did. */
  readonly proven?: number;
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
  const known = paths.flatMap((path) => pathMtu(path) ?? []);
  const outer = known.length > 0
    ? Math.min(...known)
    : Math.min(defaultMtu ?? USUAL_MTU, USUAL_MTU);
  return outer - OVERHEAD;
}

/** The paths with what came back from each, by its address's bytes joined with commas. */
export function withProof(
  paths: readonly EndpointPath[],
  proven: ReadonlyMap<string, number>,
): EndpointPath[] {
  return paths.map((path) => {
    const largest = proven.get(path.address.join());
    return largest === undefined ? path : { ...path, proven: largest };
  });
}

/** What the way to an endpoint takes, as far as it is known to; undefined where there is none. */
export function pathMtu(
  { address, mtu, proven }: EndpointPath,
): number | undefined {
  if (mtu === undefined) return undefined;
  if (proven === undefined || isLoopback(address)) {
    return Math.min(mtu, USUAL_MTU);
  }
  return Math.min(mtu, proven);
}

/** Where the way takes less than its route says, so that the user may know why. */
export function mtuWarnings(paths: readonly EndpointPath[]): string[] {
  return paths.flatMap((path) => {
    const { address, mtu = 0, proven } = path;
    if (proven === undefined || isLoopback(address)) return [];
    const taken = pathMtu(path)!;
    if (taken >= Math.min(mtu, USUAL_MTU)) return [];
    return [
      `packets of more than ${taken} bytes do not come through to ${
        formatAddress(address)
      }, and no router says so: the tunnel's MTU is chosen by that`,
    ];
  });
}

/** Whether an address is this machine's own, whatever the network. */
export function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  const mapped = address.subarray(0, 10).every((byte) => byte === 0) &&
    address[10] === 0xff && address[11] === 0xff;
  if (mapped) return address[12] === 127;
  return address.every((byte, i) => byte === (i === 15 ? 1 : 0));
}
