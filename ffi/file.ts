/**
 * Files by descriptor: what Deno's own files do not offer, which are flags
 * and a number that poll and the kernel understand.
 *
 * @module
 */

import { libc, succeed, uninterrupted } from "./libc.ts";
import { cString } from "./memory.ts";

/** O_ flags; these are the same on x64 and arm64. */
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
/** O_NOFOLLOW has another value on each architecture. */
export const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;

/** Only the owner reads and writes. */
export const OWNER_ONLY = 0o600;

/**
 * Opens `path` and returns the descriptor, which no child inherits.
 *
 * @param mode of the file if it is created; the umask takes bits away
 * @throws {SystemError} of call "open"
 */
export function openFile(
  path: string,
  flags: number,
  mode = OWNER_ONLY,
): number {
  const name = cString(path);
  const fd = uninterrupted(() => libc.open(name, flags | O_CLOEXEC, mode));
  return succeed(fd, "open", path);
}

/** Closes a descriptor. Errors are of no use: it is closed in any case. */
export function closeFile(fd: number): void {
  libc.close(fd);
}

/** Writes all of `bytes`. @throws {SystemError} of call "write" */
export function writeFully(fd: number, bytes: Uint8Array<ArrayBuffer>): void {
  let rest = bytes;
  while (rest.length > 0) {
    const written = uninterrupted(() => libc.write(fd, rest, rest.length));
    rest = rest.subarray(succeed(written, "write"));
  }
}

/**
 * Makes the file `path`, which must not exist, readable by its owner alone.
 *
 * @throws {SystemError} of call "open" or "write"; a file half written is removed
 */
export function createPrivateFile(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const fd = openFile(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  try {
    writeFully(fd, bytes);
  } catch (error) {
    Deno.removeSync(path);
    throw error;
  } finally {
    closeFile(fd);
  }
}
