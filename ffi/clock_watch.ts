/**
 * Hearing that the clock was set, or that the machine slept: timerfd_create(2).
 *
 * A timer of the wall clock that is never due is cancelled when that clock jumps, as it does after a
 * suspend. Its descriptor is then readable, so nothing has to look at the time meanwhile.
 *
 * ```text
 * struct itimerspec, 32 bytes: 0 interval { i64 seconds · i64 ns } · 16 first { i64 seconds · i64 ns }
 * ```
 *
 * @module
 */

import { O_CLOEXEC, O_NONBLOCK } from "./file.ts";
import { libc, succeed } from "./libc.ts";
import { Struct } from "./memory.ts";

const CLOCK_REALTIME = 0;
const TFD_TIMER_ABSTIME = 1;
const TFD_TIMER_CANCEL_ON_SET = 2;
const SPECIFICATION = 32;
const FIRST_SECONDS = 16;
/** The year 2242; far enough, and small enough for every kernel. */
const NEVER = 2 ** 33;

/** A watch on the wall clock. */
export class ClockWatch implements Disposable {
  /** For poll: readable once the clock has jumped. */
  readonly fd: number;
  #value = new Struct(8);

  /** @throws {SystemError} of call "timerfd_create" or "timerfd_settime" */
  constructor() {
    const flags = O_NONBLOCK | O_CLOEXEC;
    this.fd = succeed(
      libc.timerfd_create(CLOCK_REALTIME, flags),
      "timerfd_create",
    );
    this.#arm();
  }

  /** Takes back what poll tells, and watches on. */
  rearm(): void {
    libc.read(this.fd, this.#value.pointer, 8); // ECANCELED: that is the news
    this.#arm();
  }

  #arm(): void {
    const time = new Uint8Array(SPECIFICATION);
    new DataView(time.buffer).setBigInt64(FIRST_SECONDS, BigInt(NEVER), true);
    const flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    succeed(
      libc.timerfd_settime(this.fd, flags, time, null),
      "timerfd_settime",
    );
  }

  [Symbol.dispose](): void {
    libc.close(this.fd);
  }
}
