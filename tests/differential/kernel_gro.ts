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
import { O_RDWR, openFile } from "../../ffi/file.ts";
import { libc, succeed } from "../../ffi/libc.ts";
import { cInt, cString, Struct } from "../../ffi/memory.ts";
import { sh } from "../ffi/namespace.ts";
import { PLAIN, virtioBytes } from "./plain_split.ts";

const TUNSETIFF = 0x400454ca, TUNSETVNETHDRSZ = 0x400454d8;
const IFF_TUN = 0x0001, IFF_NO_PI = 0x1000, IFF_VNET_HDR = 0x4000;
const IFF_NAPI = 0x0010;
const AF_INET6 = 10, AF_PACKET = 17;
const SOCK_DGRAM = 2, SOCK_RAW = 3;
const SOL_SOCKET = 1, SO_RCVTIMEO = 20, SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263, PACKET_VNET_HDR = 15, PACKET_IGNORE_OUTGOING = 23;
const SOL_UDP = 17, UDP_GRO = 104;
/** ETH_P_ALL in network order. */
const EVERYTHING = 0x0300;
/** Longer than a few dozen writes take, in nanoseconds. */
const HOLD = 3_000_000;
/** Longer than that, in microseconds. */
const PATIENCE = 30_000;
const NAME = "ckgro";
const LONGEST = 10 + 0xffff;

/** The kernel's GRO in the network namespace of this process, which nobody else uses. */
export class KernelGro {
  #tun: number;
  #socket: number;
  #buffer = new Uint8Array(LONGEST);

  /** @param ports UDP's destinations: only where a socket takes trains, GRO makes them */
  constructor(ports: readonly number[]) {
    this.#tun = openTun();
    sh(`ip addr add 10.9.1.1/24 dev ${NAME} && ip link set ${NAME} up`);
    sh(`echo ${HOLD} > /sys/class/net/${NAME}/gro_flush_timeout`);
    ports.forEach(takeTrains);
    this.#socket = openPacketSocket();
  }

  /** What comes out, with its virtio-net header, of packets that go in one after the other. */
  receive(packets: readonly Uint8Array[]): Uint8Array[] {
    const plain = virtioBytes(PLAIN);
    for (const packet of packets) {
      const bytes = Buffer.concat([plain, packet]);
      succeed(libc.write(this.#tun, bytes, bytes.length), "write");
    }
    const out: Uint8Array[] = [];
    for (let left = packets.length; left > 0;) {
      const bytes = this.#next();
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

  #next(): Uint8Array | undefined {
    const received = libc.recv(this.#socket, this.#buffer, LONGEST, 0);
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

function openTun(): number {
  const fd = openFile("/dev/net/tun", O_RDWR);
  const request = new Struct(40);
  request.bytes.set(cString(NAME));
  const flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_NAPI;
  request.view.setUint16(16, flags, true);
  succeed(libc.ioctl(fd, TUNSETIFF, request.address), "TUNSETIFF");
  const length = new Struct(4);
  length.setU32(0, 10);
  const result = libc.ioctl(fd, TUNSETVNETHDRSZ, length.address);
  succeed(result, "TUNSETVNETHDRSZ");
  return fd;
}

/** A UDP socket over both versions of IP that lets GRO make trains for it; it stays open. */
function takeTrains(port: number): void {
  const fd = succeed(libc.socket(AF_INET6, SOCK_DGRAM, 0), "socket");
  option(fd, SOL_UDP, UDP_GRO, cInt(1));
  const name = new Uint8Array(28);
  new DataView(name.buffer).setUint16(0, AF_INET6, true);
  new DataView(name.buffer).setUint16(2, port);
  succeed(libc.bind(fd, name, name.length), "bind");
}

function openPacketSocket(): number {
  const fd = succeed(libc.socket(AF_PACKET, SOCK_RAW, EVERYTHING), "socket");
  option(fd, SOL_PACKET, PACKET_VNET_HDR, cInt(1));
  option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, cInt(1));
  option(fd, SOL_SOCKET, SO_RCVBUFFORCE, cInt(1 << 24));
  const timeout = new Struct(16);
  timeout.setWord(8, PATIENCE);
  option(fd, SOL_SOCKET, SO_RCVTIMEO, timeout.bytes);
  const name = new Struct(20);
  name.view.setUint16(0, AF_PACKET, true);
  name.view.setUint16(2, EVERYTHING, true);
  name.setU32(4, libc.if_nametoindex(cString(NAME)));
  succeed(libc.bind(fd, name.bytes, name.bytes.length), "bind");
  return fd;
}

function option(
  fd: number,
  level: number,
  name: number,
  value: Uint8Array<ArrayBuffer>,
): void {
  succeed(
    libc.setsockopt(fd, level, name, value, value.length),
    "setsockopt",
  );
}
