/** Where packets from the TUN lie: end to end, and never over what is still needed. */

import { ok, strictEqual } from "node:assert";
import fc from "fast-check";
import { MAXIMUM_READ, RECEIVE, TunSlots } from "../../src/driver/slots.ts";
import { DEVICE_SLOTS, MEMORY_LENGTH } from "../../src/transport/layout.ts";

const HEADER = 16, TAG = 16;
/** The second and third MiB behind what the network sends. */
const FROM = 0x200000, TO = 0x400000;

/** Bytes of the slot of a packet: header, padding to 16 but not past the MTU, tag (whitepaper 5.4.6). */
function slotLength(length: number, mtu: number): number {
  const last = length > mtu ? length % mtu : length;
  const padded = Math.min(mtu, Math.ceil(last / 16) * 16);
  return HEADER + length - last + padded + TAG;
}

interface Range {
  from: number;
  to: number;
}

/** Plays the loop: reads, and packets that they are split into, with a list of everything that is in use. */
class Model {
  readonly slots = new TunSlots();
  /** Slots given out since everything left. */
  used: Range[] = [];
  wraps = 0;
  #read: Range = { from: 0, to: 0 };
  readonly #mtu: number;

  constructor(mtu: number) {
    this.#mtu = mtu;
    this.slots.mtu = mtu;
  }

  /** A read of one packet, which is sealed where it lies; false where there is no room. */
  readPacket(length: number): boolean {
    if (!this.#readInto(length)) return false;
    this.#take(this.#read.from, length);
    return true;
  }

  /** A read that is split into packets of these lengths; false where there is no room. */
  readTrain(length: number, packets: Iterable<number>): boolean {
    if (!this.#readInto(length)) return false;
    let expected: number | undefined;
    for (const packet of packets) {
      const at = this.#place(packet);
      if (expected !== undefined && this.used.length > 0) {
        strictEqual(
          at - HEADER,
          expected,
          "the slots of a train lie end to end",
        );
      }
      const slot = this.#take(at, packet);
      ok(apart(slot, this.#read), "a packet lies over its own read");
      expected = slot.to;
    }
    return true;
  }

  #readInto(length: number): boolean {
    if (!this.slots.hasRoom) return false;
    const from = this.slots.readPlace;
    const whole = { from, to: from + MAXIMUM_READ };
    ok(whole.from - HEADER >= FROM && whole.to <= TO);
    for (const slot of this.used) {
      ok(apart(slot, whole), "a read over a packet");
    }
    this.slots.read(length);
    this.#read = { from, to: from + length };
    return true;
  }

  #place(length: number): number {
    const place = this.slots.place(length);
    if (place !== undefined) return place;
    this.used = [];
    this.wraps++;
    this.slots.wrap();
    const again = this.slots.place(length);
    ok(again !== undefined, "there is room once everything has left");
    return again;
  }

  #take(at: number, length: number): Range {
    const from = at - HEADER;
    const slot = { from, to: from + slotLength(length, this.#mtu) };
    ok(slot.from >= FROM && slot.to <= TO + TAG);
    for (const other of this.used) {
      ok(apart(slot, other), "two packets overlap");
    }
    this.used.push(slot);
    this.slots.take(at, length);
    return slot;
  }
}

function apart(a: Range, b: Range): boolean {
  return a.to <= b.from || b.to <= a.from;
}

/** `length` bytes in packets of `size`, headers of 40 bytes in each. */
function* train(length: number, size: number): Generator<number> {
  for (let left = length - 40; left > 0; left -= size) {
    yield 40 + Math.min(size, left);
  }
}

Deno.test("the parts of the driver's memory lie apart from one another and from the device's", () => {
  const receive = {
    from: RECEIVE.from,
    to: RECEIVE.from + RECEIVE.count * RECEIVE.length,
  };
  ok(apart(receive, { from: FROM, to: TO + HEADER + TAG }));
  ok(apart(receive, DEVICE_SLOTS));
  ok(TO + HEADER + TAG <= MEMORY_LENGTH);
  strictEqual(RECEIVE.length > 65_507, true);
});

Deno.test("take() lets a packet that is no train lie where it was read, and the next one behind it", () => {
  const model = new Model(1420);
  ok(model.readPacket(1420));
  ok(model.readPacket(1420));
  ok(model.readPacket(100));
  ok(model.readPacket(1));
  const lengths = [1420, 1420, 100, 1].map((length) =>
    slotLength(length, 1420)
  );
  strictEqual(model.used[0]!.from, FROM);
  for (let i = 1; i < 4; i++) {
    strictEqual(model.used[i]!.from, model.used[i - 1]!.from + lengths[i - 1]!);
  }
});

Deno.test("place() puts a train behind its read, end to end, with every MTU", () => {
  for (const mtu of [1280, 1419, 1420, 1421, 8_920, 65_455]) {
    const model = new Model(mtu);
    ok(model.readTrain(65_535, train(65_535, mtu - 40)), `MTU ${mtu}`);
    strictEqual(model.wraps, 0);
  }
});

Deno.test("wrap() goes on beside the read, before it and behind it, until the smallest segments have left", () => {
  const model = new Model(1420);
  // One byte a segment: 80 bytes of slot each, 5 MiB for one read.
  ok(model.readTrain(65_535, train(65_535, 1)));
  ok(model.wraps >= 2);
  const late = new Model(1420);
  while (late.readPacket(65_535));
  late.used = [];
  late.slots.reset();
  for (let i = 0; i < 25; i++) ok(late.readPacket(65_535));
  ok(late.readTrain(65_535, train(65_535, 1)));
  ok(late.wraps >= 2);
});

Deno.test("hasRoom ends a batch before a read could reach past the end", () => {
  const model = new Model(65_535);
  let reads = 0;
  while (model.readPacket(65_535)) reads++;
  strictEqual(reads, 31);
  model.slots.reset();
  model.used = [];
  ok(model.readPacket(65_535));
});

Deno.test("no packet ever lies over another one or over its read, whatever comes", () => {
  const reads = fc.record({
    length: fc.integer({ min: 41, max: 65_535 }),
    size: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 65, max: 9_000 }),
    ),
    flush: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constantFrom(68, 1280, 1419, 1420),
        fc.integer({ min: 68, max: 65_535 }),
      ),
      fc.array(reads, { maxLength: 20 }),
      (mtu, list) => {
        const model = new Model(mtu);
        for (const { length, size, flush } of list) {
          const read = () =>
            size === 0 ? model.readPacket(length) : model.readTrain(
              length,
              train(length, Math.max(size, length / 500 | 0)),
            );
          const done = read();
          if (done && !flush) continue;
          model.slots.reset();
          model.used = [];
        }
      },
    ),
    { numRuns: 200 },
  );
});
