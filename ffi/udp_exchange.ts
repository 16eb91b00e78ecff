/**
 * Asking one server by UDP, past whatever leads everything else elsewhere: a connected socket that bears a mark.
 *
 * It hears that server alone, from the address and port that were asked.
 *
 * @module
 */

import { O_CLOEXEC, O_NONBLOCK } from "./file.ts";
import { libc, succeed } from "./libc.ts";
import { cInt, Struct } from "./memory.ts";
import { Poll } from "./poll.ts";
import {
  AF_INET,
  AF_INET6,
  nameLength,
  type SocketAddress,
  writeName,
} from "./socket_address.ts";

const SOCK_DGRAM = 2 | O_NONBLOCK | O_CLOEXEC;
const SOL_SOCKET = 1;
const SO_MARK = 36;
/** Bytes of the longest answer that is read: more than DNS sends by UDP. */
const LONGEST = 4096;

/** One socket, for questions to one server. */
export class UdpExchange implements Disposable {
  readonly #fd: number;
  readonly #poll = new Poll();

  /**
   * @param mark of the datagrams; 0 is none
   * @throws {SystemError} of call "socket", "setsockopt" or "connect", ENETUNREACH where there is no way
   */
  constructor(server: SocketAddress, mark: number) {
    const family = server.address.length === 4 ? AF_INET : AF_INET6;
    this.#fd = succeed(libc.socket(family, SOCK_DGRAM, 0), "socket");
    try {
      if (mark !== 0) {
        const set = libc.setsockopt(
          this.#fd,
          SOL_SOCKET,
          SO_MARK,
          cInt(mark),
          4,
        );
        succeed(set, "setsockopt");
      }
      const name = new Struct(nameLength(server));
      writeName(name, 0, server);
      const { bytes } = name;
      succeed(libc.connect(this.#fd, bytes, bytes.length), "connect");
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
    this.#poll.add(this.#fd);
  }

  /** Sends a question; one that the kernel refuses gets no answer. */
  send(question: Uint8Array<ArrayBuffer>): void {
    libc.send(this.#fd, question, question.length, 0);
  }

  /** The next datagram; undefined when none comes in so many milliseconds, or nobody listens there. */
  async receive(timeout: number): Promise<Uint8Array | undefined> {
    if (await this.#poll.wait(timeout) === 0) return undefined;
    const buffer = new Uint8Array(LONGEST);
    const length = libc.recv(this.#fd, buffer, LONGEST, 0);
    return length < 0 ? undefined : buffer.subarray(0, length);
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd);
  }
}
