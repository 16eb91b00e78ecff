/**
 * Numbered datagrams in several flows, in trains, to see whether they keep their
 * order:
 *
 *     sequence.ts receive PORT             prints "listening", at the end what came
 *     sequence.ts send ADDRESS PORT ROUNDS
 *
 * A flow is a socket of the sender's. The receiver ends when nothing has come for
 * two seconds after the first datagram.
 *
 * @module
 */

import { End } from "../ffi/datagrams.ts";

const FLOWS = 4, SEGMENT = 1300, SEGMENTS = 44;
const TRAIN = SEGMENT * SEGMENTS, SLOT = 65_536;
/** Trains that a flow sends at once, and milliseconds until it sends again. */
const TRAINS = 4, PAUSE = 3;

/** What a receiver saw. */
export interface Seen {
  received: number;
  flows: number;
  /** Datagrams that came behind one of their flow with a greater number. */
  reordered: number;
}

const [mode, ...words] = Deno.args;
if (import.meta.main) {
  if (mode === "receive") {
    console.log(JSON.stringify(await receive(Number(words[0]))));
  } else await send(words[0]!, Number(words[1]), Number(words[2]));
  Deno.exit(0);
}

async function receive(port: number): Promise<Seen> {
  using end = new End(port);
  console.log("listening");
  const last = new Map<number, number>();
  const seen: Seen = { received: 0, flows: 0, reordered: 0 };
  for (;;) {
    const messages = await end.receive(4, 1);
    if (messages.length === 0 && seen.received > 0) break;
    for (const { bytes, segment } of messages) {
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < bytes.length; at += segment || bytes.length) {
        const flow = view.getUint32(at), number = view.getUint32(at + 4);
        seen.received++;
        if (number < (last.get(flow) ?? 0)) seen.reordered++;
        else last.set(flow, number);
      }
    }
  }
  return { ...seen, flows: last.size };
}

async function send(address: string, port: number, rounds: number) {
  const to = {
    address: Uint8Array.from(address.split("."), Number),
    port,
    scope: 0,
  };
  const ends = Array.from({ length: FLOWS }, () => new End());
  const numbers = ends.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    ends.forEach((end, flow) => {
      const view = new DataView(end.buffer.buffer);
      for (let i = 0; i < TRAINS; i++) {
        for (let at = 0; at < TRAIN; at += SEGMENT) {
          view.setUint32(i * SLOT + at, flow);
          view.setUint32(i * SLOT + at + 4, numbers[flow]!++);
        }
        end.sender.add(i * SLOT, TRAIN, SEGMENT, to);
      }
      end.sender.flush();
    });
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
