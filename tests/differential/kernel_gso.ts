/**
 * The kernel's own segmentation (GSO), to be asked what it makes of a train: a
 * packet socket sends it to a TUN device that takes none.
 *
 * ```text
 *   send ─▶ packet socket ─▶ skb_gso_segment, checksums ─▶ TUN ─▶ read
 * ```
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { libc, succeed } from "../../ffi/libc.ts";
import { pointerTo, Struct } from "../../ffi/memory.ts";
import { sh } from "../ffi/namespace.ts";
import {
  IPV4,
  IPV6,
  LONGEST,
  openPacketSocket,
  openTun,
} from "./packet_socket.ts";
import { virtioBytes } from "../offload/virtio.ts";
import { type Read } from "./plain_split.ts";

const NAME = "ckgso";

/** The kernel's GSO in the network namespace of this process, which nobody else uses. */
export class KernelGso {
  #tun = openTun(NAME);
  #sockets: Map<number, number>;
  #part = new Struct(16);
  #buffer = new Struct(LONGEST);

  constructor() {
    // So that nothing else is sent.
    sh(`echo 1 > /proc/sys/net/ipv6/conf/${NAME}/disable_ipv6`);
    sh(`ip link set ${NAME} txqueuelen 10000 up`);
    this.#sockets = new Map([
      [4, openPacketSocket(NAME, IPV4)],
      [6, openPacketSocket(NAME, IPV6)],
    ]);
    this.#part.setWord(0, this.#buffer.address);
    this.#part.setWord(8, LONGEST);
  }

  /** The packets that leave when a train is sent, each with its virtio-net header; `undefined` if the kernel refuses it. */
  segment({ virtio, bytes }: Read): Uint8Array[] | undefined {
    const message = Buffer.concat([virtioBytes(virtio), bytes]);
    const socket = this.#sockets.get(bytes.length > 0 ? bytes[0]! >> 4 : 0);
    if (
      socket === undefined ||
      libc.send(socket, message, message.length, 0) < 0
    ) return undefined;
    const packets: Uint8Array[] = [];
    for (;;) {
      const length = libc.readv(this.#tun, pointerTo(this.#part.address), 1);
      if (length < 0) return packets;
      packets.push(this.#buffer.bytes.slice(0, length));
    }
  }

  close(): void {
    for (const socket of this.#sockets.values()) libc.close(socket);
    succeed(libc.close(this.#tun), "close");
  }
}
