/** Hearing of a clock that jumps; that it jumps cannot be tried on a machine that others use. @module */

import { strictEqual } from "node:assert";
import { ClockWatch } from "../../ffi/clock_watch.ts";
import { Poll } from "../../ffi/poll.ts";

Deno.test("ClockWatch is silent while the clock goes on, also after rearm()", () => {
  using watch = new ClockWatch();
  const poll = new Poll();
  poll.add(watch.fd);
  strictEqual(poll.pause(5, undefined), 0);
  watch.rearm();
  strictEqual(poll.pause(5, undefined), 0);
});
