/**
 * Whether datagrams to the peers leave this machine otherwise than before: by another interface,
 * another gateway, from another address.
 *
 * The kernel is asked for the way to each endpoint, with the tunnel's mark; so routes that concern no
 * peer, and the tunnel's own, are no news. Where an endpoint is new, the way to anywhere stands for it.
 *
 * @module
 */

import { routeTo } from "../../ffi/route.ts";
import { formatAddress } from "../config/address.ts";
import type { Endpoint } from "../config/config.ts";
import { formatEndpoint } from "../config/endpoint.ts";

/** Endpoints that are looked at: a server of many peers must not ask the kernel for ever. */
const MOST = 64;
/** TEST-NET-3 and 2001:db8::/32: nobody's, so their way is the default one. */
const ANYWHERE = [
  Uint8Array.of(203, 0, 113, 1),
  Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
];

/** The way to an address in a form that can be compared; "" where there is none. */
export type WayTo = (address: Uint8Array) => string;

/** Asks the kernel. @param mark of the datagrams */
export function kernelWay(mark: () => number): WayTo {
  return (address) => {
    const route = routeTo(address, mark());
    if (route === undefined) return "";
    const { interfaceIndex, gateway, source } = route;
    const text = (bytes?: Uint8Array) => bytes ? formatAddress(bytes) : "-";
    return `${interfaceIndex} ${text(gateway)} ${text(source)}`;
  };
}

/** What was seen at the last look. */
export class Ways {
  #wayTo: WayTo;
  #known = new Map<string, string>();

  constructor(wayTo: WayTo) {
    this.#wayTo = wayTo;
    for (const address of ANYWHERE) {
      this.#known.set(formatAddress(address), wayTo(address));
    }
  }

  /** Looks again: those of `endpoints` to which there is a way, and it is not the one that it was. */
  changed(endpoints: readonly Endpoint[]): Set<Endpoint> {
    const before = this.#known;
    this.#known = new Map();
    const news = new Map(ANYWHERE.map((address) => {
      const name = formatAddress(address);
      return [address.length, this.#look(name, address) !== before.get(name)];
    }));
    const moved = new Set<Endpoint>();
    for (const endpoint of endpoints.slice(0, MOST)) {
      const name = formatEndpoint(endpoint);
      const old = before.get(name);
      const way = this.#look(name, endpoint.address);
      const isNews = old === undefined
        ? news.get(endpoint.address.length)
        : way !== old;
      if (way !== "" && isNews) moved.add(endpoint);
    }
    return moved;
  }

  #look(name: string, address: Uint8Array): string {
    const way = this.#wayTo(address);
    this.#known.set(name, way);
    return way;
  }
}
