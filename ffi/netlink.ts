/**
 * Talking to the kernel over netlink(7): one request, and its answer.
 *
 * ```text
 * request, ACK   ─▶ kernel ─▶ NLMSG_ERROR { errno i32 = 0 }            done
 *                          ─▶ NLMSG_ERROR { errno i32 < 0, sentence }  SystemError
 * request, DUMP  ─▶ kernel ─▶ message … message, NLMSG_DONE            all of them
 * ```
 *
 * The kernel answers within the call that sends, so a blocking receive never
 * waits. With NETLINK_EXT_ACK it says in a sentence what it did not like.
 *
 * @module
 */

import { EINTR, ENOBUFS } from "./errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./file.ts";
import { errno, libc, succeed, uninterrupted } from "./libc.ts";
import { SystemError } from "./system_error.ts";
import { cInt, textOf } from "./memory.ts";
import {
  type Bytes,
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  join,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  viewOf,
} from "./netlink_message.ts";

/** Which part of the kernel a socket talks to. */
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** Flags of an NLMSG_ERROR: the request is not echoed; attributes follow. */
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

/** Bytes of one receive: more than the kernel puts in one part of a dump. */
const BUFFER_LENGTH = 1 << 16;
const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
/** Bytes that a socket sends at once without being told of more. */
const SEND_LENGTH = 1 << 16;
/** A dump during which the state changed is made again, up to so many times. */
const DUMP_ATTEMPTS = 8;

/** One request of several that are sent together. */
export interface NetlinkRequest {
  /** What it is, for the error. */
  readonly call: string;
  readonly type: number;
  readonly flags: number;
  /** The struct that `type` tells, then attributes. */
  readonly parts: readonly Uint8Array[];
}

/** A netlink socket for requests. */
export class Netlink implements Disposable {
  readonly #fd: number;
  #buffer: Bytes = new Uint8Array(BUFFER_LENGTH);
  #sequence = 0;

  /**
   * @param protocol such as {@linkcode NETLINK_ROUTE}
   * @throws {SystemError} of call "socket" or "bind"
   */
  constructor(protocol: number) {
    this.#fd = openNetlink(protocol, 0, 0);
    const options = [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK];
    // Kernels before 4.20 lack some: then answers hold more, or say less.
    for (const option of options) {
      libc.setsockopt(this.#fd, SOL_NETLINK, option, cInt(1), 4);
    }
  }

  /**
   * Asks for a change and waits until it is made.
   *
   * @param call what it is, for the error: "RTM_NEWADDR"
   * @param parts the struct that `type` tells, then attributes
   * @throws {SystemError} of call `call`, with the kernel's own sentence
   */
  change(
    call: string,
    type: number,
    flags: number,
    ...parts: Uint8Array[]
  ): void {
    this.#exchange(call, type, flags | NLM_F_ACK, parts, () => {});
  }

  /**
   * Asks for one thing and returns the body of the answer, a copy.
   *
   * @throws {SystemError} as {@linkcode change}
   */
  get(call: string, type: number, ...parts: Uint8Array[]): Uint8Array {
    let answer = new Uint8Array();
    this.#exchange(call, type, NLM_F_ACK, parts, ({ body }) => {
      answer = body.slice();
    });
    return answer;
  }

  /**
   * Asks for everything and returns the bodies of all answers, copies.
   *
   * @throws {SystemError} as {@linkcode change}; EINTR if the state changed all the while
   */
  dump(call: string, type: number, ...parts: Uint8Array[]): Uint8Array[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      const answers: Uint8Array[] = [];
      let flags = 0;
      this.#exchange(call, type, NLM_F_DUMP, parts, (message) => {
        flags |= message.flags;
        answers.push(message.body.slice());
      });
      if ((flags & NLM_F_DUMP_INTR) === 0) return answers;
    }
    throw new SystemError(call, EINTR, "it changes all the while");
  }

  /**
   * Sends requests as one datagram and reads what the kernel says to them; one
   * of them must ask for an ACK.
   *
   * @throws {SystemError} of the first that is refused
   */
  changeAll(requests: readonly NetlinkRequest[]): void {
    const first = this.#sequence + 1;
    const messages = requests.map(({ type, flags, parts }) =>
      encodeMessage(type, flags | NLM_F_REQUEST, ++this.#sequence, parts)
    );
    const call = requests[0]?.call ?? "send";
    const bytes = join(messages);
    if (bytes.length > SEND_LENGTH) this.#makeRoom(2 * bytes.length);
    succeed(libc.send(this.#fd, bytes, bytes.length, 0), call);
    let answered = false;
    let refusal: unknown;
    // All answers wait once the call that sends has returned.
    for (let part = this.#poll(); part !== undefined; part = this.#poll()) {
      for (const message of decodeMessages(part)) {
        const request = requests[message.sequence - first];
        if (request === undefined || message.type !== NLMSG_ERROR) continue;
        answered = true;
        refusal ??= errorOf(request.call, message);
      }
    }
    if (refusal !== undefined) throw refusal;
    if (!answered) throw new SystemError(call, ENOBUFS, "no answer");
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd);
  }

  /** Without the right to it the send fails, and says so. */
  #makeRoom(length: number): void {
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_SNDBUFFORCE, cInt(length), 4);
  }

  /** What waits; undefined where nothing does. Of answers beyond what a socket holds the first are never lost. */
  #poll(): Uint8Array | undefined {
    const buffer = this.#buffer;
    for (;;) {
      const length = libc.recv(this.#fd, buffer, buffer.length, MSG_DONTWAIT);
      if (length > 0) return buffer.subarray(0, length);
      if (![EINTR, ENOBUFS].includes(errno())) return undefined;
    }
  }

  #exchange(
    call: string,
    type: number,
    flags: number,
    parts: Uint8Array[],
    take: (message: NetlinkMessage) => void,
  ): void {
    const sequence = ++this.#sequence;
    const request = encodeMessage(type, flags | NLM_F_REQUEST, sequence, parts);
    succeed(libc.send(this.#fd, request, request.length, 0), call);
    for (;;) {
      for (const message of decodeMessages(this.#receive(call))) {
        if (message.sequence !== sequence) continue; // of a request that failed midway
        if (message.type === NLMSG_ERROR) return throwIfError(call, message);
        if (message.type !== NLMSG_DONE) take(message);
        else return throwIfDumpFailed(call, message);
      }
    }
  }

  #receive(call: string): Uint8Array {
    const buffer = this.#buffer;
    const length = uninterrupted(() =>
      libc.recv(this.#fd, buffer, buffer.length, 0)
    );
    return buffer.subarray(0, succeed(length, call));
  }
}

/** A netlink socket that hears what happens, never asks, and does not wait. */
export class NetlinkListener implements Disposable {
  /** For poll. */
  readonly fd: number;
  #buffer: Bytes = new Uint8Array(BUFFER_LENGTH);

  /**
   * @param groups bits of the multicast groups
   * @throws {SystemError} of call "socket" or "bind"
   */
  constructor(protocol: number, groups: number) {
    this.fd = openNetlink(protocol, groups, O_NONBLOCK);
  }

  /**
   * Hands on every message that waits; `body` is valid during the call only.
   *
   * @returns whether messages were lost, so that only looking again helps
   */
  drain(take: (message: NetlinkMessage) => void): boolean {
    let lost = false;
    for (;;) {
      const buffer = this.#buffer;
      const length = libc.recv(this.fd, buffer, buffer.length, 0);
      if (length > 0) {
        decodeMessages(buffer.subarray(0, length)).forEach(take);
      } else if (length < 0 && errno() === ENOBUFS) {
        lost = true;
      } else {
        return lost;
      }
    }
  }

  [Symbol.dispose](): void {
    libc.close(this.fd);
  }
}

/** struct sockaddr_nl: 0 family u16 · 4 port u32 · 8 groups u32. */
function openNetlink(protocol: number, groups: number, flags: number): number {
  const type = SOCK_RAW | O_CLOEXEC | flags;
  const fd = succeed(libc.socket(AF_NETLINK, type, protocol), "socket");
  const name = new Uint8Array(12);
  const view = viewOf(name);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  if (libc.bind(fd, name, name.length) === 0) return fd;
  const error = new SystemError("bind", errno(), "netlink");
  libc.close(fd);
  throw error;
}

function throwIfError(call: string, message: NetlinkMessage): void {
  const error = errorOf(call, message);
  if (error !== undefined) throw error;
}

/** struct nlmsgerr: 0 −errno i32 · 4 the request, or its head alone · attributes. */
function errorOf(
  call: string,
  { flags, body }: NetlinkMessage,
): SystemError | undefined {
  const view = viewOf(body);
  const reason = -view.getInt32(0, true);
  if (reason === 0) return undefined;
  const echoed = flags & NLM_F_CAPPED ? 16 : view.getUint32(4, true);
  const start = 4 + ((echoed + 3) & ~3);
  const sentence = flags & NLM_F_ACK_TLVS ? sentenceOf(body, start) : "";
  return new SystemError(call, reason, sentence);
}

/** NLMSG_DONE of a dump: 0 −errno i32 · attributes. */
function throwIfDumpFailed(
  call: string,
  { flags, body }: NetlinkMessage,
): void {
  const reason = body.length < 4 ? 0 : -viewOf(body).getInt32(0, true);
  if (reason <= 0) return;
  const sentence = flags & NLM_F_ACK_TLVS ? sentenceOf(body, 4) : "";
  throw new SystemError(call, reason, sentence);
}

function sentenceOf(body: Uint8Array, start: number): string {
  const text = decodeAttributes(body.subarray(start)).get(NLMSGERR_ATTR_MSG);
  return text === undefined ? "" : textOf(text).replace(/\.$/, "");
}
