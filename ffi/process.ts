/**
 * This process and others: session, descriptors, privileges, signals.
 *
 * Deno holds copies of descriptors 0 to 2 of its own (about 9 to 12). A daemon
 * that redirected 0 to 2 alone would keep its caller's pipe or terminal open,
 * and `caktus up wg0 2>&1 | cat` would never end.
 *
 * @module
 */

import { linkOf, openDescriptors } from "./descriptors.ts";
import { ENOSYS, EPERM, ESRCH } from "./errno.ts";
import { closeFile, O_APPEND, O_CLOEXEC, O_CREAT, O_RDWR } from "./file.ts";
import { openFile } from "./file.ts";
import { errno, libc, succeed } from "./libc.ts";
import { SystemError } from "./system_error.ts";

/** close_range(2), Linux 5.9; of one number on every architecture. */
const SYS_CLOSE_RANGE = 436;
const CLOSE_RANGE_CLOEXEC = 4;
const EVERY_DESCRIPTOR = 0xffffffff;
const F_DUPFD = 0;
const F_SETFD = 2;
/** Above those that programs expect something of. */
const LEAST_DUPLICATE = 10;
const FD_CLOEXEC = 1;

const PR_SET_DUMPABLE = 4;
const PR_SET_NO_NEW_PRIVS = 38;

/** Makes this process leader of a session without a terminal. @throws {SystemError} EPERM if it leads a group */
export function newSession(): void {
  succeed(libc.setsid(), "setsid");
}

/** Takes these permissions from every file that is made; returns the mask before. */
export function setFileMask(mask: number): number {
  return libc.umask(mask);
}

/** The user id that this process acts as; 0 is root. */
export function effectiveUser(): number {
  return libc.geteuid();
}

/**
 * Lets no child inherit a descriptor above 2, neither ours nor the caller's, but
 * for those that are given.
 *
 * @throws {SystemError} of call "fcntl" (EBADF: one of those is not open)
 */
export function keepDescriptors(given: readonly number[] = []): void {
  const flags = CLOSE_RANGE_CLOEXEC;
  if (libc.syscall(SYS_CLOSE_RANGE, 3, EVERY_DESCRIPTOR, flags) !== 0) {
    if (errno() !== ENOSYS) throw new SystemError("close_range", errno());
    for (const fd of openDescriptors()) {
      if (fd > 2) libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
  }
  for (const fd of given) {
    succeed(libc.fcntl(fd, F_SETFD, 0), "fcntl", `descriptor ${fd}`);
  }
}

/** A second number for a descriptor, which children inherit. @throws {SystemError} of call "fcntl" */
export function duplicateForChild(fd: number): number {
  return succeed(libc.fcntl(fd, F_DUPFD, LEAST_DUPLICATE), "fcntl");
}

/**
 * Points standard input, output and errors, and every copy of them, at the
 * file `path`, which is made if need be; what is written is appended.
 *
 * @throws {SystemError} of call "open" or "dup3"
 */
export function redirectStandardStreams(path: string): void {
  const target = openFile(path, O_RDWR | O_CREAT | O_APPEND);
  try {
    const old = new Set([0, 1, 2].map(linkOf));
    old.delete(undefined);
    for (const fd of openDescriptors()) {
      if (fd === target || fd > 2 && !old.has(linkOf(fd))) continue;
      succeed(libc.dup3(target, fd, fd > 2 ? O_CLOEXEC : 0), "dup3");
    }
  } finally {
    closeFile(target);
  }
}

/** Keeps keys out of core dumps, and other processes of the same user out of our memory. */
export function forbidDumps(): void {
  succeed(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl");
}

/**
 * Lets no program that this thread starts gain privileges. Not for a process
 * that runs hooks: sudo refuses to work under it.
 */
export function forbidNewPrivileges(): void {
  succeed(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
}

/** Sends a signal by its number; false where there is no such process. @throws {SystemError} EPERM */
export function signalProcess(process: number, signal: number): boolean {
  if (libc.kill(process, signal) === 0) return true;
  if (errno() === ESRCH) return false;
  throw new SystemError("kill", errno(), `process ${process}`);
}

/** Whether a process of this id is there, be it another user's or dead and not yet waited for. */
export function processExists(process: number): boolean {
  return libc.kill(process, 0) === 0 || errno() === EPERM;
}

/**
 * When a process began, in the kernel's ticks since the machine did. With its
 * id this names the process for good: an id is given again, but not at that
 * time. Undefined where there is no such process, or only its dead remains.
 */
export function processStart(process: number): number | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${process}/stat`);
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  if (state === "Z" || state === "X") return undefined;
  return Number(fields[STARTTIME - STATE]);
}

/** Numbers of fields in /proc/PID/stat (proc(5)). */
const STATE = 3;
const STARTTIME = 22;
