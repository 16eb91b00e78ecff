/**
 * The C library: the one table of its functions that Caktus calls, and how a
 * failed call is told.
 *
 * A pointer to what lives only for the call is a `buffer`: Deno holds the bytes
 * meanwhile. What is called for each batch of packets takes a `pointer` to a
 * struct that is made once. Any other pointer to what lives longer is a `usize`:
 * an absolute address, a number, as {@linkcode addressOf} in memory.ts gives it.
 * Deno takes numbers there at run time though its types say bigint; the cast
 * stands once, here. But it takes them the slow way, in 250 ns instead of 10,
 * and V8 throws away the compiled code of each function that calls so. A length
 * below 2^32 is a `u32` for the same reason: both architectures clear the upper
 * half of a register that takes one.
 *
 * x64 and arm64 pass the arguments of variadic functions (ioctl, open, fcntl,
 * prctl, syscall) like any other, so those stand here with the parameters that
 * are used. Where a number differs by architecture, the file that uses it says so.
 *
 * Loading it costs 0.2 ms a symbol, for Deno compiles a stub for each: commands
 * that only ask a daemon do without.
 *
 * The table asks for nothing newer than glibc 2.27: a missing symbol would stop
 * the whole program, so newer calls go through `syscall`.
 *
 * @module
 */

import { EINTR } from "./errno.ts";
import { SystemError } from "./system_error.ts";

export { SystemError };

const SYMBOLS = {
  // errno, and files
  __errno_location: { parameters: [], result: "pointer" },
  open: {
    // const char *path, int flags, mode_t mode
    parameters: ["buffer", "i32", "u32"],
    result: "i32",
  },
  close: { parameters: ["i32"], result: "i32" }, // int fd
  read: {
    // int fd, void *buffer, size_t length; ssize_t, never above 2^31 here
    parameters: ["i32", "pointer", "u32"],
    result: "i32",
  },
  write: {
    // int fd, const void *buffer, size_t length
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
  },
  readv: {
    // int fd, const struct iovec *parts, int count
    parameters: ["i32", "pointer", "i32"],
    result: "i32",
  },
  writev: {
    // int fd, const struct iovec *parts, int count
    parameters: ["i32", "pointer", "i32"],
    result: "i32",
  },
  ioctl: {
    // int fd, unsigned long request, void *argument
    parameters: ["i32", "usize", "usize"],
    result: "i32",
  },
  fcntl: {
    // int fd, int command, int argument
    parameters: ["i32", "i32", "i32"],
    result: "i32",
  },
  dup3: {
    // int old, int new, int flags
    parameters: ["i32", "i32", "i32"],
    result: "i32",
  },
  flock: { parameters: ["i32", "i32"], result: "i32" }, // int fd, int operation

  // sockets
  socket: {
    // int family, int type, int protocol
    parameters: ["i32", "i32", "i32"],
    result: "i32",
  },
  bind: {
    // int fd, const struct sockaddr *name, socklen_t length
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
  },
  connect: {
    // int fd, const struct sockaddr *name, socklen_t length
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
  },
  getsockname: {
    // int fd, struct sockaddr *name, socklen_t *length
    parameters: ["i32", "buffer", "buffer"],
    result: "i32",
  },
  setsockopt: {
    // int fd, int level, int name, const void *value, socklen_t length
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  send: {
    // int fd, const void *buffer, size_t length, int flags
    parameters: ["i32", "buffer", "usize", "i32"],
    result: "i32",
  },
  recv: {
    // int fd, void *buffer, size_t length, int flags
    parameters: ["i32", "buffer", "usize", "i32"],
    result: "i32",
  },
  sendmmsg: {
    // int fd, struct mmsghdr *messages, unsigned count, int flags
    parameters: ["i32", "pointer", "u32", "i32"],
    result: "i32",
  },
  recvmmsg: {
    // int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *
    parameters: ["i32", "pointer", "u32", "i32", "pointer"],
    result: "i32",
  },
  if_nametoindex: { parameters: ["buffer"], result: "u32" }, // const char *name

  // waiting
  poll: {
    // struct pollfd *fds, nfds_t count, int timeout in milliseconds
    parameters: ["pointer", "u32", "i32"],
    result: "i32",
  },
  waitingPoll: {
    // the same in another thread, while this one runs on; errno is lost
    name: "poll",
    parameters: ["pointer", "u32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  eventfd: { parameters: ["u32", "i32"], result: "i32" }, // unsigned value, int flags
  timerfd_create: { parameters: ["i32", "i32"], result: "i32" }, // int clock, int flags
  timerfd_settime: {
    // int fd, int flags, const struct itimerspec *new, struct itimerspec *old
    parameters: ["i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  inotify_init1: { parameters: ["i32"], result: "i32" }, // int flags
  inotify_add_watch: {
    // int fd, const char *path, uint32_t mask
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
  },

  // memory; both in another thread, while this one runs on: errno is lost
  madvise: {
    // void *address, size_t length, int advice
    parameters: ["usize", "usize", "i32"],
    result: "i32",
    nonblocking: true,
  },
  malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true }, // size_t kept

  // this process
  setsid: { parameters: [], result: "i32" },
  umask: { parameters: ["u32"], result: "u32" }, // mode_t mask
  geteuid: { parameters: [], result: "u32" },
  kill: { parameters: ["i32", "i32"], result: "i32" }, // pid_t process, int signal
  prctl: {
    // int option, unsigned long × 4
    parameters: ["i32", "usize", "usize", "usize", "usize"],
    result: "i32",
  },
  capget: {
    // struct { u32 version; int pid } *header, struct { u32 effective, permitted, inheritable } data[2]
    parameters: ["buffer", "buffer"],
    result: "i32",
  },
  capset: { parameters: ["buffer", "buffer"], result: "i32" }, // as capget
  syscall: {
    // long number, long × 3
    parameters: ["usize", "usize", "usize", "usize"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** A symbol whose 64-bit parameters are plain numbers. */
type Numbers<F> = F extends (...given: infer Parameters) => infer Result ? (
    ...given: {
      [K in keyof Parameters]: Parameters[K] extends number | bigint ? number
        : Parameters[K];
    }
  ) => Result
  : F;

type Symbols = Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;

/** The functions of the C library; see the table above for their parameters. */
export const libc = Deno.dlopen("libc.so.6", SYMBOLS).symbols as unknown as {
  [K in keyof Symbols]: Numbers<Symbols[K]>;
};

/**
 * This thread's errno. It is memory, not a call: a call would come too late a
 * few times in a million, when the collector's own system calls spoil it.
 */
const errnoCell = new Int32Array(
  Deno.UnsafePointerView.getArrayBuffer(libc.__errno_location()!, 4),
);

/** errno of the synchronous call that was just made; of no meaning otherwise. */
export function errno(): number {
  return errnoCell[0]!;
}

/**
 * `result` of a synchronous call that was just made, if it is not negative.
 *
 * @throws {SystemError}
 */
export function succeed(result: number, call: string, detail = ""): number {
  if (result < 0) throw new SystemError(call, errno(), detail);
  return result;
}

/** The result of `call`, made again as long as a signal interrupts it. */
export function uninterrupted(call: () => number): number {
  for (;;) {
    const result = call();
    if (result >= 0 || errno() !== EINTR) return result;
  }
}
