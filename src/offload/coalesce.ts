/**
 * Coalesces the packets that leave the tunnel into few writes to the TUN.
 *
 * A write costs the kernel's whole receive path, so the packets of a flow are
 * handed over as one train (generic receive offload), which is never copied
 * together: writev gets the first packet with the virtio-net header before it
 * (there lay the WireGuard header), and then the payloads of the others.
 *
 * ```text
 * slots   │ 6 │ virtio 10 │ IP TCP payload │   │ 16 │ IP TCP payload │   │ 16 │ IP TCP payload │
 * pieces      └────────── 0 ──────────────┘                 └── 1 ──┘              └── 2 ──┘
 * ```
 *
 * Several flows are open at once; within a flow, and for packets that cannot
 * be told to belong to none of the flows between two hosts, order is kept.
 * flow.ts says which packets may be coalesced, group.ts which belong together.
 *
 * @module
 */
import type { PacketMemory } from "../transport/memory.ts";
import type { Checksum } from "../transport/checksum.ts";
import {
  isTCP,
  type Kind,
  kindOf,
  sameHosts,
  transportOf,
  versionOf,
} from "./flow.ts";
import { Group } from "./group.ts";
import { VIRTIO_NET_LENGTH, writePlain } from "./virtio_net.ts";

/** Flows open at once. With one more, the one that began first ends. */
export const MAX_FLOWS = 16;

export interface CoalescerOptions {
  /** Whether the kernel takes UDP trains (TUN_F_USO4 and TUN_F_USO6). */
  readonly udp: boolean;
  readonly checksum: Checksum;
}

/**
 * One packet for the TUN: `count` pieces as (place, length) pairs, the first of
 * which begins with the virtio-net header. `pieces` is valid during the call.
 */
export type CoalescedOutput = (pieces: Uint32Array, count: number) => void;

/** Gathers packets of the same flow; see above. */
export class Coalescer {
  #memory: PacketMemory;
  #udp: boolean;
  #output: CoalescedOutput;
  /** The first `#open` are in use, in the order in which they began. */
  #groups: Group[];
  #open = 0;
  #single = new Uint32Array(2);

  constructor(
    memory: PacketMemory,
    options: CoalescerOptions,
    output: CoalescedOutput,
  ) {
    this.#memory = memory;
    this.#udp = options.udp;
    this.#output = output;
    this.#groups = Array.from(
      { length: MAX_FLOWS },
      () => new Group(memory, options.checksum),
    );
  }

  /**
   * Takes the packet of `length` bytes at `at`, in a slot. It stays the
   * coalescer's until `flush` has returned: headers are rewritten in place, and
   * the 10 bytes before it too.
   */
  add(at: number, length: number): void {
    const kind = kindOf(this.#memory.view, at, length);
    if (kind === "other") this.#endHosts(at, length);
    else if (this.#mayJoin(kind)) {
      return this.#addToFlow(at, length);
    } else if (kind === "single") this.#endFlow(at);
    this.#pass(at, length);
  }

  /** Hands on everything that is held back, the oldest flow first. */
  flush(): void {
    while (this.#open > 0) this.#end(0);
  }

  #mayJoin(kind: Kind): boolean {
    return kind === "segment" || (kind === "datagram" && this.#udp);
  }

  #addToFlow(at: number, length: number): void {
    let index = this.#find(at);
    if (index < 0 || !this.#groups[index]!.join(at, length)) {
      if (index >= 0) this.#end(index);
      else if (this.#open === MAX_FLOWS) this.#end(0);
      index = this.#open++;
      this.#groups[index]!.begin(at, length);
    }
    if (this.#groups[index]!.full) this.#end(index);
  }

  /** The number of the open group of a packet's flow, or -1. */
  #find(at: number): number {
    const { view } = this.#memory;
    const transport = transportOf(view, at);
    const ports = view.getInt32(at + transport);
    const tcp = isTCP(view, at);
    for (let index = 0; index < this.#open; index++) {
      const group = this.#groups[index]!;
      if (
        group.hasPorts(ports, tcp, transport) && sameHosts(view, at, group.at)
      ) return index;
    }
    return -1;
  }

  #endFlow(at: number): void {
    const index = this.#find(at);
    if (index >= 0) this.#end(index);
  }

  #endHosts(at: number, length: number): void {
    const { view } = this.#memory;
    const version = versionOf(view, at, length);
    for (let index = 0; index < this.#open;) {
      const first = this.#groups[index]!.at;
      const between = view.getUint8(first) >> 4 === version &&
        sameHosts(view, at, first);
      if (between) this.#end(index);
      else index++;
    }
  }

  #pass(at: number, length: number): void {
    writePlain(this.#memory, at);
    this.#single[0] = at - VIRTIO_NET_LENGTH;
    this.#single[1] = VIRTIO_NET_LENGTH + length;
    this.#output(this.#single, 1);
  }

  /** Hands a group on; the ones that began after it move up. */
  #end(index: number): void {
    const group = this.#groups[index]!;
    this.#open--;
    for (let i = index; i < this.#open; i++) {
      this.#groups[i] = this.#groups[i + 1]!;
    }
    this.#groups[this.#open] = group;
    this.#output(group.pieces, group.finish());
  }
}
