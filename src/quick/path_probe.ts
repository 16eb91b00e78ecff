/**
 * What the ways to the peers really take: `up` pings each endpoint with packets that no router may cut.
 *
 * ```text
 * up begins ──▶ pings of the route's MTU (above 1500), of 1500, of 1280        while the daemon starts
 * daemon runs ─▶ the largest came back          the way takes that
 *               only a smaller one came back   black hole: pings of the sizes between, the largest wins
 *               a router reported its MTU      the kernel has it with the route; pings of that
 *               nothing came back              nothing is known: many hosts answer no ping
 * ```
 *
 * Nobody waits for a host that does not answer, unless its route has an MTU above 1500, which is
 * used only where it is proven: then for 0.9 s.
 *
 * @module
 */

import { Ping } from "../../ffi/ping.ts";
import { linkByIndex } from "../../ffi/link.ts";
import { routeTo } from "../../ffi/route.ts";
import { isLoopback, LEAST_IPV6_MTU, USUAL_MTU } from "./mtu.ts";

/** What is usual between 1280 and 1500: PPPoE, GRE, VXLAN, IPsec, mobile networks. */
const BETWEEN = [1492, 1480, 1472, 1460, 1450, 1440, 1430, 1420, 1412, 1400]
  .concat([1392, 1380, 1370, 1360, 1350, 1340, 1320, 1300]);
/** Endpoints of which the rest is not pinged: a server's peers dial it. */
const MOST_PATHS = 16;
/** How often a packet above 1500 is sent again, as one may be lost. */
const JUMBO_ROUNDS = 2;
const SILENCE_MILLISECONDS = 300;
/** For what comes right behind an answer that came. */
const AFTERMATH_MILLISECONDS = 50;
const POLL_MILLISECONDS = 5;

/** Pings to the endpoints, under way. */
export class PathProbe {
  readonly #paths: Path[] = [];

  /** Sends the first ones. @param endpoints 4 or 16 bytes each */
  constructor(endpoints: readonly Uint8Array[], mark = 0) {
    const distinct = new Map(endpoints.map((each) => [each.join(), each]));
    for (const address of [...distinct.values()].slice(0, MOST_PATHS)) {
      const path = Path.begin(address, mark);
      if (path !== undefined) this.#paths.push(path);
    }
  }

  /**
   * Waits for what is worth waiting for.
   *
   * @returns the largest packet that came back, for each endpoint of which one did, by its bytes joined with commas
   */
  async finish(): Promise<Map<string, number>> {
    const results = await Promise.all(this.#paths.map((path) => path.finish()));
    const found = new Map<string, number>();
    for (const [i, largest] of results.entries()) {
      if (largest > 0) found.set(this.#paths[i]!.address.join(), largest);
    }
    return found;
  }

  /** Ends it without a result. */
  close(): void {
    for (const path of this.#paths) path.close();
  }
}

/** MTU of the way to an address; undefined where there is none. */
export function mtuTo(address: Uint8Array, mark = 0): number | undefined {
  const route = routeTo(address, mark);
  if (route === undefined) return undefined;
  return route.mtu ?? linkByIndex(route.interfaceIndex)?.mtu;
}

/** Pings to one endpoint. */
class Path {
  readonly #ping: Ping;
  readonly #mark: number;
  readonly #began = performance.now();
  readonly #timer: number;
  /** Milliseconds that the first answer took. */
  #roundTrip = 0;
  #largest = 0;
  /** The largest that was asked for. */
  #goal: number;

  private constructor(ping: Ping, goal: number, mark: number) {
    this.#ping = ping;
    this.#goal = goal;
    this.#mark = mark;
    this.#ask([goal, USUAL_MTU, LEAST_IPV6_MTU]);
    // While the daemon starts; also to know how long an answer takes.
    this.#timer = setInterval(() => this.#look(), POLL_MILLISECONDS);
  }

  /** @returns undefined where no ping can tell anything */
  static begin(address: Uint8Array, mark: number): Path | undefined {
    if (isLoopback(address) || isLinkLocal(address)) return undefined;
    try {
      const mtu = mtuTo(address, mark);
      if (mtu === undefined || mtu < LEAST_IPV6_MTU) return undefined;
      return new Path(new Ping(address, mark), mtu, mark);
    } catch {
      // No right to ping, as in a container without NET_RAW; nothing is known then.
      return undefined;
    }
  }

  get address(): Uint8Array {
    return this.#ping.address;
  }

  async finish(): Promise<number> {
    try {
      await this.#wait();
    } finally {
      this.close();
    }
    return this.#largest;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#ping[Symbol.dispose]();
  }

  async #wait(): Promise<void> {
    this.#look();
    this.#heedRouters();
    if (this.#goal > USUAL_MTU) await this.#proveJumbo();
    if (this.#largest === 0 || this.#suffices()) return;
    await this.#until(this.#wanted, this.#roundTrip + AFTERMATH_MILLISECONDS);
    if (this.#suffices()) return;
    this.#heedRouters();
    this.#ask([this.#wanted, ...BETWEEN]);
    await this.#until(this.#wanted, this.#patience);
  }

  /** What has to be proven, or disproven. */
  get #wanted(): number {
    return Math.min(this.#goal, USUAL_MTU);
  }

  #suffices(): boolean {
    return this.#largest >= this.#wanted;
  }

  /** Where a router has reported an MTU, the kernel refuses larger packets. */
  #heedRouters(): void {
    this.#goal = Math.min(mtuTo(this.address, this.#mark) ?? 0, this.#goal);
  }

  async #proveJumbo(): Promise<void> {
    for (let round = 0; round < JUMBO_ROUNDS; round++) {
      await this.#until(this.#goal, this.#patience);
      this.#heedRouters();
      if (this.#goal <= USUAL_MTU || this.#largest >= this.#goal) return;
      this.#ask([this.#goal, USUAL_MTU]);
    }
    await this.#until(this.#goal, this.#patience);
  }

  /** A host that answers small packets would have answered a large one by then. */
  get #patience(): number {
    return this.#largest === 0
      ? SILENCE_MILLISECONDS
      : 2 * this.#roundTrip + AFTERMATH_MILLISECONDS;
  }

  /** Waits until a packet of that size has come back, or the time is over. */
  async #until(size: number, milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.#largest < size && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      this.#look();
    }
  }

  /** Sends packets of these sizes, as far as the way may take them. */
  #ask(sizes: readonly number[]): void {
    const useful = sizes.filter((size) => size <= this.#goal);
    for (const size of new Set(useful)) this.#ping.send(size);
  }

  #look(): void {
    for (const size of this.#ping.receive()) {
      if (this.#largest === 0) {
        this.#roundTrip = performance.now() - this.#began;
      }
      this.#largest = Math.max(this.#largest, size);
    }
  }
}

function isLinkLocal(address: Uint8Array): boolean {
  return address.length === 16 && address[0] === 0xfe &&
    (address[1]! & 0xc0) === 0x80;
}
