/**
 * The TUN device: a network interface whose packets are read and written here.
 *
 * Each packet has a virtio-net header before it (Linux, virtio_net.h), with
 * which the kernel hands over whole 64 KiB segments, checksums undone:
 *
 * ```text
 * 0 flags u8 · 1 type u8 · 2 header length u16 · 4 segment size u16
 * 6 checksum start u16 · 8 checksum offset u16 · 10 IP packet
 * ```
 *
 * What the fields mean is src/offload's matter; this file moves bytes.
 *
 * @module
 */

import { EAGAIN, EBADFD } from "./errno.ts";
import { O_NONBLOCK, O_RDWR, openFile } from "./file.ts";
import { errno, libc, succeed } from "./libc.ts";
import { SystemError } from "./system_error.ts";
import { cString, Struct, textOf } from "./memory.ts";

/** Bytes of the virtio-net header before each packet. */
export const VIRTIO_HEADER_LENGTH = 10;

/** Bytes of an interface's name with its NUL (IFNAMSIZ). */
const NAME_CAPACITY = 16;
/** struct ifreq: 0 name · 16 flags i16 · union up to 40. */
const IFREQ_LENGTH = 40;

const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const TUNGETIFF = 0x800454d2;
const TUNSETVNETHDRSZ = 0x400454d8;

const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** Refuse a device that exists, whatever it is, instead of joining it. */
const IFF_TUN_EXCL = 0x8000;

const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;

const CHECKSUM = 0x01;
const TCP_V4 = 0x02;
const TCP_V6 = 0x04;
const UDP_V4 = 0x20;
const UDP_V6 = 0x40;

/** What an ioctl points to; it outlives every call. */
const argument = new Struct(IFREQ_LENGTH);
/** The one part of a read: struct iovec { void *start; size_t length }. */
const part = new Struct(16);

/** A TUN device of our own. It vanishes when it is closed. */
export class Tun {
  private constructor(
    readonly fd: number,
    /** As the kernel named it. */
    readonly name: string,
    /** The interface's index. */
    readonly index: number,
    /** Whether UDP comes in trains too (Linux 6.2), not TCP alone. */
    readonly udpOffload: boolean,
    /** Whether packets have a virtio-net header, and come in trains at all. */
    readonly headers = true,
  ) {}

  /**
   * Makes the device `name`, down and without addresses. A `%d` in the name
   * becomes a free number.
   *
   * @throws {RangeError} if the name does not fit in 15 bytes
   * @throws {SystemError} of call "open" (ENOENT, ENODEV: no /dev/net/tun;
   * EACCES, EPERM: it may not be opened), "TUNSETIFF" (EPERM: no NET_ADMIN;
   * EBUSY: an interface of this name exists; EINVAL: not a name),
   * "TUNSETVNETHDRSZ" or "TUNSETOFFLOAD"
   */
  static open(name: string): Tun {
    const fd = openFile("/dev/net/tun", O_RDWR | O_NONBLOCK);
    try {
      const given = create(fd, name);
      const udpOffload = enableOffloads(fd);
      return new Tun(fd, given, indexOf(given), udpOffload);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /**
   * Takes over a device that somebody opened, as wireguard-go does with WG_TUN_FD.
   *
   * One that was opened without virtio-net headers stays so: they cannot be added later.
   *
   * @throws {SystemError} of call "TUNGETIFF" (EBADF, ENOTTY: it is no TUN device)
   * or as {@linkcode open}; a TypeError if it is a TAP device, or has other headers
   */
  static adopt(fd: number): Tun {
    argument.bytes.fill(0);
    succeed(
      libc.ioctl(fd, TUNGETIFF, argument.address),
      "TUNGETIFF",
      `descriptor ${fd}`,
    );
    const name = textOf(argument.bytes.subarray(0, NAME_CAPACITY));
    const flags = argument.view.getUint16(NAME_CAPACITY, true);
    const wanted = IFF_TUN | IFF_NO_PI;
    if ((flags & wanted) !== wanted) {
      throw new TypeError(
        `descriptor ${fd}, ${name}: it must be opened with IFF_TUN and IFF_NO_PI`,
      );
    }
    succeed(libc.fcntl(fd, F_SETFD, FD_CLOEXEC), "fcntl");
    const status = succeed(libc.fcntl(fd, F_GETFL, 0), "fcntl");
    succeed(libc.fcntl(fd, F_SETFL, status | O_NONBLOCK), "fcntl");
    const headers = (flags & IFF_VNET_HDR) !== 0;
    const udp = headers && enableOffloads(fd);
    return new Tun(fd, name, indexOf(name), udp, headers);
  }

  /**
   * Reads one packet, with its virtio-net header where it has one.
   *
   * @param address absolute; `length` bytes are free there
   * @returns bytes read, 0 when nothing waits
   * @throws {SystemError} EBADFD when the device was deleted
   */
  read(address: number, length: number): number {
    part.setWord(0, address);
    part.setWord(8, length);
    const read = libc.readv(this.fd, part.pointer, 1);
    if (read >= 0) return read;
    const reason = errno();
    if (reason === EAGAIN) return 0;
    throw new SystemError("read", reason, this.name);
  }

  /**
   * Writes one packet, header first where it has one, that lies in `count` parts.
   *
   * @param parts `struct iovec { void *start; size_t length }`
   * @returns 0, or errno: EIO while the interface is down, EBADFD when it is gone
   */
  write(parts: Deno.PointerObject, count: number): number {
    return libc.writev(this.fd, parts, count) < 0 ? errno() : 0;
  }

  /** Whether the device is still there, be it in another network namespace. */
  get exists(): boolean {
    // Too short to be a packet: refused in any case, and for this reason only where there is no device.
    const written = libc.write(this.fd, argument.bytes, 0);
    return written >= 0 || errno() !== EBADFD;
  }

  close(): void {
    libc.close(this.fd);
  }
}

function create(fd: number, name: string): string {
  const text = cString(name);
  if (text.length > NAME_CAPACITY) {
    throw new RangeError(
      `${name}: an interface's name has at most ${NAME_CAPACITY - 1} bytes`,
    );
  }
  argument.bytes.fill(0);
  argument.bytes.set(text);
  const flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL;
  argument.view.setUint16(NAME_CAPACITY, flags, true);
  succeed(libc.ioctl(fd, TUNSETIFF, argument.address), "TUNSETIFF", name);
  return textOf(argument.bytes.subarray(0, NAME_CAPACITY));
}

/** Whether the kernel takes UDP trains as well. */
function enableOffloads(fd: number): boolean {
  argument.setU32(0, VIRTIO_HEADER_LENGTH);
  succeed(libc.ioctl(fd, TUNSETVNETHDRSZ, argument.address), "TUNSETVNETHDRSZ");
  const tcp = CHECKSUM | TCP_V4 | TCP_V6;
  succeed(libc.ioctl(fd, TUNSETOFFLOAD, tcp), "TUNSETOFFLOAD");
  return libc.ioctl(fd, TUNSETOFFLOAD, tcp | UDP_V4 | UDP_V6) === 0;
}

function indexOf(name: string): number {
  const index = libc.if_nametoindex(cString(name));
  return index > 0 ? index : succeed(-1, "if_nametoindex", name);
}
