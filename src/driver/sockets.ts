/**
 * The tunnel's UDP sockets: one for IPv4 and one for IPv6, on one port, which
 * may be exchanged while the tunnel runs.
 *
 * @module
 */

import type { Poll } from "../../ffi/poll.ts";
import type { Sender } from "../../ffi/sender.ts";
import { openPair, type UdpPair } from "../../ffi/udp.ts";

/** The sockets of one tunnel, watched by its poll, used by its sender. */
export class Sockets {
  #poll: Poll;
  #sender: Sender;
  #onChange: () => void;
  #pair: UdpPair | undefined;
  #mark = 0;
  /** Descriptors that datagrams may wait on. */
  #descriptors: number[] = [];

  /** @param onChange is called when datagrams leave otherwise than before: a poll that waits must look anew */
  constructor(poll: Poll, sender: Sender, onChange: () => void) {
    this.#poll = poll;
    this.#sender = sender;
    this.#onChange = onChange;
  }

  /** 0 while no socket is bound. */
  get port(): number {
    return this.#pair?.port ?? 0;
  }

  get mark(): number {
    return this.#mark;
  }

  get descriptors(): readonly number[] {
    return this.#descriptors;
  }

  /** Binds a free port, unless one is bound. */
  open(): void {
    if (this.#pair === undefined) this.#exchange(openPair(0, this.#mark));
  }

  /**
   * Moves to another port; 0 chooses a free one. The new sockets are bound
   * before the old ones go, so a port that is taken changes nothing.
   *
   * @throws {SystemError} EADDRINUSE, EACCES
   */
  listen(port: number): void {
    if (port !== 0 && port === this.port) return;
    this.#exchange(openPair(port, this.#mark));
  }

  /**
   * Marks all datagrams from now on; 0 is no mark.
   *
   * @throws {SystemError} EPERM; then the mark is what it was
   */
  setMark(mark: number): void {
    const { v4, v6 } = this.#pair ?? {};
    v4?.setMark(mark);
    try {
      v6?.setMark(mark);
    } catch (error) {
      v4?.setMark(this.#mark);
      throw error;
    }
    this.#mark = mark;
    this.#onChange();
  }

  #exchange(pair: UdpPair): void {
    this.#sender.flush();
    for (const socket of [this.#pair?.v4, this.#pair?.v6]) {
      if (socket === undefined) continue;
      this.#poll.remove(socket.fd);
      socket.close();
    }
    this.#pair = pair;
    this.#sender.setSockets({ v4: pair.v4?.fd, v6: pair.v6?.fd });
    this.#descriptors = [pair.v4, pair.v6].flatMap((socket) =>
      socket?.fd ?? []
    );
    for (const fd of this.#descriptors) this.#poll.add(fd);
    this.#onChange();
  }
}
