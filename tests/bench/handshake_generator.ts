/**
 * Many initiators in one process: answers a second of a responder, which it asks as fast as that one answers.
 *
 * Reads its {@linkcode Task} from stdin, as JSON, and writes its {@linkcode Outcome}. Every initiation is made before the
 * first is sent, so that asking costs little beside answering. A window of them is under way, smaller than a queue that
 * would be taken for load: no cookie is asked for, and what is counted is responses and nothing else.
 *
 * ```text
 * messages, a slot each, in the order in which they are sent        what is received
 *   initiator 0, 1, 2, … · 0, 1, 2, … · …  (its sender index is      64 slots
 *   round 0, not counted   round 1          the message's number)
 * ```
 *
 * @module
 */

import { addressOf } from "../../ffi/memory.ts";
import { Poll } from "../../ffi/poll.ts";
import { Receiver } from "../../ffi/receiver.ts";
import { Sender } from "../../ffi/sender.ts";
import type { SocketAddress } from "../../ffi/socket_address.ts";
import { UdpSocket } from "../../ffi/udp.ts";
import {
  INITIATION_LENGTH,
  readWord,
  RESPONSE,
  RESPONSE_LENGTH,
} from "../../src/noise/messages.ts";
import {
  type Initiators,
  SLOT_LENGTH,
  writeInitiations,
} from "./handshake_messages.ts";

/** What to ask whom. */
export interface Task extends Initiators {
  /** IPv4. */
  address: string;
  port: number;
}

/** What came of it. */
export interface Outcome {
  answered: number;
  /** Initiations that were not answered in half a second. */
  lost: number;
  seconds: number;
}

/** Initiations under way. */
const WINDOW = 64;
/** Milliseconds after which an answer is given up. */
const PATIENCE = 500;
/** Least milliseconds between two initiations of one peer: responders ignore the second of two within 20. */
const INTERVAL = 25;
const RECEIVE_SLOT = 8192, RECEIVE_COUNT = 64;

/** Sends messages, a window of them at a time, and counts their answers. */
class Asker {
  readonly #initiators: number;
  readonly #to: SocketAddress;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #received: Uint8Array<ArrayBuffer>;
  readonly #socket = UdpSocket.open(4, 0, 0);
  readonly #poll = new Poll();
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  /** When each message was sent. */
  readonly #sentAt: Float64Array;
  /** Numbers of messages that wait for their answers, in the order in which they were sent. */
  readonly #underWay = new Set<number>();
  #answered = 0;
  #lost = 0;

  constructor(task: Task) {
    const address = Uint8Array.from(task.address.split("."), Number);
    this.#to = { address, port: task.port, scope: 0 };
    this.#initiators = task.initiators.length;
    const messages = this.#initiators * (task.rounds + 1);
    this.#sentAt = new Float64Array(messages);
    this.#buffer = new Uint8Array(messages * SLOT_LENGTH);
    writeInitiations(this.#buffer, task);
    this.#received = new Uint8Array(RECEIVE_COUNT * RECEIVE_SLOT);
    const into = addressOf(this.#received);
    this.#receiver = new Receiver(into, RECEIVE_SLOT, RECEIVE_COUNT);
    this.#sender = new Sender(addressOf(this.#buffer), WINDOW, {
      onError: () => {},
      otherSource: () => undefined,
      onNarrow: () => {},
      onSourceGone: () => {},
    });
    this.#sender.setSockets({ v4: this.#socket.fd });
    this.#poll.add(this.#socket.fd);
  }

  /** Sends the messages of these rounds, the last not included. */
  ask(firstRound: number, lastRound: number): Outcome {
    this.#answered = this.#lost = 0;
    const start = performance.now(), end = lastRound * this.#initiators;
    let next = firstRound * this.#initiators;
    while (next < end || this.#underWay.size > 0) {
      const now = performance.now();
      while (next < end && this.#maySend(next, now)) this.#send(next++, now);
      this.#sender.flush();
      if (this.#poll.pause(1, undefined) > 0) this.#receive();
      this.#giveUp(now);
    }
    const seconds = (performance.now() - start) / 1_000;
    return { answered: this.#answered, lost: this.#lost, seconds };
  }

  #maySend(number: number, now: number): boolean {
    if (this.#underWay.size >= WINDOW) return false;
    const before = number - this.#initiators;
    return before < 0 || now - this.#sentAt[before]! >= INTERVAL;
  }

  #send(number: number, now: number): void {
    this.#sentAt[number] = now;
    this.#underWay.add(number);
    this.#sender.add(number * SLOT_LENGTH, INITIATION_LENGTH, 0, this.#to);
  }

  #receive(): void {
    const count = this.#receiver.receive(this.#socket.fd);
    for (let i = 0; i < count; i++) {
      const start = this.#receiver.place(i);
      const end = start + this.#receiver.length(i);
      const step = this.#receiver.segment(i) || end - start;
      for (let at = start; at < end; at += step) {
        this.#take(at, Math.min(step, end - at));
      }
    }
  }

  #take(at: number, length: number): void {
    if (length !== RESPONSE_LENGTH) return;
    if (readWord(this.#received, at) !== RESPONSE) return;
    const number = readWord(this.#received, at + 8);
    if (this.#underWay.delete(number)) this.#answered++;
  }

  #giveUp(now: number): void {
    for (const number of this.#underWay) {
      if (now - this.#sentAt[number]! < PATIENCE) break;
      this.#underWay.delete(number);
      this.#lost++;
    }
  }
}

async function main(): Promise<void> {
  const task: Task = await new Response(Deno.stdin.readable).json();
  const asker = new Asker(task);
  asker.ask(0, 1);
  console.log(JSON.stringify(asker.ask(1, task.rounds + 1)));
}

if (import.meta.main) await main();
