/**
 * Limits by count, the end of keys, and a clock that goes backward (whitepaper
 * §6.1, §6.3). Counts are written anew from the paper: REKEY-AFTER-MESSAGES is
 * 2^60, REJECT-AFTER-MESSAGES 2^64 − 2^13 − 1.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { clearSessions } from "../../src/device/session.ts";
import { applyChange } from "../../src/device/change.ts";
import type { PresharedKey } from "../../src/noise/keys.ts";
import type { Keypair } from "../../src/transport/keypair.ts";
import { exchange, type Machine, machines } from "./machine.ts";
import {
  laptopAndVps,
  markOf,
  Network,
  toLaptop,
  toVps,
} from "./simulation.ts";

const INITIATION = 1, DATA = 4;
const REKEY_AFTER_MESSAGES = 2n ** 60n;
const REJECT_AFTER_MESSAGES = 2n ** 64n - 2n ** 13n - 1n;
/** Long enough after a handshake for another. */
const LATER = 10_000;

/** Machines with a session, `sender` being the one that began it or the other. */
function inSession(role: "initiator" | "responder") {
  const { laptop, vps } = machines();
  laptop.send(toVps(1), 0);
  exchange(laptop, vps, 0);
  const [sender, receiver] = role === "initiator"
    ? [laptop, vps]
    : [vps, laptop];
  laptop.takeTypes();
  vps.takeTypes();
  laptop.delivered.length = vps.delivered.length = 0;
  const packet = (mark: number) =>
    role === "initiator" ? toVps(mark) : toLaptop(mark);
  return { sender, receiver, packet };
}

function setCounter(keypair: Keypair, counter: bigint): void {
  keypair.sendLow = Number(counter & 0xffff_ffffn);
  keypair.sendHigh = Number(counter >> 32n);
}

function dropsOf({ peer }: Machine): Record<string, number> {
  const drops = peer.drops.list();
  return Object.fromEntries(drops.map(({ reason, count }) => [reason, count]));
}

for (const role of ["initiator", "responder"] as const) {
  Deno.test(`the ${role} asks for a new session once 2^60 messages were sent, and not before`, () => {
    const { sender, receiver, packet } = inSession(role);
    const old = sender.peer.current!;
    setCounter(old, REKEY_AFTER_MESSAGES - 2n);
    sender.send(packet(1), LATER);
    deepStrictEqual(sender.takeTypes(), [DATA]);
    sender.send(packet(2), LATER);
    deepStrictEqual(sender.takeTypes().toSorted(), [INITIATION, DATA]);
    exchange(sender, receiver, LATER);
    deepStrictEqual(receiver.delivered.map(markOf).toSorted(), [1, 2]);
    ok(sender.peer.current !== old);
    strictEqual(sender.peer.current!.isInitiator, true);
  });

  Deno.test(`the ${role} seals nothing from REJECT-AFTER-MESSAGES on: the packet waits for a new session`, () => {
    const { sender, receiver, packet } = inSession(role);
    const old = sender.peer.current!;
    setCounter(old, REJECT_AFTER_MESSAGES - 1n);
    // Too soon for an initiation.
    sender.send(packet(1), 100);
    deepStrictEqual(sender.takeTypes(), [DATA]);
    sender.send(packet(2), 100);
    deepStrictEqual(sender.takeTypes(), []);
    exchange(sender, receiver, 100);
    deepStrictEqual(receiver.delivered.map(markOf), [1]);
    sender.send(packet(3), LATER);
    exchange(sender, receiver, LATER);
    deepStrictEqual(receiver.delivered.map(markOf), [1, 2, 3]);
    strictEqual(old.sendHigh, 2 ** 32 - 1);
    strictEqual(old.sendLow, 2 ** 32 - 2 ** 13 - 1);
  });

  Deno.test(`to the ${role}, a message with a counter of REJECT-AFTER-MESSAGES is none`, () => {
    const { sender: receiver, receiver: sender } = inSession(role);
    const packet = role === "initiator" ? toLaptop : toVps;
    const { state, peer } = sender;
    const cases = [
      [REJECT_AFTER_MESSAGES, false],
      [REJECT_AFTER_MESSAGES - 1n, true],
      [2n ** 64n - 1n, false],
    ] as const;
    for (const [counter, passes] of cases) {
      setCounter(peer.current!, counter);
      const at = state.outbound.place(packet(7), state.mtu);
      state.outbound.add(peer, peer.current!, at, 84, state.mtu);
      state.outbound.flush();
      receiver.delivered.length = 0;
      exchange(sender, receiver, 100);
      strictEqual(receiver.delivered.length, passes ? 1 : 0, `${counter}`);
    }
    deepStrictEqual(dropsOf(receiver), { "replayed, or too late": 2 });
  });
}

Deno.test("counters go on past 2^32, and a jump ahead shuts out what lies behind it", () => {
  const { sender, receiver, packet } = inSession("initiator");
  setCounter(sender.peer.current!, 2n ** 32n - 2n);
  for (let mark = 0; mark < 5; mark++) sender.send(packet(mark), 100);
  exchange(sender, receiver, 100);
  deepStrictEqual(receiver.delivered.map(markOf), [0, 1, 2, 3, 4]);
  setCounter(sender.peer.current!, 9n);
  sender.send(packet(9), 100);
  exchange(sender, receiver, 100);
  strictEqual(receiver.delivered.length, 5);
  deepStrictEqual(dropsOf(receiver), { "replayed, or too late": 1 });
});

/** The key material of a peer, as the device itself holds it. */
function keysOf({ peer }: Machine): Uint8Array[] {
  return [peer.previous, peer.current, peer.next].flatMap((keypair) =>
    keypair === undefined ? [] : [keypair.sendKey, keypair.receiveKey]
  );
}

const isWiped = (key: Uint8Array) => key.every((byte) => byte === 0);

Deno.test("540 s after the last session its keys are zeros, and its index names nothing (§6.3)", () => {
  for (const machine of Object.values(machinesInSession())) {
    const { peer, state } = machine;
    const keys = keysOf(machine);
    ok(keys.length >= 2 && !keys.some(isWiped));
    const due: [number, string][] = [];
    for (let at = 0; at <= 540_000; at = peer.timers.next()) {
      const timer = peer.timers.take(at);
      if (timer !== undefined) due.push([at, timer]);
    }
    deepStrictEqual(due.at(-1), [540_000, "zeroKeys"]);
    clearSessions(state, peer);
    ok(keys.every(isWiped));
    strictEqual(state.indices.size, 0);
    strictEqual(peer.current, undefined);
  }
});

function machinesInSession() {
  const { sender, receiver } = inSession("initiator");
  return { laptop: sender, vps: receiver };
}

Deno.test("a session's keys are zeros once two newer ones stand", () => {
  const { sender, receiver, packet } = inSession("initiator");
  const first = [...keysOf(sender), ...keysOf(receiver)];
  for (const now of [130_000, 260_000]) {
    ok(!first.some(isWiped));
    sender.send(packet(1), now);
    exchange(sender, receiver, now);
    sender.send(packet(2), now);
    exchange(sender, receiver, now);
  }
  ok(first.every(isWiped));
  strictEqual(sender.state.indices.size, 2);
  strictEqual(receiver.state.indices.size, 2);
});

Deno.test("of sessions that the peer begins and never uses, one is kept", () => {
  const { laptop, vps } = machines();
  laptop.send(toVps(), 0);
  const all: Uint8Array[] = [];
  for (const now of [0, 6_000, 12_000]) {
    if (now > 0) laptop.send(toVps(), now);
    vps.receive(laptop.underWay.splice(0).at(-1)!, laptop.location, now);
    all.push(...keysOf(vps));
  }
  strictEqual(vps.state.indices.size, 1);
  deepStrictEqual(all.map(isWiped), [true, true, true, true, false, false]);
});

Deno.test("a handshake's secrets are zeros when it is answered, given up for another, or its peer removed", () => {
  const endings: ((laptop: Machine, vps: Machine) => void)[] = [
    (laptop, vps) => exchange(laptop, vps, 0),
    (laptop) => laptop.send(toVps(), LATER),
    (laptop) => clearSessions(laptop.state, laptop.peer),
  ];
  for (const end of endings) {
    const { laptop, vps } = machines();
    laptop.send(toVps(), 0);
    const { ephemeralPrivate } = laptop.peer.handshake!.state;
    ok(!isWiped(ephemeralPrivate));
    end(laptop, vps);
    ok(isWiped(ephemeralPrivate));
  }
});

Deno.test("a peer that is removed, and a private key that is replaced, leave no key behind", () => {
  const { sender } = inSession("initiator");
  const { state, peer } = sender;
  const { publicKey } = peer;
  const presharedKey = new Uint8Array(32).fill(5) as PresharedKey;
  applyChange(state, {
    peers: [{ publicKey, presharedKey, allowedIps: [] }],
  }, LATER);
  const secrets = [
    ...keysOf(sender),
    peer.staticStatic!,
    peer.presharedKey!,
    state.identity!.staticPrivate,
  ];
  ok(!secrets.some(isWiped));
  applyChange(state, {
    privateKey: null,
    peers: [{ publicKey, remove: true, allowedIps: [] }],
  }, LATER);
  ok(secrets.every(isWiped));
  strictEqual(state.indices.size, 0);
});

Deno.test("packet memory holds no session key between two batches", () => {
  const { sender, receiver, packet } = inSession("initiator");
  for (let i = 0; i < 20; i++) sender.send(packet(i), 100);
  exchange(sender, receiver, 100);
  for (const machine of [sender, receiver]) {
    const memory = new TextDecoder("latin1").decode(machine.state.memory.bytes);
    for (const key of keysOf(machine)) {
      const found = memory.indexOf(new TextDecoder("latin1").decode(key));
      strictEqual(found, -1, `at 0x${found.toString(16)}`);
    }
  }
});

Deno.test("a clock that goes backward throws nothing and stops no packet", () => {
  const network = new Network();
  const { laptop, vps } = laptopAndVps(network, {
    persistentKeepaliveSeconds: 25,
  });
  network.run(1_000_000);
  laptop.send(toVps(1));
  network.run(1_000);
  network.now = 1_000;
  laptop.send(toVps(2));
  vps.send(toLaptop(3));
  network.run(5_000);
  deepStrictEqual(vps.delivered.map(markOf), [1, 2]);
  deepStrictEqual(laptop.delivered.map(markOf), [3]);
});
