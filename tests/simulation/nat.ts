/**
 * A network address translator on the virtual network (RFC 4787).
 *
 * ```text
 * inside 192.168.1.2:40000 ──▶ ┌─────┐ ──▶ outside: from 203.0.113.7:50001
 *                          ◀── │ NAT │ ◀── to 203.0.113.7:50001, while the mapping lives
 *                              └─────┘
 * ```
 *
 * Every datagram of a mapping, in either direction, keeps it alive, as in
 * Linux. Only those may come in who were spoken to: its filter is by address
 * and port.
 *
 * @module
 */

import type { Endpoint } from "../../src/config/config.ts";
import {
  type Datagram,
  endpoint,
  type Middlebox,
  textOf,
} from "./simulation.ts";

interface Mapping {
  inside: Endpoint;
  outside: Endpoint;
  /** Whom the inside has spoken to. */
  spokenTo: string;
  expires: number;
}

/** One translator. */
export class Nat implements Middlebox {
  #mappings: Mapping[] = [];
  #inside: number[];
  #outside: string;
  #lifetime: number;
  #nextPort = 50_000;

  /**
   * @param inside the bytes that addresses inside begin with, as "192.168.1"
   * @param outside the address that all of them appear under
   * @param lifetime milliseconds of silence after which a mapping is forgotten
   */
  constructor(inside: string, outside: string, lifetime: number) {
    this.#inside = inside.split(".").map(Number);
    this.#outside = outside;
    this.#lifetime = lifetime;
  }

  /** Forgets every mapping, as after a restart; new ones get other ports. */
  reset(): void {
    this.#mappings = [];
  }

  handles({ from, to }: Datagram): boolean {
    return this.#isInside(from) && !this.#isInside(to) ||
      to.address.join(".") === this.#outside;
  }

  pass(datagram: Datagram, now: number): Datagram | undefined {
    this.#mappings = this.#mappings.filter(({ expires }) => now < expires);
    return this.#isInside(datagram.from)
      ? this.#outwards(datagram, now)
      : this.#inwards(datagram, now);
  }

  #outwards({ from, to, bytes }: Datagram, now: number): Datagram {
    const inside = textOf(from), spokenTo = textOf(to);
    let mapping = this.#mappings.find((known) =>
      textOf(known.inside) === inside && known.spokenTo === spokenTo
    );
    if (mapping === undefined) {
      const outside = endpoint(`${this.#outside}:${this.#nextPort++}`);
      mapping = { inside: from, outside, spokenTo, expires: 0 };
      this.#mappings.push(mapping);
    }
    mapping.expires = now + this.#lifetime;
    return { from: mapping.outside, to, bytes };
  }

  #inwards({ from, to, bytes }: Datagram, now: number): Datagram | undefined {
    const outside = textOf(to), spokenTo = textOf(from);
    const mapping = this.#mappings.find((known) =>
      textOf(known.outside) === outside && known.spokenTo === spokenTo
    );
    if (mapping === undefined) return undefined;
    mapping.expires = now + this.#lifetime;
    return { from, to: mapping.inside, bytes };
  }

  #isInside({ address }: Endpoint): boolean {
    return this.#inside.every((byte, i) => address[i] === byte);
  }
}
