/**
 * UDP sockets of the tunnel: one for v4 and one for v6, on one port.
 *
 * | option | why |
 * |---|---|
 * | UDP_GRO | a run of equal datagrams arrives as one (udp(7)) |
 * | IP_PKTINFO, IPV6_RECVPKTINFO | a peer is answered from the address it spoke to |
 * | IP_RECVTOS, IPV6_RECVTCLASS | congestion on the way is told to the inner packet |
 * | SO_RCVBUF, SO_SNDBUF | as wireguard-go, 7 MiB |
 * | SO_MARK | policy routing keeps the tunnel's own datagrams out of the tunnel |
 * | IP_MTU_DISCOVER = DONT | no DF bit, as in-kernel WireGuard: a path with a smaller MTU fragments what wireguard-go would lose where ICMP is filtered |
 *
 * Sockets are not connected: one socket serves all peers, and ICMP errors of
 * one peer's host do not come back on it.
 *
 * @module
 */

import { EADDRINUSE, EAFNOSUPPORT } from "./errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./file.ts";
import { libc, succeed } from "./libc.ts";
import { SystemError } from "./system_error.ts";
import { cInt, Struct } from "./memory.ts";
import { nameLength, type SocketAddress, writeName } from "./socket_address.ts";
import { AF_INET, AF_INET6 } from "./socket_address.ts";

/** SOCK_NONBLOCK and SOCK_CLOEXEC have the values of the O_ flags. */
const SOCK_DGRAM = 2 | O_NONBLOCK | O_CLOEXEC;

/** Bytes that the kernel may queue in each direction. */
const BUFFER_LENGTH = 7 << 20;

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;

const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_MARK = 36;
const IP_PKTINFO = 8;
const IP_MTU_DISCOVER = 10;
const IP_RECVTOS = 13;
const IPV6_MTU_DISCOVER = 23;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVTCLASS = 66;
const UDP_GRO = 104;
/** Neither IP_PMTUDISC_WANT, the default, nor any kind that sets DF. */
const PMTUDISC_DONT = 0;

/** Ports that are tried before a free one is taken to be nowhere. */
const PORT_ATTEMPTS = 100;

/** A bound socket of one family. */
export class UdpSocket {
  private constructor(
    readonly fd: number,
    readonly family: 4 | 6,
    /** The port that is bound. */
    readonly port: number,
  ) {}

  /**
   * Binds every address of `family`.
   *
   * @param port 0 chooses a free one
   * @param mark of outgoing datagrams; 0 is none
   * @throws {SystemError} of call "socket" (EAFNOSUPPORT: no such family here),
   * "setsockopt" (EPERM: a mark without NET_ADMIN) or "bind" (EADDRINUSE,
   * EADDRNOTAVAIL: IPv6 is switched off)
   */
  static open(family: 4 | 6, port: number, mark: number): UdpSocket {
    const domain = family === 4 ? AF_INET : AF_INET6;
    const fd = succeed(libc.socket(domain, SOCK_DGRAM, 0), "socket");
    try {
      configure(fd, family);
      if (mark !== 0) setOption(fd, SOL_SOCKET, SO_MARK, mark, "SO_MARK");
      return new UdpSocket(fd, family, bind(fd, family, port));
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /** Marks outgoing datagrams; 0 is none. @throws {SystemError} of call "setsockopt" */
  setMark(mark: number): void {
    setOption(this.fd, SOL_SOCKET, SO_MARK, mark, "SO_MARK");
  }

  close(): void {
    libc.close(this.fd);
  }
}

/** The sockets of a tunnel; at least one of them is there. */
export interface UdpPair {
  readonly v4?: UdpSocket;
  readonly v6?: UdpSocket;
  readonly port: number;
}

/**
 * Binds `port` for v4 and v6; a family that this machine lacks is left out.
 *
 * @param port 0 chooses one that is free in both
 * @throws {SystemError} of call "bind" and EADDRINUSE when the port is taken
 * in either family; as {@linkcode UdpSocket.open} otherwise
 */
export function openPair(port: number, mark: number): UdpPair {
  for (let attempt = 1;; attempt++) {
    try {
      return openBoth(port, mark);
    } catch (error) {
      const taken = error instanceof SystemError && error.errno === EADDRINUSE;
      if (!taken || port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function openBoth(port: number, mark: number): UdpPair {
  const v4 = openIfThere(4, port, mark);
  try {
    const v6 = openIfThere(6, v4?.port ?? port, mark);
    if (v4 && v6) return { v4, v6, port: v4.port };
    if (v4) return { v4, port: v4.port };
    if (v6) return { v6, port: v6.port };
  } catch (error) {
    v4?.close();
    throw error;
  }
  throw new SystemError("socket", EAFNOSUPPORT, "neither IPv4 nor IPv6");
}

function openIfThere(
  family: 4 | 6,
  port: number,
  mark: number,
): UdpSocket | undefined {
  try {
    return UdpSocket.open(family, port, mark);
  } catch (error) {
    if (error instanceof SystemError && error.errno === EAFNOSUPPORT) {
      return undefined;
    }
    throw error;
  }
}

function configure(fd: number, family: 4 | 6): void {
  if (family === 4) {
    setOption(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    setOption(fd, IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS");
    setOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT, "MTU_DISCOVER");
  } else {
    setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
    setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    setOption(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS");
    setOption(
      fd,
      IPPROTO_IPV6,
      IPV6_MTU_DISCOVER,
      PMTUDISC_DONT,
      "V6_DISCOVER",
    );
  }
  for (const [limited, forced] of BUFFERS) {
    tryOption(fd, SOL_SOCKET, limited, BUFFER_LENGTH); // up to the system's limit
    tryOption(fd, SOL_SOCKET, forced, BUFFER_LENGTH); // past it, with NET_ADMIN
  }
  tryOption(fd, IPPROTO_UDP, UDP_GRO, 1); // Linux 5.0
}

const BUFFERS = [[SO_RCVBUF, SO_RCVBUFFORCE], [
  SO_SNDBUF,
  SO_SNDBUFFORCE,
]] as const;

/** Whether the option was set. */
function tryOption(
  fd: number,
  level: number,
  name: number,
  value: number,
): boolean {
  return libc.setsockopt(fd, level, name, cInt(value), 4) === 0;
}

function setOption(
  fd: number,
  level: number,
  name: number,
  value: number,
  word: string,
): void {
  succeed(libc.setsockopt(fd, level, name, cInt(value), 4), "setsockopt", word);
}

/** Binds the port and returns the one that it became. */
function bind(fd: number, family: 4 | 6, port: number): number {
  const any: SocketAddress = {
    address: new Uint8Array(family === 4 ? 4 : 16),
    port,
    scope: 0,
  };
  const name = new Struct(32), length = nameLength(any);
  writeName(name, 0, any);
  succeed(libc.bind(fd, name.bytes, length), "bind", `UDP port ${port}`);
  succeed(libc.getsockname(fd, name.bytes, cInt(length)), "getsockname");
  return name.view.getUint16(2);
}
