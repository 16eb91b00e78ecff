/**
 * The lanes that tests of the cipher and of devices work in: as many as
 * CAKTUS_LANES says, as in the daemon, but one unless it is set.
 *
 * @module
 */

import { laneCount } from "../src/driver/lane_count.ts";
import { Lanes } from "../src/driver/lanes.ts";
import { until } from "./interop/process.ts";

const ONE_CORE = 1;

/** Lanes that share each batch, however small; `undefined` where there is one only, which needs none. */
export async function testLanes(): Promise<Lanes | undefined> {
  const count = laneCount(ONE_CORE);
  if (count === 1) return undefined;
  const lanes = new Lanes(count, { worthSharing: 0 });
  lanes.start((reason) => {
    throw new Error(reason);
  });
  await until(
    "all lanes are there",
    10_000,
    () => lanes.helpers === count - 1 || undefined,
  );
  return lanes;
}
