/**
 * The other end of ffi/unix_datagram.ts: what a service manager or the journal would hear.
 *
 * @module
 */

import { O_CLOEXEC, O_NONBLOCK } from "../../ffi/file.ts";
import { libc, succeed } from "../../ffi/libc.ts";

const AF_UNIX = 1, SOCK_DGRAM = 2;

/** A socket that datagrams are sent to. */
export class DatagramReceiver implements Disposable {
  #fd: number;

  /** @param path a file that is made, or `@name` */
  constructor(readonly path: string) {
    const flags = SOCK_DGRAM | O_CLOEXEC | O_NONBLOCK;
    this.#fd = succeed(libc.socket(AF_UNIX, flags, 0), "socket");
    const text = new TextEncoder().encode(path.replace(/^@/, "\0"));
    const end = path.startsWith("@") ? 0 : 1;
    const name = new Uint8Array(2 + text.length + end);
    name[0] = AF_UNIX;
    name.set(text, 2);
    succeed(libc.bind(this.#fd, name, name.length), "bind", path);
  }

  /** What has come; never waits. */
  take(): string[] {
    const texts: string[] = [], buffer = new Uint8Array(4096);
    for (;;) {
      const length = libc.recv(this.#fd, buffer, buffer.length, 0);
      if (length < 0) return texts;
      texts.push(new TextDecoder().decode(buffer.subarray(0, length)));
    }
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd);
    if (!this.path.startsWith("@")) Deno.removeSync(this.path);
  }
}
