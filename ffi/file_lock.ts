/**
 * A lock that one process holds at a time: flock(2) on a file.
 *
 * The kernel gives it back when its holder ends, however it ends. The file
 * stays: who removed it would let two processes lock two files of one name.
 *
 * @module
 */

import { EAGAIN } from "./errno.ts";
import { closeFile, O_CREAT, O_NOFOLLOW, O_RDWR, openFile } from "./file.ts";
import { errno, libc, uninterrupted } from "./libc.ts";
import { SystemError } from "./system_error.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** A lock that is held until it is disposed of. */
export class FileLock implements Disposable {
  #fd: number | undefined;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Takes the lock on `path`, made if need be; undefined where another holds it.
   *
   * @throws {SystemError} of call "open" or "flock"
   */
  static take(path: string): FileLock | undefined {
    const fd = openFile(path, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (uninterrupted(() => libc.flock(fd, LOCK_EX | LOCK_NB)) === 0) {
      return new FileLock(fd);
    }
    const reason = errno();
    closeFile(fd);
    if (reason === EAGAIN) return undefined;
    throw new SystemError("flock", reason, path);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeFile(this.#fd);
    this.#fd = undefined;
  }
}
