/** What the driver relies on: timeouts in parts, and drops charged to the right peer. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { Endpoint, PeerChange } from "../../src/config/config.ts";
import { Device } from "../../src/device/device.ts";
import type { PrivateKey, PublicKey } from "../../src/noise/keys.ts";
import { noble } from "../../src/transport/aead.ts";
import { MEMORY_LENGTH } from "../../src/transport/layout.ts";
import { packetMemory } from "../../src/transport/memory.ts";

/** A device with so many peers, and the endpoints to which it has sent. */
function deviceWith(peers: number): { device: Device; sent: Endpoint[] } {
  const memory = packetMemory(new ArrayBuffer(MEMORY_LENGTH));
  const sent: Endpoint[] = [];
  const device = new Device({
    memory,
    cipher: noble(memory),
    output: {
      send: (_at, _length, to) => void sent.push(to),
      deliver: () => {},
      flush: () => {},
    },
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    wallClock: () => ({ seconds: 1_700_000_000, nanoseconds: 0 }),
    mtu: 1420,
  });
  const change = (number: number): PeerChange => ({
    publicKey: new Uint8Array(32).fill(number + 9) as PublicKey,
    endpoint: { address: Uint8Array.of(192, 0, 2, number), port: 1, scope: 0 },
    persistentKeepaliveSeconds: 25,
    allowedIps: [],
  });
  device.up(0);
  device.apply({
    privateKey: new Uint8Array(32).fill(64) as PrivateKey,
    peers: Array.from({ length: peers }, (_, i) => change(i)),
  }, 0);
  return { device, sent };
}

/** Sends all initiations that wait. */
function handleAll(device: Device): void {
  while (device.handshakesWait) device.handleHandshake(0);
  device.flush(0);
}

Deno.test("handleTimeout() does part of what is due, and asks to be called again at once for the rest", () => {
  const peers = 150;
  const { device, sent } = deviceWith(peers);
  let calls = 0;
  for (; device.nextTimeout() <= 0; calls++) {
    const before = sent.length;
    device.handleTimeout(0);
    strictEqual(sent.length, before);
    handleAll(device);
    ok(sent.length > before && sent.length - before <= 64);
  }
  ok(calls > 1);
  strictEqual(new Set(sent.map(({ address }) => address[3])).size, peers);
  ok(device.nextTimeout() >= 5_000);
});

Deno.test("countSendDrop() charges the peer whose endpoint the output was given, and nobody else", () => {
  const { device, sent } = deviceWith(3);
  device.handleTimeout(0);
  handleAll(device);
  device.countSendDrop(sent[1]!, "no route to the peer's endpoint", 1, 0, 0);
  const before = device.status().peers.map(({ sentBytes }) => sentBytes);
  device.countSendDrop(
    { ...sent[2]! },
    "the network refused the datagram",
    1,
    148,
    0,
  );
  device.countSendDrop(sent[1]!, "no route to the peer's endpoint", 1, 148, 0);
  const { drops, peers } = device.status();
  deepStrictEqual(
    peers.map(({ sentBytes }, i) => before[i]! - sentBytes),
    [0, 148, 0],
  );
  deepStrictEqual(drops, [{
    reason: "the network refused the datagram",
    count: 1,
  }]);
  deepStrictEqual(peers.map((peer) => peer.drops), [
    [],
    [{ reason: "no route to the peer's endpoint", count: 2 }],
    [],
  ]);
});
