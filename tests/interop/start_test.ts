/** How soon a tunnel is up: from the command to the first answer. */

import { deepStrictEqual, ok } from "node:assert";
import { compiledSubject, peerTest } from "./cases.ts";
import { direct } from "./topology.ts";
import { INSIDE, newEnds, PLAIN, reaches } from "./tunnel.ts";

/** The two that Caktus is measured by. */
const MODELS = ["wireguard-go", "kernel"];

/** Within which a tunnel must be up: from the command to the first answer. */
const UP_LIMIT = 2_000;

peerTest(
  "up() is through to % in under 2 s, ten times of ten",
  async (_, peer) => {
    const subject = compiledSubject();
    const hosts = await direct();
    await using _network = hosts.network;
    const ends = newEnds(PLAIN);
    await peer.prepare(hosts.peer);
    await peer.start(hosts.peer, "wg0", ends.peer);
    const times: number[] = [];
    for (let run = 0; run < 10; run++) {
      const began = performance.now();
      const running = await subject.start(hosts.subject, "wg0", ends.subject);
      ok(await reaches(running, INSIDE.v4.peer, 3), running.log());
      times.push(Math.round(performance.now() - began));
      await running.stop();
    }
    console.log(`up and answered after ${times.join(", ")} ms`);
    deepStrictEqual(times.filter((time) => time >= UP_LIMIT), []);
  },
  MODELS,
);
