/**
 * The names and words of errno, as Linux numbers them on x64 and arm64.
 *
 * Only what a tunnel meets; any other number is shown as a number.
 *
 * @module
 */

/** Numbers that code compares with. */
export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const EBADF = 9;
export const EAGAIN = 11;
export const EACCES = 13;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENOSYS = 38;
export const EBADFD = 77;
export const ENOTSOCK = 88;
export const EMSGSIZE = 90;
export const ENOPROTOOPT = 92;
export const EPROTONOSUPPORT = 93;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETDOWN = 100;
export const ENETUNREACH = 101;
export const ENOBUFS = 105;
export const ECONNREFUSED = 111;
export const EHOSTUNREACH = 113;

/** Number, name, and what the number says in plain words. */
const TABLE: readonly (readonly [number, string, string])[] = [
  [EPERM, "EPERM", "operation not permitted"],
  [ENOENT, "ENOENT", "no such file or directory"],
  [ESRCH, "ESRCH", "no such process or route"],
  [EINTR, "EINTR", "interrupted by a signal"],
  [EIO, "EIO", "input/output error"],
  [6, "ENXIO", "no such device or address"],
  [EBADF, "EBADF", "bad file descriptor"],
  [EAGAIN, "EAGAIN", "nothing waits, or the queue is full"],
  [12, "ENOMEM", "out of memory"],
  [EACCES, "EACCES", "permission denied"],
  [EFAULT, "EFAULT", "bad address in memory"],
  [EBUSY, "EBUSY", "device or resource busy"],
  [EEXIST, "EEXIST", "exists already"],
  [ENODEV, "ENODEV", "no such device"],
  [20, "ENOTDIR", "not a directory"],
  [21, "EISDIR", "is a directory"],
  [EINVAL, "EINVAL", "invalid argument"],
  [23, "ENFILE", "too many open files in the system"],
  [24, "EMFILE", "too many open files"],
  [28, "ENOSPC", "no space left on the device"],
  [30, "EROFS", "read-only file system"],
  [32, "EPIPE", "broken pipe"],
  [34, "ERANGE", "result out of range"],
  [ENOSYS, "ENOSYS", "the kernel has no such call"],
  [40, "ELOOP", "too many symbolic links"],
  [71, "EPROTO", "protocol error"],
  [75, "EOVERFLOW", "value too large"],
  [EBADFD, "EBADFD", "the device is gone"],
  [ENOTSOCK, "ENOTSOCK", "not a socket"],
  [EMSGSIZE, "EMSGSIZE", "message too long"],
  [ENOPROTOOPT, "ENOPROTOOPT", "no such socket option"],
  [EPROTONOSUPPORT, "EPROTONOSUPPORT", "protocol not supported"],
  [EOPNOTSUPP, "EOPNOTSUPP", "operation not supported"],
  [EAFNOSUPPORT, "EAFNOSUPPORT", "address family not supported"],
  [EADDRINUSE, "EADDRINUSE", "address already in use"],
  [EADDRNOTAVAIL, "EADDRNOTAVAIL", "no such local address"],
  [ENETDOWN, "ENETDOWN", "network is down"],
  [ENETUNREACH, "ENETUNREACH", "network is unreachable"],
  [104, "ECONNRESET", "connection reset by peer"],
  [ENOBUFS, "ENOBUFS", "no buffer space available"],
  [110, "ETIMEDOUT", "timed out"],
  [ECONNREFUSED, "ECONNREFUSED", "connection refused"],
  [112, "EHOSTDOWN", "host is down"],
  [EHOSTUNREACH, "EHOSTUNREACH", "no route to host"],
];

const BY_NUMBER = new Map(TABLE.map(([errno, ...words]) => [errno, words]));

/** The name of `errno`, such as "EADDRINUSE"; "errno 999" where it has none here. */
export function errnoName(errno: number): string {
  return BY_NUMBER.get(errno)?.[0] ?? `errno ${errno}`;
}

/** What `errno` says in plain words; its number where it is not in the table. */
export function errnoText(errno: number): string {
  return BY_NUMBER.get(errno)?.[1] ?? `errno ${errno}`;
}
