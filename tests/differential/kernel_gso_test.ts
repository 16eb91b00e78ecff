/**
 * split() makes of random trains what the kernel's own GSO makes of them, byte
 * for byte, and so do checksums that were left undone.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert";
import { Tun } from "../../ffi/tun.ts";
import { namespaceTest } from "../ffi/namespace.ts";
import { Workbench } from "../offload/model.ts";
import { KernelGso } from "./kernel_gso.ts";
import { virtioBytes } from "../offload/virtio.ts";
import { type Read } from "./plain_split.ts";
import { Random } from "./random.ts";
import { Traffic } from "./traffic.ts";

const FILE = import.meta.url;
const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000_000);
const ROUNDS = 20, READS = 60;
/** Of each kind so many must have been compared. */
const LEAST = 30;
const KINDS = new Map([
  [0, "packet"],
  [1, "TCP over IPv4"],
  [4, "TCP over IPv6"],
  [5, "UDP"],
]);

/** Both, if this is something that the kernel sends: a train of two and more, no fragment, to a TUN that takes it. */
function compare(kernel: KernelGso, bench: Workbench, read: Read): boolean {
  const { virtio, bytes } = read;
  const packets = bench.split(virtioBytes(virtio), bytes);
  const isTrain = virtio.type !== 0;
  if (typeof packets === "string" || isTrain && packets.length < 2) {
    return false;
  }
  const segments = kernel.segment(read);
  const hex = segments?.map((segment) => segment.subarray(10).toHex());
  deepStrictEqual(hex, packets.map((packet) => packet.toHex()));
  return true;
}

namespaceTest(
  "split() makes of random trains what the kernel's GSO makes of them",
  FILE,
  () => {
    const tun = Tun.open("ckprobe");
    const types = tun.udpOffload ? [0, 1, 4, 5] : [0, 1, 4];
    tun.close();
    const kernel = new KernelGso();
    const bench = new Workbench();
    const counts = new Map(types.map((type) => [type, 0]));
    for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
      const traffic = new Traffic(new Random(seed), 1, 1_420);
      for (let i = 0; i < READS; i++) {
        const read = traffic.sound();
        const type = read.virtio.type & ~0x80;
        const before = counts.get(type);
        try {
          if (before !== undefined && compare(kernel, bench, read)) {
            counts.set(type, before + 1);
          }
        } catch (cause) {
          throw new Error(`with SEED=${seed}, read ${i}`, { cause });
        }
      }
    }
    kernel.close();
    const few = [...counts].filter(([, count]) => count < LEAST);
    deepStrictEqual(few.map(([type]) => KINDS.get(type)), []);
  },
);
