/**
 * Echo requests of a chosen length that no router may cut into fragments: what comes back proves the way.
 *
 * ```text
 * ICMP  (RFC 792)    0 type 8, answer 0      1 code   2 checksum   4 identifier   6 sequence   8 …
 * ICMPv6 (RFC 4443)  0 type 128, answer 129  1 code   2 checksum   4 identifier   6 sequence   8 …
 *                    the kernel fills in the checksum of ICMPv6
 * ```
 *
 * The socket is raw, or a datagram socket of ICMP where only that is allowed (`ping_group_range`).
 * A length here is that of the whole IP packet. A router that would have to cut a packet says so,
 * and the kernel remembers it with its route to that address: see `mtu` in route.ts.
 *
 * @module
 */

import { EAGAIN } from "./errno.ts";
import { closeFile, O_CLOEXEC, O_NONBLOCK } from "./file.ts";
import { errno, libc, succeed } from "./libc.ts";
import { cInt, Struct } from "./memory.ts";
import { AF_INET, AF_INET6, nameLength, writeName } from "./socket_address.ts";

/** SOCK_NONBLOCK and SOCK_CLOEXEC have the values of the O_ flags. */
const SOCK_DGRAM = 2 | O_NONBLOCK | O_CLOEXEC;
const SOCK_RAW = 3 | O_NONBLOCK | O_CLOEXEC;
const SOL_SOCKET = 1;
const SO_MARK = 36;
const IPPROTO_IP = 0;
const IPPROTO_ICMP = 1;
const IPPROTO_IPV6 = 41;
const IPPROTO_ICMPV6 = 58;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const IPV6_DONTFRAG = 62;
/** Sets DF, and refuses what the kernel knows to be too long. */
const PMTUDISC_DO = 2;

const HEAD_LENGTH = 8;
const TOKEN_LENGTH = 8;
const IPV4_HEAD_LENGTH = 20;
const IPV6_HEAD_LENGTH = 40;
const LONGEST = 65_535;
/** A socket that only fails is given up. */
const MOST_ERRORS = 100;

/** Echo requests to one address. */
export class Ping implements Disposable {
  readonly #fd: number;
  readonly #raw: boolean;
  /** Tells our answers from those of any other ping. */
  readonly #token = crypto.getRandomValues(new Uint8Array(TOKEN_LENGTH));
  readonly #answer = new Struct(LONGEST);
  #sequence = 0;
  #closed = false;

  /**
   * @param address 4 or 16 bytes, no link-local one
   * @param mark for the rules of routing; 0 is none
   * @throws {SystemError} of call "socket" (EPERM, EACCES: not allowed here), "setsockopt" or "connect"
   */
  constructor(readonly address: Uint8Array, mark = 0) {
    [this.#fd, this.#raw] = openSocket(this.#isV4);
    try {
      this.#configure(mark);
    } catch (error) {
      closeFile(this.#fd);
      throw error;
    }
  }

  /** Sends a packet of `length` bytes. @returns whether it went out: not where its way is known to take less */
  send(length: number): boolean {
    const bytes = new Uint8Array(length - this.#headLength);
    bytes[0] = this.#isV4 ? 8 : 128;
    bytes.set(this.#token.subarray(0, 2), 4);
    new DataView(bytes.buffer).setUint16(6, ++this.#sequence);
    bytes.set(this.#token, HEAD_LENGTH);
    if (this.#isV4) new DataView(bytes.buffer).setUint16(2, checksum(bytes));
    // What a router reported of an earlier one comes back as an error of this call, once.
    for (let attempt = 0; attempt < 2; attempt++) {
      const sent = libc.send(this.#fd, bytes, bytes.length, 0);
      if (sent === bytes.length) return true;
    }
    return false;
  }

  /** Lengths of the packets that have come back since the last look. */
  receive(): number[] {
    const found: number[] = [];
    const { bytes } = this.#answer;
    for (let errors = 0; errors < MOST_ERRORS;) {
      const length = libc.recv(this.#fd, bytes, LONGEST, 0);
      if (length < 0 && errno() === EAGAIN) break;
      if (length < 0) {
        errors++; // What a router reported comes here too.
        continue;
      }
      const head = this.#raw && this.#isV4 ? (bytes[0]! & 15) * 4 : 0;
      if (!this.#isOurs(bytes.subarray(head, length))) continue;
      found.push(length - head + this.#headLength);
    }
    return found;
  }

  [Symbol.dispose](): void {
    if (!this.#closed) closeFile(this.#fd);
    this.#closed = true;
  }

  get #isV4(): boolean {
    return this.address.length === 4;
  }

  get #headLength(): number {
    return this.#isV4 ? IPV4_HEAD_LENGTH : IPV6_HEAD_LENGTH;
  }

  #configure(mark: number): void {
    if (mark !== 0) this.#set(SOL_SOCKET, SO_MARK, mark);
    if (this.#isV4) this.#set(IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DO);
    else {
      this.#set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DO);
      this.#set(IPPROTO_IPV6, IPV6_DONTFRAG, 1);
    }
    const to = { address: this.address, port: 0, scope: 0 };
    const name = new Struct(nameLength(to));
    writeName(name, 0, to);
    const result = libc.connect(this.#fd, name.bytes, name.bytes.length);
    succeed(result, "connect");
  }

  #set(level: number, name: number, value: number): void {
    const result = libc.setsockopt(this.#fd, level, name, cInt(value), 4);
    succeed(result, "setsockopt", `${level}, ${name}`);
  }

  #isOurs(message: Uint8Array): boolean {
    return message.length >= HEAD_LENGTH + TOKEN_LENGTH &&
      message[0] === (this.#isV4 ? 0 : 129) &&
      this.#token.every((byte, i) => byte === message[HEAD_LENGTH + i]);
  }
}

/** A socket of ICMP, and whether it is raw. */
function openSocket(isV4: boolean): [number, boolean] {
  const family = isV4 ? AF_INET : AF_INET6;
  const protocol = isV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  const raw = libc.socket(family, SOCK_RAW, protocol);
  if (raw >= 0) return [raw, true];
  const fd = libc.socket(family, SOCK_DGRAM, protocol);
  return [succeed(fd, "socket", "ICMP"), false];
}

/** RFC 1071, over bytes whose own field is zero. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    sum += i % 2 === 0 ? bytes[i]! << 8 : bytes[i]!;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
