/**
 * A lane that is lost, by the word behind the `?` of its URL: `start` fails
 * before it is ready, `idle` when it has nothing to do, `run` in the middle of a
 * run, `stuck` never comes back from one. Or one that is `lazy`: it says that it
 * has done what it has not.
 *
 * @module
 */

import { LaneShare } from "../../src/transport/lane_share.ts";
import type { LaneStart } from "../../src/driver/lanes.ts";

const how = new URL(import.meta.url).search.slice(1);
const asleep = new Int32Array(new SharedArrayBuffer(4));

addEventListener("message", (event) => {
  if (how === "start") throw new Error("a planned failure to start");
  const share = new LaneShare((event as MessageEvent<LaneStart>).data.share);
  share.join();
  if (how === "idle") throw new Error("a planned failure without work");
  while (!share.take()) share.sleep();
  for (; how === "lazy"; share.take() || share.sleep()) share.finish();
  if (how === "stuck") Atomics.wait(asleep, 0, 0);
  share.fail();
  throw new Error("a planned failure at work");
});
