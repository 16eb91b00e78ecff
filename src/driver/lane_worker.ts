/**
 * One lane of the cipher, in a thread of its own: the module of a Worker that
 * lanes.ts starts.
 *
 * It looks for work for a short while after it had some, and then sleeps until
 * more is offered. Nothing else ever happens in this thread.
 *
 * @module
 */

import type { Cipher } from "../transport/aead.ts";
import { pause, work } from "../transport/lane_cipher.ts";
import { LaneShare } from "../transport/lane_share.ts";
import { wasmCipher } from "../transport/wasm_cipher.ts";
import type { LaneStart } from "./lanes.ts";

/**
 * Milliseconds for which a lane looks for work before it sleeps: longer each time
 * that it found some, shorter each time that it did not. To be woken takes about
 * 50 us; and where this lane and the first share a core, looking only keeps the
 * first from its work.
 */
const LONGEST_LOOK = 0.32, SHORTEST_LOOK = 0.01;

addEventListener("message", (event) => {
  const { module, memory, scratch, share } =
    (event as MessageEvent<LaneStart>).data;
  const { cipher } = wasmCipher(module, memory, scratch, "a lane's");
  serve(new LaneShare(share), cipher);
});

function serve(share: LaneShare, cipher: Cipher): never {
  let look = SHORTEST_LOOK;
  share.join();
  for (;;) {
    work(share, cipher);
    if (comesWithin(share, look)) look = Math.min(look * 2, LONGEST_LOOK);
    else {
      look = Math.max(look / 2, SHORTEST_LOOK);
      share.sleep();
    }
  }
}

/** Whether a batch is offered within so many milliseconds. */
function comesWithin(share: LaneShare, milliseconds: number): boolean {
  const end = performance.now() + milliseconds;
  while (share.isIdle) {
    if (performance.now() > end) return false;
    pause();
  }
  return true;
}
