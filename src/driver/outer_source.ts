/**
 * The address that a tunnel's datagrams leave from: never one of the tunnel's own.
 *
 * Where a peer has not said which of our addresses it knows, the kernel chooses
 * one, and any interface's will do for it. A tunnel's own address is taken where
 * the uplink has none that is as good (RFC 6724 §5):
 *
 * ```text
 * the uplink's address      the kernel's choice
 * global                    that one
 * deprecated, still valid   the tunnel's: rule 3 comes before rule 5
 * link-local only           the tunnel's: rule 2
 * none, or not yet usable   the tunnel's, or another interface's
 * ```
 *
 * The peer would answer to it, through its own tunnel into itself. So such a
 * choice is made anew here: the best other address of the uplink, then another
 * interface's, then the uplink's link-local one; without any, nothing is sent.
 *
 * @module
 */

import { addresses, type InterfaceAddress } from "../../ffi/address.ts";
import { type Route, routeTo, TYPE_UNICAST } from "../../ffi/route.ts";
import { MAXIMUM_SEGMENTS, type Sender } from "../../ffi/sender.ts";
import { isLinkLocal } from "../../ffi/socket_address.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { bytesEqual } from "../config/address.ts";
import type { Endpoint } from "../config/config.ts";
import { withoutSource } from "../config/endpoint.ts";

const SCOPE_GLOBAL = 0;
const SCOPE_LINK = 253;
/** Endpoints that are remembered at most, so that roaming peers cost no memory. */
const CAPACITY = 4096;

/** What an {@linkcode OuterSource} is told. */
export interface OuterSourceOptions {
  /** Index of the tunnel's interface. */
  tunnel: number;
  /** The mark of what is sent. */
  mark: () => number;
  /** `datagrams` to `to`, of `length` bytes together, are lost: this machine has no address but the tunnel's. */
  onNone: (to: Endpoint, datagrams: number, length: number) => void;
}

/** A sender that chooses the source where nothing else does. */
export class OuterSource implements Pick<Sender, "add" | "flush"> {
  #sender: Pick<Sender, "add" | "flush">;
  #options: OuterSourceOptions;
  #known = new Map<Endpoint, Endpoint | undefined>();
  #originals = new WeakMap<Endpoint, Endpoint>();
  #addresses: InterfaceAddress[] | undefined;

  constructor(
    sender: Pick<Sender, "add" | "flush">,
    options: OuterSourceOptions,
  ) {
    this.#sender = sender;
    this.#options = options;
  }

  /** As {@linkcode Sender.add}. */
  add(
    place: number,
    length: number,
    segment: number,
    to: Endpoint,
    service = 0,
  ): void {
    const from = to.source === undefined ? this.#remembered(to) : to;
    if (from !== undefined) {
      return this.#sender.add(place, length, segment, from, service);
    }
    const datagrams = segment > 0 ? Math.ceil(length / segment) : 1;
    this.#options.onNone(to, Math.min(datagrams, MAXIMUM_SEGMENTS), length);
  }

  flush(): void {
    this.#sender.flush();
  }

  /** Addresses or routes have changed. */
  forget(): void {
    this.#known.clear();
    this.#addresses = undefined;
  }

  /**
   * Where else a datagram may come from, now that the source that `to` names failed.
   *
   * @returns the same place, with a source unless the kernel's choice is right;
   * undefined where there is none
   */
  otherSource(to: Endpoint): Endpoint | undefined {
    this.forget();
    return this.#choose(to, withoutSource(to));
  }

  /** The endpoint of which `to` was made, or `to` itself. */
  original(to: Endpoint): Endpoint {
    return this.#originals.get(to) ?? to;
  }

  #remembered(to: Endpoint): Endpoint | undefined {
    if (this.#known.has(to)) return this.#known.get(to);
    if (this.#known.size >= CAPACITY) this.#known.clear();
    const found = this.#choose(to, to);
    this.#known.set(to, found);
    return found;
  }

  /** A way to `to`, which may be remembered as made of `original`. */
  #choose(original: Endpoint, to: Endpoint): Endpoint | undefined {
    const found = this.#sourced(to);
    if (found !== undefined && found !== original) {
      this.#originals.set(found, original);
    }
    return found;
  }

  #sourced(to: Endpoint): Endpoint | undefined {
    // The kernel takes the address of the interface that is named.
    if (isLinkLocal(to.address)) return to;
    try {
      const route = routeTo(to.address, this.#options.mark());
      if (route === undefined || !this.#choosesOurs(route)) return to;
      const best = this.#best(route);
      if (best === undefined) return undefined;
      const { address, index } = best;
      const scope = isLinkLocal(address) ? index : to.scope;
      return { ...to, scope, source: address };
    } catch (error) {
      // Where the kernel does not say, its choice is as good as any.
      if (error instanceof SystemError) return to;
      throw error;
    }
  }

  /** Whether the kernel would take the tunnel's address, on a way that is not the tunnel itself. */
  #choosesOurs({ source, type, interfaceIndex }: Route): boolean {
    const { tunnel } = this.#options;
    return source !== undefined && type === TYPE_UNICAST &&
      interfaceIndex !== tunnel &&
      this.#all().some(({ index, address }) =>
        index === tunnel && bytesEqual(address, source)
      );
  }

  #best({ interfaceIndex, destination }: Route): InterfaceAddress | undefined {
    const ranked = this.#all()
      .filter(({ address }) => address.length === destination.length)
      .map((found) => ({ found, rank: this.#rank(found, interfaceIndex) }))
      .filter(({ rank }) => rank < Infinity)
      .sort((a, b) => a.rank - b.rank);
    return ranked[0]?.found;
  }

  /** The lowest is the best; Infinity may not be used. */
  #rank(
    { index, scope, state }: InterfaceAddress,
    uplink: number,
  ): number {
    if (index === this.#options.tunnel || state === "unusable") return Infinity;
    const deprecated = state === "deprecated" ? 1 : 0;
    if (scope === SCOPE_GLOBAL) return (index === uplink ? 0 : 2) + deprecated;
    return scope === SCOPE_LINK && index === uplink ? 4 : Infinity;
  }

  #all(): InterfaceAddress[] {
    return this.#addresses ??= addresses();
  }
}
