/**
 * When a peer must next do something of its own accord (whitepaper §6).
 *
 * Five deadlines and the events that move them. This table is the whole
 * machine; tests/device/timers_test.ts reads it line by line.
 *
 * ```text
 * event                | retransmit | keepalive   | newHandshake | zeroKeys | persistent
 * ---------------------|------------|-------------|--------------|----------|-----------
 * started (interval>0) |            |             |              |          | at once
 * persistentStopped    |            |             |              |          | stop
 * keepalivePutOff      |            |             |              |          | interval
 * initiationSent       | 5 s + j    |             |              |          |
 * initiationLost       | at once    |             |              |          |
 * handshakeComplete    | stop       |             |              |          |
 * gaveUp               | stop       | stop        |              | 540 s ?  |
 * sessionDerived       |            |             |              | 540 s    |
 * dataSent             |            |             | 15 s + j ?   |          |
 * dataReceived         |            | 10 s ?      |              |          |
 * authenticatedSent    |            | stop        |              |          | interval
 * authenticatedReceived|            |             | stop         |          | interval
 * stopped              | stop       | stop        | stop         | stop     | stop
 * ```
 *
 * `?` leaves a running deadline alone; `j` is a random delay below
 * {@linkcode MAX_JITTER}. Nothing here reads a clock: `now` and every deadline
 * are milliseconds of the caller's clock.
 *
 * @module
 */

import {
  KEEPALIVE_TIMEOUT,
  MAX_JITTER,
  REKEY_ATTEMPT_TIME,
  REKEY_TIMEOUT,
  ZERO_KEYS_AFTER_TIME,
} from "./constants.ts";

/** What a deadline asks for when it passes. */
export type Timer =
  | "retransmit"
  | "keepalive"
  | "newHandshake"
  | "zeroKeys"
  | "persistent";

const TIMERS: readonly Timer[] = [
  "retransmit",
  "keepalive",
  "newHandshake",
  "zeroKeys",
  "persistent",
];
const RETRANSMIT = 0, KEEPALIVE = 1, NEW_HANDSHAKE = 2;
const ZERO_KEYS = 3, PERSISTENT = 4;

/** As the kernel: 19 retransmissions after the first initiation, 100 to 107 s in all. */
const MAX_RETRIES = REKEY_ATTEMPT_TIME / REKEY_TIMEOUT + 1;

/**
 * A time before which no deadline of any peer passes. It may be too early when
 * a deadline was moved or stopped: the device then looks, and sets it anew.
 */
export interface Alarm {
  at: number;
}

/** Deadlines of one peer. */
export class Timers {
  /** Milliseconds between persistent keepalives; 0 is off. */
  persistentInterval = 0;
  #deadlines = new Float64Array(TIMERS.length).fill(Infinity);
  #retries = 0;
  #random: () => number;
  #alarm: Alarm;

  /**
   * @param random a source of numbers in [0, 1), for the jitter
   * @param alarm is moved forward by every deadline that is set
   */
  constructor(random: () => number, alarm: Alarm) {
    this.#random = random;
    this.#alarm = alarm;
  }

  /** The device is up, or the interval was set: a peer behind NAT speaks at once. */
  started(now: number): void {
    if (this.persistentInterval > 0) this.#set(PERSISTENT, now);
  }

  /** The interval was set to 0. */
  persistentStopped(): void {
    this.#stop(PERSISTENT);
  }

  /** A keepalive waits for a handshake, which is not tried more often than its time allows: the interval goes on. */
  keepalivePutOff(now: number): void {
    this.#restartInterval(now);
  }

  /** @param retry whether this repeats an initiation that was not answered */
  initiationSent(now: number, retry: boolean): void {
    this.#retries = retry ? this.#retries + 1 : 0;
    this.#set(RETRANSMIT, now + REKEY_TIMEOUT + this.#jitter());
  }

  /** The last initiation never left this machine, and the next one may: it takes its place, in the count too. */
  initiationLost(now: number): void {
    this.#retries--;
    this.#set(RETRANSMIT, now);
  }

  handshakeComplete(): void {
    this.#retries = 0;
    this.#stop(RETRANSMIT);
  }

  gaveUp(now: number): void {
    this.#retries = 0;
    this.#stop(RETRANSMIT);
    this.#stop(KEEPALIVE);
    if (!this.#runs(ZERO_KEYS)) this.sessionDerived(now);
  }

  sessionDerived(now: number): void {
    this.#set(ZERO_KEYS, now + ZERO_KEYS_AFTER_TIME);
  }

  dataSent(now: number): void {
    if (this.#runs(NEW_HANDSHAKE)) return;
    const wait = KEEPALIVE_TIMEOUT + REKEY_TIMEOUT + this.#jitter();
    this.#set(NEW_HANDSHAKE, now + wait);
  }

  dataReceived(now: number): void {
    if (this.#runs(KEEPALIVE)) return;
    this.#set(KEEPALIVE, now + KEEPALIVE_TIMEOUT);
  }

  authenticatedSent(now: number): void {
    this.#stop(KEEPALIVE);
    this.#restartInterval(now);
  }

  authenticatedReceived(now: number): void {
    this.#stop(NEW_HANDSHAKE);
    this.#restartInterval(now);
  }

  stopped(): void {
    this.#retries = 0;
    this.#deadlines.fill(Infinity);
  }

  /** The earliest deadline; Infinity when nothing is due. */
  next(): number {
    let earliest = Infinity;
    for (let i = 0; i < TIMERS.length; i++) {
      if (this.#deadlines[i]! < earliest) earliest = this.#deadlines[i]!;
    }
    return earliest;
  }

  /** Takes one deadline that has passed by `now`, or `undefined`. */
  take(now: number): Timer | undefined {
    for (let i = 0; i < TIMERS.length; i++) {
      if (this.#deadlines[i]! > now) continue;
      this.#stop(i);
      return TIMERS[i];
    }
    return undefined;
  }

  /** Whether an unanswered initiation may be sent once more. */
  mayRetry(): boolean {
    return this.#retries < MAX_RETRIES;
  }

  /** Whether an initiation waits for its answer. */
  awaitsResponse(): boolean {
    return this.#runs(RETRANSMIT);
  }

  #restartInterval(now: number): void {
    if (this.persistentInterval > 0) {
      this.#set(PERSISTENT, now + this.persistentInterval);
    }
  }

  #set(timer: number, deadline: number): void {
    this.#deadlines[timer] = deadline;
    if (deadline < this.#alarm.at) this.#alarm.at = deadline;
  }

  #stop(timer: number): void {
    this.#deadlines[timer] = Infinity;
  }

  #runs(timer: number): boolean {
    return this.#deadlines[timer]! !== Infinity;
  }

  #jitter(): number {
    return Math.floor(this.#random() * MAX_JITTER);
  }
}
