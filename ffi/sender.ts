/**
 * Sending datagrams, many a call: sendmmsg(2), with UDP_SEGMENT (udp(7)).
 *
 * A message is one datagram, or a train: datagrams of one size that lie end to
 * end, the last of them perhaps shorter, which the kernel or the network card
 * cuts apart.
 *
 * ```text
 * add ─▶ table ─▶ flush: a run of one family ─▶ sendmmsg
 *                          │ the first one failed
 *                          ▼
 *   EAGAIN            wait for room, else lose the run
 *   a train: EMSGSIZE, EINVAL, EIO       its datagrams, one by one
 *   a source: EINVAL, EADDRNOTAVAIL, …   once more from another
 *   else              once more (ICMP's word on another datagram), then lost
 * ```
 *
 * A train longer than the path takes fails for ever while its datagrams pass
 * alone (EMSGSIZE; EINVAL before Linux 6.14), so that is remembered for its
 * destination; EIO (no checksum offload, IPsec) for the whole family.
 *
 * @module
 */

import {
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EHOSTUNREACH,
  EINTR,
  EINVAL,
  EIO,
  EMSGSIZE,
  ENETUNREACH,
} from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { Struct } from "./memory.ts";
import { MessageTable } from "./message_table.ts";
import { POLLOUT } from "./poll.ts";
import type { SocketAddress } from "./socket_address.ts";

/** Datagrams of a train at most: what every kernel takes (128 since Linux 6.9). */
export const MAXIMUM_SEGMENTS = 64;
/** Bytes of a train at most: an IPv4 packet without its headers. */
export const MAXIMUM_TRAIN = 65507;

/** Milliseconds that a full queue is given to empty. */
const QUEUE_WAIT = 5;

/** What a Sender tells of. */
export interface SenderEvents {
  /** `datagrams` to `to`, of `length` bytes together, are lost, for the reason `errno`; EAFNOSUPPORT: there is no socket of its family. */
  onError(
    to: SocketAddress,
    errno: number,
    datagrams: number,
    length: number,
  ): void;
  /** `to.source` seems to be no address of this machine any more: the same place from another source, or from none. */
  otherSource(to: SocketAddress): SocketAddress | undefined;
  /** `to.source` is no address of this machine any more; `to` was reached from another. */
  onSourceGone(to: SocketAddress): void;
  /** The way to `to` takes only smaller datagrams than a train's: they go alone from now on, in fragments. */
  onNarrow(to: SocketAddress): void;
}

/** The sockets of {@linkcode openPair}, by descriptor; a family may be missing. */
export interface SenderSockets {
  readonly v4?: number | undefined;
  readonly v6?: number | undefined;
}

/** Datagrams that wait to be sent together. */
export class Sender {
  #table: MessageTable;
  /** The datagrams of one train, for the times when it may not be one. */
  #alone: MessageTable;
  #events: SenderEvents;
  #sockets: SenderSockets = {};
  #writable = new Struct(8);
  /** Families whose sockets take no trains. */
  #noTrains = { v4: false, v6: false };
  /** Addresses, as text, to which no trains go. */
  #narrow = new Set<string>();

  /**
   * @param bufferAddress absolute start of the caller's buffer, which it keeps alive
   * @param capacity messages that fit between two flushes
   */
  constructor(bufferAddress: number, capacity: number, events: SenderEvents) {
    this.#table = new MessageTable(bufferAddress, capacity);
    this.#alone = new MessageTable(bufferAddress, MAXIMUM_SEGMENTS);
    this.#events = events;
  }

  /** Messages that wait. */
  get count(): number {
    return this.#table.count;
  }

  /** Takes other sockets, of which nothing is known yet. Flush first. */
  setSockets(sockets: SenderSockets): void {
    this.#sockets = sockets;
    this.#noTrains = { v4: false, v6: false };
    this.#narrow.clear();
  }

  /** Forgets to which destinations no trains went: call it when routes changed. */
  forgetPaths(): void {
    this.#narrow.clear();
  }

  /**
   * Adds one message, and flushes first if the table is full.
   *
   * @param place offset from the buffer's start; unchanged until the next flush
   * @param length bytes, at most {@linkcode MAXIMUM_TRAIN}
   * @param segment bytes of each datagram of a train, at most
   * {@linkcode MAXIMUM_SEGMENTS} of them; 0, or `length` and more, is one datagram
   * @param service the packets' service byte (RFC 2474, RFC 3168)
   */
  add(
    place: number,
    length: number,
    segment: number,
    to: SocketAddress,
    service = 0,
  ): void {
    if (this.#table.full) this.flush();
    const size = length > segment ? segment : 0;
    this.#table.add(place, length, size, to, service);
  }

  /** Sends everything. Afterwards the buffer may be reused, whatever was lost. */
  flush(): void {
    const table = this.#table;
    for (let at = 0; at < table.count;) {
      const end = this.#runEnd(at);
      if (end > at) this.#sendRun(table, at, end);
      else this.#sendAlone(at);
      at = Math.max(end, at + 1);
    }
    table.clear();
  }

  /** Behind the last message that one call may take with `start`; `start` if none may. */
  #runEnd(start: number): number {
    const table = this.#table, v4 = table.isV4(start);
    let end = start;
    while (
      end < table.count && table.isV4(end) === v4 && this.#mayGo(table, end)
    ) end++;
    return end;
  }

  /** Whether message `i` may go as it is, and need not be taken apart. */
  #mayGo(table: MessageTable, i: number): boolean {
    if (table.segment(i) === 0) return true;
    if (table.isV4(i) ? this.#noTrains.v4 : this.#noTrains.v6) return false;
    return this.#narrow.size === 0 ||
      !this.#narrow.has(table.to(i).address.join());
  }

  #sendRun(table: MessageTable, start: number, end: number): void {
    const fd = table.isV4(start) ? this.#sockets.v4 : this.#sockets.v6;
    if (fd === undefined) return this.#lose(table, start, end, EAFNOSUPPORT);
    let failed = -1; // the message that failed last: it gets one more chance
    for (let at = start; at < end;) {
      const sent = libc.sendmmsg(fd, table.pointerTo(at), end - at, 0);
      if (sent > 0) {
        at += sent;
        continue;
      }
      const reason = errno();
      if (reason === EINTR) continue;
      if (reason === EAGAIN) {
        if (this.#waitForRoom(fd)) continue;
        return this.#lose(table, at, end, EAGAIN);
      }
      if (this.#tryOtherwise(table, at, reason)) at++;
      else if (at === failed) this.#lose(table, at, ++at, reason);
      else failed = at;
    }
  }

  /** Whether message `at`, which failed as it was, went out (or was counted) otherwise. */
  #tryOtherwise(table: MessageTable, at: number, reason: number): boolean {
    if (table.segment(at) > 0 && blamesTrain(reason)) {
      const asTheyWere = this.#sendAlone(at);
      if (asTheyWere) this.#rememberTrain(table, at, reason);
      return true;
    }
    if (table.hasSource(at) && blamesSource(reason)) {
      return this.#sendFromElsewhere(table, at);
    }
    return false;
  }

  /**
   * Sends the datagrams of train `at` one by one, and tells whether they went
   * out with nothing changed, so that the train itself was to blame.
   */
  #sendAlone(at: number): boolean {
    const train = this.#table, alone = this.#alone;
    const to = train.to(at), segment = train.segment(at);
    const service = train.service(at);
    const end = train.place(at) + train.length(at);
    let unchanged = true;
    for (let place = train.place(at); place < end;) {
      for (; place < end && !alone.full; place += segment) {
        alone.add(place, Math.min(segment, end - place), 0, to, service);
      }
      this.#sendRun(alone, 0, alone.count);
      unchanged &&= alone.unchanged;
      alone.clear();
    }
    return unchanged;
  }

  #rememberTrain(table: MessageTable, at: number, reason: number): void {
    const to = table.to(at);
    if (reason !== EIO) {
      this.#narrow.add(to.address.join());
      this.#events.onNarrow(to);
    } else if (table.isV4(at)) this.#noTrains.v4 = true;
    else this.#noTrains.v6 = true;
  }

  /** Whether message `at` went out from another source. */
  #sendFromElsewhere(table: MessageTable, at: number): boolean {
    const fd = table.isV4(at) ? this.#sockets.v4 : this.#sockets.v6;
    const to = table.to(at), other = this.#events.otherSource(to);
    if (other === undefined) return false;
    table.redirect(at, other);
    if (libc.sendmmsg(fd!, table.pointerTo(at), 1, 0) < 1) return false;
    this.#events.onSourceGone(to);
    return true;
  }

  /** Counts the messages from `start` to before `end` as lost. */
  #lose(
    table: MessageTable,
    start: number,
    end: number,
    reason: number,
  ): void {
    for (let i = start; i < end; i++) {
      const segment = table.segment(i);
      const length = table.length(i);
      const datagrams = segment > 0 ? Math.ceil(length / segment) : 1;
      table.unchanged = false;
      this.#events.onError(table.to(i), reason, datagrams, length);
    }
  }

  /** Whether `fd` takes more within a few milliseconds. */
  #waitForRoom(fd: number): boolean {
    this.#writable.view.setInt32(0, fd, true);
    this.#writable.setU32(4, POLLOUT);
    return libc.poll(this.#writable.pointer, 1, QUEUE_WAIT) > 0;
  }
}

function blamesTrain(reason: number): boolean {
  return reason === EMSGSIZE || reason === EINVAL || reason === EIO;
}

function blamesSource(reason: number): boolean {
  return reason === EINVAL || reason === EADDRNOTAVAIL ||
    reason === ENETUNREACH || reason === EHOSTUNREACH;
}
