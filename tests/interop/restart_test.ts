/** Sessions end and begin anew: when either end restarts, and every two minutes. */

import { deepStrictEqual, ok } from "node:assert";
import { peersSideBySide, secondsOf } from "./cases.ts";
import { onlyPeer, type Running } from "./peers.ts";
import { INSIDE, ping, PLAIN, reaches, Tunnel } from "./tunnel.ts";

/**
 * Who has sent data and heard nothing for 15 s (KEEPALIVE_TIMEOUT + REKEY_TIMEOUT, whitepaper 6.2) begins a new
 * handshake; with its jitter of 0.33 s that is 16 s.
 */
const BACK_LIMIT = 16_000;

for (const initiator of ["subject", "peer"] as const) {
  peersSideBySide(
    `data of the subject gets through in 16 s after the peer was restarted, ${initiator} initiates`,
    async (subject, peer) => {
      await using tunnel = await Tunnel.up(subject, peer, {
        ...PLAIN,
        initiator,
      });
      ok(
        await reaches(
          tunnel.end(initiator),
          INSIDE.v4[initiator === "subject" ? "peer" : "subject"],
          6,
        ),
        tunnel.logs(),
      );
      await tunnel.peer.crash();
      tunnel.peer = await peer.start(
        tunnel.hosts.peer,
        "wg0",
        tunnel.ends.peer,
      );
      await isBack(tunnel, tunnel.subject, INSIDE.v4.peer);
    },
  );
}

peersSideBySide(
  "data of the subject gets through at once after it was restarted",
  async (subject, peer) => {
    await using tunnel = await Tunnel.up(subject, peer);
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    await tunnel.subject.crash();
    tunnel.subject = await subject.start(
      tunnel.hosts.subject,
      "wg0",
      tunnel.ends.subject,
    );
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 3), tunnel.logs());
  },
);

// boringtun is left out: when what it sends is not answered it waits longer than the paper says.
peersSideBySide(
  "data of the peer gets through in 16 s after the subject was restarted",
  async (subject, peer) => {
    await using tunnel = await Tunnel.up(subject, peer, {
      ...PLAIN,
      initiator: "peer",
    });
    ok(await reaches(tunnel.peer, INSIDE.v4.subject, 6), tunnel.logs());
    await tunnel.subject.crash();
    tunnel.subject = await subject.start(
      tunnel.hosts.subject,
      "wg0",
      tunnel.ends.subject,
    );
    await isBack(tunnel, tunnel.peer, INSIDE.v4.subject);
  },
  ["wireguard-go", "kernel", "caktus"],
);

peersSideBySide(
  "a rekey under traffic loses no ping",
  async (subject, peer) => {
    await using tunnel = await Tunnel.up(subject, peer);
    ok(await reaches(tunnel.subject, INSIDE.v4.peer, 6), tunnel.logs());
    const first = (await onlyPeer(tunnel.subject)).latestHandshake;
    const seconds = secondsOf(130);
    const command = [
      "ping",
      "-n",
      "-q",
      "-i",
      "0.2",
      "-w",
      String(seconds),
      INSIDE.v4.peer,
    ];
    const result = await tunnel.subject.runFor(
      (seconds + 20) * 1_000,
      ...command,
    );
    const [, sent = "", received = ""] =
      result.stdout.match(/(\d+) packets transmitted, (\d+) received/) ?? [];
    // The last one may still be on its way when the time is up.
    ok(
      Number(received) >= Number(sent) - 1 && Number(sent) > seconds * 4,
      result.stdout + tunnel.logs(),
    );
    const last = (await onlyPeer(tunnel.subject)).latestHandshake;
    deepStrictEqual(
      last - first >= 119,
      seconds >= 125,
      `handshakes at ${first} and ${last}`,
    );
  },
);

/** Sends pings until one comes back. */
async function isBack(
  tunnel: Tunnel,
  from: Running,
  address: string,
): Promise<void> {
  const began = performance.now();
  // -w and -c 1: ends with the first answer.
  const pings = await ping(from, address, "-i", "0.2", "-c", "1", "-w", "20");
  const elapsed = Math.round(performance.now() - began);
  ok(pings.received > 0, `not back in 20 s\n${tunnel.logs()}`);
  ok(elapsed < BACK_LIMIT + 500, `back after ${elapsed} ms\n${tunnel.logs()}`);
}
