/** The commands that no help names, as source and compiled: `daemon` and `cipher`. */

import { match, ok } from "node:assert";
import { CAKTUS } from "../program.ts";
import {
  BORDER,
  measures,
  outputOf,
  pairingObstacle,
} from "../transport/pairing.ts";

Deno.test("daemon --help says what it is, and takes no word for a name", async () => {
  for (const words of [["--help"], ["wg0", "--help"], ["-h"]]) {
    const said = await outputOf([...CAKTUS, "daemon", ...words]);
    match(said, /^Usage: caktus daemon NAME\n/);
  }
});

const reason = pairingObstacle();
Deno.test({
  name: `cipher: V8 pairs the cipher's vectors in the program${
    reason === undefined ? "" : `: left out, ${reason}`
  }`,
  ignore: reason !== undefined,
  fn: async () => ok(await measures(CAKTUS, (ratio) => ratio < BORDER)),
});
