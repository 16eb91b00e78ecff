/**
 * Whatever comes from the network or from the TUN: nothing throws, nothing is
 * written outside the packet's own slot, nothing grows without bound, and the
 * tunnel still passes packets afterwards.
 *
 * `SLOW=1` runs fifty times as long. A failure names its seed and step.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import type { Endpoint } from "../../src/config/config.ts";
import { handleDatagram, openBatch } from "../../src/device/receive.ts";
import { handlePacket } from "../../src/device/send.ts";
import { DRIVER_SLOTS } from "../../src/transport/layout.ts";
import { exchange, type Machine, machines } from "../simulation/machine.ts";
import { withMac1 } from "../simulation/packets.ts";
import {
  generator,
  markOf,
  toLaptop,
  toVps,
} from "../simulation/simulation.ts";

const SLOW = Deno.env.get("SLOW") === "1";
const SEEDS = SLOW ? 100 : 1;
const STEPS = 3_000;
/** Fills all that no slot may touch. */
const GUARD = 0xa5;
/** Bytes on each side of a slot that are looked at after each step. */
const MARGIN = 4096;
const SLOT = DRIVER_SLOTS.from + 0x10000;
const HEADER = 16, TAG = 16, PADDING = 15;
const MAX_STAGED = 128;
/** The handshake and three sessions of the one peer. */
const MAX_INDICES = 4;

type Random = () => number;
const below = (random: Random, n: number) => Math.floor(random() * n);
const bytesOf = (random: Random, length: number) =>
  Uint8Array.from({ length }, () => below(random, 256));
const pick = <T>(random: Random, items: T[]): T =>
  items[below(random, items.length)]!;

/** A VPS with a session, and one real message of every kind that it has seen. */
function prepare(): { laptop: Machine; vps: Machine; seen: Uint8Array[] } {
  const { laptop, vps } = machines();
  for (const now of [0, 130_000]) {
    laptop.send(toVps(1), now);
    exchange(laptop, vps, now);
    vps.send(toLaptop(2), now);
    exchange(laptop, vps, now);
  }
  const cookieReply = bytesOf(generator(1), 64);
  cookieReply.set([3, 0, 0, 0]);
  const seen = [...laptop.sent, ...vps.sent, cookieReply];
  laptop.delivered.length = vps.delivered.length = 0;
  vps.state.memory.bytes.fill(GUARD, DRIVER_SLOTS.from, DRIVER_SLOTS.to);
  return { laptop, vps, seen };
}

/** A message that was tampered with, or is none at all. */
function tamper(random: Random, seen: Uint8Array[], vps: Machine): Uint8Array {
  const message = pick(random, seen).slice();
  for (let i = below(random, 4); i > 0; i--) {
    message[below(random, message.length)]! ^= 1 << below(random, 8);
  }
  switch (below(random, 6)) {
    case 0:
      return bytesOf(random, below(random, 400));
    case 1:
      return message.subarray(0, below(random, message.length + 1));
    case 2:
      return Uint8Array.from([
        ...message,
        ...bytesOf(random, below(random, 99)),
      ]);
    case 3: {
      const other = pick(random, seen);
      message.set(other.subarray(0, Math.min(16, message.length)));
      return message;
    }
    case 4:
      return message.length < 64
        ? message
        : withMac1(message, vps.state.identity!.staticPublic);
    default:
      return message;
  }
}

/** Bytes that begin as an IP packet, more or less. */
function scramble(random: Random): Uint8Array {
  const bytes = bytesOf(random, below(random, 1_600));
  if (bytes.length > 0 && random() < 0.9) {
    bytes[0] = pick(random, [0x45, 0x4f, 0x60]);
  }
  if (bytes.length >= 20 && random() < 0.6) bytes.set([10, 0, 0, 2], 16);
  return bytes;
}

function source(random: Random): Endpoint {
  const address = bytesOf(random, random() < 0.5 ? 4 : 16);
  return { address, port: below(random, 65_536), scope: 0 };
}

/** Whether `from` to `to` is guarded still. */
function isGuarded({ state }: Machine, from: number, to: number): boolean {
  return state.memory.bytes.subarray(from, to).every((byte) => byte === GUARD);
}

/** Takes a datagram at a slot of exactly its length. */
function takeDatagram(
  vps: Machine,
  random: Random,
  bytes: Uint8Array,
  now: number,
) {
  const { state } = vps;
  const at = SLOT + below(random, 64), end = at + bytes.length;
  state.memory.bytes.set(bytes, at);
  handleDatagram(state, at, bytes.length, source(random), 0, now);
  openBatch(state, now);
  vps.flush(now);
  ok(isGuarded(vps, SLOT - MARGIN, at), "written before the datagram");
  ok(isGuarded(vps, end, end + MARGIN), "written behind the datagram");
  state.memory.bytes.fill(GUARD, at, end);
}

/** Takes a packet at a slot with the room that a slot has. */
function takePacket(
  vps: Machine,
  random: Random,
  bytes: Uint8Array,
  now: number,
) {
  const { state } = vps;
  const at = SLOT + HEADER + below(random, 64);
  const end = at + bytes.length + PADDING + TAG;
  state.memory.bytes.set(bytes, at);
  handlePacket(state, at, bytes.length, now);
  vps.flush(now);
  ok(isGuarded(vps, SLOT - MARGIN, at - HEADER), "written before the slot");
  ok(isGuarded(vps, end, end + MARGIN), "written behind the slot");
  state.memory.bytes.fill(GUARD, at - HEADER, end);
}

function isBounded({ state, peer }: Machine): boolean {
  return state.indices.size <= MAX_INDICES &&
    peer.staged.length <= MAX_STAGED && state.peers.size === 1;
}

function storm(seed: number): void {
  const random = generator(seed);
  const { laptop, vps, seen } = prepare();
  let now = 140_000;
  for (let step = 0; step < STEPS; step++) {
    const context = `seed ${seed}, step ${step}`;
    now += random() < 0.9 ? below(random, 5) : below(random, 100);
    try {
      if (random() < 0.7) {
        takeDatagram(vps, random, tamper(random, seen, vps), now);
      } else takePacket(vps, random, scramble(random), now);
      ok(isBounded(vps), "bounded");
    } catch (error) {
      throw new Error(context, { cause: error });
    }
    vps.sent.length = vps.underWay.length = 0;
  }
  strictEqual(vps.delivered.length, 0);
  ok(isGuarded(vps, DRIVER_SLOTS.from, DRIVER_SLOTS.to));
  now += 20_000;
  laptop.send(toVps(7), now);
  exchange(laptop, vps, now);
  vps.send(toLaptop(8), now);
  exchange(laptop, vps, now);
  deepStrictEqual(vps.delivered.map(markOf), [7]);
  deepStrictEqual(laptop.delivered.map(markOf).at(-1), 8);
}

Deno.test("random and tampered datagrams and packets: no throw, no stray write, nothing unbounded, and the tunnel lives", () => {
  for (let seed = 1; seed <= SEEDS; seed++) storm(seed);
});

Deno.test("a real message is refused with any one bit turned, wherever that is", () => {
  const { vps, seen } = prepare();
  const data = seen.filter((bytes) => bytes[0] === 4).at(-1)!;
  const random = generator(5);
  for (let at = 0; at < data.length; at++) {
    const forged = data.slice();
    forged[at]! ^= 1 << below(random, 8);
    takeDatagram(vps, random, forged, 140_000);
  }
  strictEqual(vps.delivered.length, 0);
  ok(isGuarded(vps, DRIVER_SLOTS.from, DRIVER_SLOTS.to));
});
