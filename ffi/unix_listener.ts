/**
 * A listening UNIX socket that this process was given as a descriptor: Deno takes
 * none, so connections are accepted, read and written here.
 *
 * Waiting is done in another thread, in pieces of a second, so that a connection
 * that is closed meanwhile is soon no longer waited for.
 *
 * @module
 */

import { EAGAIN, EINTR, EINVAL } from "./errno.ts";
import { O_NONBLOCK } from "./file.ts";
import { errno, libc, succeed } from "./libc.ts";
import { Poll, POLLIN, POLLOUT } from "./poll.ts";
import { SystemError } from "./system_error.ts";

/** accept(2): the number differs, the rest does not. */
const SYS_ACCEPT = Deno.build.arch === "aarch64" ? 202 : 43;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const PIECE_MILLISECONDS = 1_000;

/** Takes connections from a socket that somebody else made. */
export class GivenListener {
  readonly #fd: number;
  readonly #poll: Poll;
  /** Connections that came already. */
  readonly #waiting: number[] = [];

  /** @throws {SystemError} of call "fcntl" (EBADF), or of "accept" (EINVAL, ENOTSOCK) where it does not listen */
  constructor(fd: number) {
    this.#fd = fd;
    keepForUs(fd);
    this.#poll = new Poll();
    this.#poll.add(fd);
    const first = libc.syscall(SYS_ACCEPT, fd, 0, 0);
    if (first >= 0) this.#waiting.push(first);
    else if (errno() !== EAGAIN) throw new SystemError("accept", errno());
  }

  /** The next connection. @throws {SystemError} of call "accept" */
  async accept(): Promise<GivenConnection> {
    for (;;) {
      const fd = this.#waiting.pop() ??
        libc.syscall(SYS_ACCEPT, this.#fd, 0, 0);
      if (fd >= 0) return new GivenConnection(fd);
      const reason = errno();
      if (reason !== EAGAIN && reason !== EINTR) {
        throw new SystemError("accept", reason);
      }
      await this.#poll.wait(-1);
    }
  }
}

/** One connection; as Deno's own, but with what its users here need alone. */
export class GivenConnection {
  readonly #fd: number;
  #closed = false;

  /** Takes over `fd`. */
  constructor(fd: number) {
    this.#fd = fd;
    keepForUs(fd);
  }

  /** Reads what comes; `null` at the end. @throws {SystemError} of call "recv" */
  async read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null> {
    const length = await this.#whenReady(
      POLLIN,
      () => this.#receive(buffer),
      "recv",
    );
    return length === 0 ? null : length;
  }

  /** Writes a part, and says how long it was. @throws {SystemError} of call "send" */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return await this.#whenReady(
      POLLOUT,
      () => libc.send(this.#fd, bytes, bytes.length, flags),
      "send",
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc.close(this.#fd);
  }

  #receive(buffer: Uint8Array<ArrayBuffer>): number {
    return libc.recv(this.#fd, buffer, buffer.length, MSG_DONTWAIT);
  }

  async #whenReady(
    events: number,
    work: () => number,
    call: string,
  ): Promise<number> {
    const poll = new Poll();
    poll.add(this.#fd, events);
    for (;;) {
      if (this.#closed) throw new SystemError(call, EINVAL, "closed");
      const result = Number(work());
      if (result >= 0) return result;
      const reason = errno();
      if (reason !== EAGAIN && reason !== EINTR) {
        throw new SystemError(call, reason);
      }
      await poll.wait(PIECE_MILLISECONDS);
    }
  }
}

/** No child gets it, and no call on it waits. */
function keepForUs(fd: number): void {
  succeed(libc.fcntl(fd, F_SETFD, FD_CLOEXEC), "fcntl", `descriptor ${fd}`);
  const flags = succeed(libc.fcntl(fd, F_GETFL, 0), "fcntl");
  succeed(libc.fcntl(fd, F_SETFL, flags | O_NONBLOCK), "fcntl");
}
