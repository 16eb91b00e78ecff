/**
 * TUN devices and packet sockets for the questions to the kernel: a packet
 * socket sees what a device hands to the kernel, and gives it what to send.
 * Both speak with a virtio-net header before each packet.
 *
 * @module
 */
import { O_NONBLOCK, O_RDWR, openFile } from "../../ffi/file.ts";
import { libc, succeed } from "../../ffi/libc.ts";
import { cInt, cString, Struct } from "../../ffi/memory.ts";

const TUNSETIFF = 0x400454ca, TUNSETVNETHDRSZ = 0x400454d8;
const IFF_TUN = 0x0001, IFF_NO_PI = 0x1000, IFF_VNET_HDR = 0x4000;
/** What is written to the device passes GRO. */
export const IFF_NAPI = 0x0010;
const AF_PACKET = 17, SOCK_RAW = 3;
const SOL_SOCKET = 1, SO_RCVTIMEO = 20, SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263, PACKET_VNET_HDR = 15, PACKET_IGNORE_OUTGOING = 23;
/** ETH_P_ALL, ETH_P_IP and ETH_P_IPV6. */
export const EVERYTHING = 0x0003, IPV4 = 0x0800, IPV6 = 0x86dd;
/** Microseconds for which a socket waits for a packet. */
const PATIENCE = 30_000;
/** Bytes of the longest packet and its header. */
export const LONGEST = 10 + 0xffff;

/** A TUN device without offloads: what it hands out needs nothing done to it. Returns its descriptor. */
export function openTun(name: string, flags = 0): number {
  const fd = openFile("/dev/net/tun", O_RDWR | O_NONBLOCK);
  const request = new Struct(40);
  request.bytes.set(cString(name));
  const all = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | flags;
  request.view.setUint16(16, all, true);
  succeed(libc.ioctl(fd, TUNSETIFF, request.address), "TUNSETIFF");
  const length = new Struct(4);
  length.setU32(0, 10);
  const result = libc.ioctl(fd, TUNSETVNETHDRSZ, length.address);
  succeed(result, "TUNSETVNETHDRSZ");
  return fd;
}

/** A packet socket on the device; it sends with `protocol` and sees what comes in with it. */
export function openPacketSocket(name: string, protocol: number): number {
  const fd = succeed(libc.socket(AF_PACKET, SOCK_RAW, 0), "socket");
  setOption(fd, SOL_PACKET, PACKET_VNET_HDR, cInt(1));
  setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, cInt(1));
  setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, cInt(1 << 24));
  const timeout = new Struct(16);
  timeout.setWord(8, PATIENCE);
  setOption(fd, SOL_SOCKET, SO_RCVTIMEO, timeout.bytes);
  // struct sockaddr_ll: 0 family u16 · 2 protocol, big-endian · 4 interface i32
  const address = new Struct(20);
  address.view.setUint16(0, AF_PACKET, true);
  address.view.setUint16(2, protocol);
  address.setU32(4, libc.if_nametoindex(cString(name)));
  succeed(libc.bind(fd, address.bytes, address.bytes.length), "bind");
  return fd;
}

/** Sets an option of a socket. */
export function setOption(
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
