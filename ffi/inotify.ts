/**
 * Hearing that a file is gone: inotify(7).
 *
 * A socket that somebody listens on is not gone when its name is, so the kernel
 * tells only that its attributes changed (a name less); the name is then looked
 * at.
 *
 * @module
 */

import { O_CLOEXEC, O_NONBLOCK } from "./file.ts";
import { libc, succeed } from "./libc.ts";
import { cString, Struct } from "./memory.ts";

const IN_ATTRIB = 0x4;
const IN_DELETE_SELF = 0x400;
const IN_MOVE_SELF = 0x800;
/** Room for many events of 16 bytes; a file's own events name nothing. */
const BUFFER_LENGTH = 4096;

/** A watch on one file, as it is when the watch begins. */
export class FileWatch implements Disposable {
  /** For poll. */
  readonly fd: number;
  #path: string;
  #inode: number | null;
  #events = new Struct(BUFFER_LENGTH);

  /** @throws {SystemError} of call "inotify_init1" or "inotify_add_watch" (ENOENT) */
  constructor(path: string) {
    this.#path = path;
    this.fd = succeed(
      libc.inotify_init1(O_NONBLOCK | O_CLOEXEC),
      "inotify_init1",
    );
    const mask = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
    try {
      const watch = libc.inotify_add_watch(this.fd, cString(path), mask);
      succeed(watch, "inotify_add_watch", path);
      this.#inode = Deno.lstatSync(path).ino;
    } catch (error) {
      libc.close(this.fd);
      throw error;
    }
  }

  /** Whether `path` is no longer the file that it was; takes back what poll tells. */
  gone(): boolean {
    while (libc.read(this.fd, this.#events.pointer, BUFFER_LENGTH) > 0);
    try {
      return Deno.lstatSync(this.#path).ino !== this.#inode;
    } catch {
      return true;
    }
  }

  [Symbol.dispose](): void {
    libc.close(this.fd);
  }
}
