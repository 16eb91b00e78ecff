/**
 * Many peers of one responder that all ask at once, each some milliseconds, as
 * after a restart of it.
 *
 * Reads its {@linkcode Task} from stdin, as JSON; writes `ready` once every
 * initiation is made, and in the end how many were answered.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";
import { addressOf } from "../../ffi/memory.ts";
import { Receiver } from "../../ffi/receiver.ts";
import { Sender } from "../../ffi/sender.ts";
import { UdpSocket } from "../../ffi/udp.ts";
import {
  type Initiators,
  SLOT_LENGTH,
  writeInitiations,
} from "../bench/handshake_messages.ts";

/** Whom, and how often. */
export interface Task extends Initiators {
  /** IPv4. */
  address: string;
  port: number;
  /** Milliseconds from one burst to the next. */
  interval: number;
}

const INITIATION_LENGTH = 148, RESPONSE_LENGTH = 92;
const RECEIVE_SLOT = 8192, RECEIVE_COUNT = 64;

const task: Task = await new Response(Deno.stdin.readable).json();
const burst = task.initiators.length, bursts = task.rounds + 1;
const to = {
  address: Uint8Array.from(task.address.split("."), Number),
  port: task.port,
  scope: 0,
};
const messages = new Uint8Array(burst * bursts * SLOT_LENGTH);
writeInitiations(messages, task);
const socket = UdpSocket.open(4, 0, 0);
const sender = new Sender(addressOf(messages), burst, {
  onError: () => {},
  otherSource: () => undefined,
  onNarrow: () => {},
  onSourceGone: () => {},
});
sender.setSockets({ v4: socket.fd });
const received = new Uint8Array(RECEIVE_COUNT * RECEIVE_SLOT);
const into = addressOf(received);
const receiver = new Receiver(into, RECEIVE_SLOT, RECEIVE_COUNT);
let answered = 0;

function countAnswers(): void {
  for (let count = 1; count > 0;) {
    count = receiver.receive(socket.fd);
    for (let i = 0; i < count; i++) {
      answered += Math.floor(receiver.length(i) / RESPONSE_LENGTH);
    }
  }
}

console.log("ready");
for (let number = 0; number < bursts; number++) {
  for (let i = 0; i < burst; i++) {
    const place = (number * burst + i) * SLOT_LENGTH;
    sender.add(place, INITIATION_LENGTH, 0, to);
  }
  sender.flush();
  await setTimeout(task.interval);
  countAnswers();
}
console.log(JSON.stringify({ sent: burst * bursts, answered }));
