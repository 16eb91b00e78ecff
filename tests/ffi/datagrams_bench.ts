/**
 * What a datagram of 1,452 bytes costs on loopback, sent and received, in
 * nanoseconds: `deno bench -A tests/ffi/datagrams_bench.ts`.
 *
 * @module
 */

import { at, End } from "./datagrams.ts";

const LENGTH = 1452;
const BATCH = 44;

const left = new End(), right = new End();
const fd = right.sockets.v4!.fd, to = at(right, 4);

/** Both sides of one batch: sent in messages of `train` datagrams, then received. */
function round(context: Deno.BenchContext, train: number, send: boolean) {
  if (send) context.start();
  for (let i = 0; i < BATCH; i += train) {
    left.sender.add(i * LENGTH, train * LENGTH, train > 1 ? LENGTH : 0, to);
  }
  left.sender.flush();
  if (send) context.end();
  else context.start();
  let bytes = 0;
  for (let count = 1; count > 0;) {
    count = right.receiver.receive(fd);
    for (let i = 0; i < count; i++) {
      if (right.receiver.from(i).port === left.port) {
        bytes += right.receiver.length(i);
      }
    }
  }
  if (!send) context.end();
  if (bytes !== BATCH * LENGTH) throw new Error(`${bytes} bytes came`);
}

for (
  const [words, train] of [["one by one", 1], ["as a train", BATCH]] as const
) {
  Deno.bench({
    name: `send ${BATCH} datagrams ${words}`,
    fn: (context) => round(context, train, true),
  });
  Deno.bench({
    name: `receive ${BATCH} datagrams ${words}`,
    fn: (context) => round(context, train, false),
  });
}
