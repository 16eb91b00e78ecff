/**
 * One connection of the UAPI socket, with a limit of time for what it has begun:
 * a request that does not end, or an answer that nobody reads.
 *
 * @module
 */

/** What is needed of a connection: Deno's own have it. */
export interface Connection {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** A connection that its owner closes once, or time does. */
export class Client {
  #connection: Connection;
  #closed = false;

  /** Takes over `connection`. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Reads what comes; `null` at the end.
   *
   * @param limit milliseconds until the connection is closed; Infinity waits for ever
   * @throws if the connection breaks, or is closed meanwhile
   */
  async read(buffer: Uint8Array, limit: number): Promise<number | null> {
    return await this.#within(limit, () => this.#connection.read(buffer));
  }

  /** Writes everything; as {@linkcode read}. */
  async write(bytes: Uint8Array, limit: number): Promise<void> {
    await this.#within(limit, async () => {
      for (let at = 0; at < bytes.length;) {
        at += await this.#connection.write(bytes.subarray(at));
      }
    });
  }

  /** Closes the connection, unless it is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  /** A write that is under way goes on until the other end reads or closes; nobody waits for it. */
  async #within<T>(limit: number, work: () => Promise<T>): Promise<T> {
    if (limit === Infinity) return await work();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.close();
      reject(new Error("too late"));
    }, Math.max(0, limit));
    try {
      const done = work();
      done.catch(() => {});
      return await Promise.race([done, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
