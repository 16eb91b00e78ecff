/**
 * The kernel's own GRO, to be asked what it makes of packets.
 *
 * A TUN device with IFF_NAPI hands what is written to it to GRO as the driver
 * of a network card would; a packet socket sees what comes out behind it.
 *
 * ```text
 *   write ─▶ TUN ─▶ napi_gro_receive ─▶ (held a few ms) ─▶ packet socket ─▶ recv
 * ```
 *
 * GRO hands on what it holds when the kernel's clock ticks, so that packets may
 * come out in more parts than it would have made: who asks must ask again.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { libc, succeed } from "../../ffi/libc.ts";
import { cInt } from "../../ffi/memory.ts";
import { sh } from "../ffi/namespace.ts";
import {
  EVERYTHING,
  IFF_NAPI,
  LONGEST,
  openPacketSocket,
  openTun,
  setOption,
} from "./packet_socket.ts";
import { NO_VIRTIO, virtioBytes } from "../offload/virtio.ts";

const AF_INET6 = 10, SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const SOL_UDP = 17, UDP_GRO = 104;
/** Longer than a few dozen writes take, in nanoseconds. */
const HOLD = 3_000_000;
const NAME = "ckgro";

/** The kernel's GRO in the network namespace of this process, which nobody else uses. */
export class KernelGro {
  #tun: number;
  #socket: number;
  #buffer = new Uint8Array(LONGEST);

  /** @param ports UDP's destinations: only where a socket takes trains, GRO makes them */
  constructor(ports: readonly number[]) {
    this.#tun = openTun(NAME, IFF_NAPI);
    sh(`ip addr add 10.9.1.1/24 dev ${NAME} && ip link set ${NAME} up`);
    sh(`echo ${HOLD} > /sys/class/net/${NAME}/gro_flush_timeout`);
    ports.forEach(takeTrains);
    this.#socket = openPacketSocket(NAME, EVERYTHING);
  }

  /** What comes out, with its virtio-net header, of packets that go in one after the other. */
  receive(packets: readonly Uint8Array[]): Uint8Array[] {
    // What came too late to be of the last ones.
    while (this.#next(MSG_DONTWAIT) !== undefined);
    const plain = virtioBytes(NO_VIRTIO);
    for (const packet of packets) {
      const bytes = Buffer.concat([plain, packet]);
      succeed(libc.write(this.#tun, bytes, bytes.length), "write");
    }
    const out: Uint8Array[] = [];
    for (let left = packets.length; left > 0;) {
      const bytes = this.#next(0);
      if (bytes === undefined) break;
      left -= segments(bytes);
      out.push(bytes);
    }
    return out;
  }

  close(): void {
    libc.close(this.#tun);
    libc.close(this.#socket);
  }

  #next(flags: number): Uint8Array | undefined {
    const received = libc.recv(this.#socket, this.#buffer, LONGEST, flags);
    return received < 0 ? undefined : this.#buffer.slice(0, received);
  }
}

/** Packets in one that came out. */
function segments(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer);
  const size = view.getUint16(4, true), start = view.getUint16(6, true);
  if (size === 0) return 1;
  const udp = view.getUint8(1) === 5;
  const headers = start + (udp ? 8 : (bytes[10 + start + 12]! >> 4) * 4);
  return Math.ceil((bytes.length - 10 - headers) / size);
}

/** A UDP socket over both versions of IP that lets GRO make trains for it; it stays open. */
function takeTrains(port: number): void {
  const fd = succeed(libc.socket(AF_INET6, SOCK_DGRAM, 0), "socket");
  setOption(fd, SOL_UDP, UDP_GRO, cInt(1));
  const name = new Uint8Array(28);
  new DataView(name.buffer).setUint16(0, AF_INET6, true);
  new DataView(name.buffer).setUint16(2, port);
  succeed(libc.bind(fd, name, name.length), "bind");
}
