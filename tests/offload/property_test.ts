/** What holds for every packet: nothing lost, nothing changed, nothing thrown, nothing written elsewhere. */
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import fc from "fast-check";
import {
  ACK,
  build,
  buildPartial,
  checkSound,
  CWR,
  DONT_FRAGMENT,
  ECE,
  FIN,
  type Packet,
  payload,
  PSH,
  tcp4,
  TIMESTAMP,
} from "./packets.ts";
import { modelSplit, trainHeader, undo, Workbench } from "./model.ts";
import { NO_VIRTIO, virtioBytes } from "./virtio.ts";

const bench = new Workbench();

/** Fields that a train may have and its packets still be coalesced. */
const plainTrain: fc.Arbitrary<Packet> = fc.record({
  version: fc.constantFrom(4 as const, 6 as const),
  protocol: fc.constantFrom("TCP" as const, "UDP" as const),
  source: fc.nat(255),
  destination: fc.nat(255),
  sourcePort: fc.nat(65_535),
  destinationPort: fc.nat(65_535),
  service: fc.nat(255),
  timeToLive: fc.nat(255),
  flowLabel: fc.nat(0xfffff),
  identification: fc.nat(65_535),
  fragment: fc.constantFrom(0, DONT_FRAGMENT),
  sequence: fc.nat(2 ** 32 - 1),
  acknowledgment: fc.nat(2 ** 32 - 1),
  flags: fc.constantFrom(ACK, ACK | PSH),
  window: fc.nat(65_535),
  tcpOptions: fc.constantFrom([], TIMESTAMP, new Array(40).fill(1)),
  payload: fc.integer({ min: 1, max: 4_000 }).map((n) => payload(n, n)),
}).map(ofItsKind);

/** And what it may have besides, so that they are not. */
const anyTrain: fc.Arbitrary<Packet> = fc.record({
  train: plainTrain,
  extensions: fc.nat(2),
  ipOptions: fc.constantFrom([], [1, 1, 1, 0], new Array(40).fill(1)),
  flags: fc.nat(255),
  reserved: fc.nat(15),
  urgent: fc.nat(65_535),
}).map(({ train, ...rest }) => ofItsKind({ ...train, ...rest }));

const size = fc.integer({ min: 40, max: 1_500 });
/** Such that a train has at most 64 packets, which is all that UDP's may have. */
const large = fc.integer({ min: 70, max: 1_500 });
const shift = fc.nat(3);

/** Without the fields that its version and protocol do not have. */
function ofItsKind(fields: Partial<Packet>): Packet {
  const packet = tcp4(fields);
  if (packet.version === 4) {
    Object.assign(packet, { flowLabel: 0, extensions: 0 });
  } else {Object.assign(packet, {
      identification: 0,
      fragment: 0,
      ipOptions: [],
    });}
  if (packet.protocol === "TCP") return packet;
  const none = { sequence: 0, acknowledgment: 0, flags: 0, window: 0 };
  return { ...packet, ...none, tcpOptions: [], reserved: 0, urgent: 0 };
}

function splitOf(train: Packet, size: number, shift: number): Uint8Array[] {
  const virtio = virtioBytes(trainHeader(train, size));
  const packets = bench.split(virtio, buildPartial(train), shift);
  if (typeof packets === "string") throw new Error(packets);
  return packets;
}

Deno.test("split() makes of any train what the plain model makes, every checksum right", () => {
  fc.assert(
    fc.property(anyTrain, size, shift, (train, size, shift) => {
      const packets = splitOf(train, size, shift);
      packets.forEach(checkSound);
      deepStrictEqual(packets, modelSplit(train, size).map(build));
    }),
    { numRuns: 300 },
  );
});

Deno.test("Coalescer makes the train again that split() took apart", () => {
  fc.assert(
    fc.property(plainTrain, large, shift, (train, size, shift) => {
      const packets = splitOf(train, size, 0);
      const [write, ...more] = bench.coalesce(packets, true, shift);
      strictEqual(more.length, 0);
      const one = packets.length === 1;
      deepStrictEqual(write!.bytes, one ? build(train) : buildPartial(train));
      deepStrictEqual(
        write!.virtio,
        one ? NO_VIRTIO : trainHeader(train, size),
      );
      deepStrictEqual(undo(write!), packets);
    }),
    { numRuns: 300 },
  );
});

Deno.test("Coalescer loses, changes and reorders nothing of any train", () => {
  fc.assert(
    fc.property(anyTrain, size, shift, (train, size, shift) => {
      const packets = splitOf(train, size, 0);
      deepStrictEqual(
        bench.coalesce(packets, true, shift).flatMap(undo),
        packets,
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("split() neither throws at garbage nor writes outside", () => {
  const virtio = fc.record({
    flags: fc.constantFrom(0, 1, 2, 3, 255),
    type: fc.constantFrom(0, 1, 3, 4, 5, 0x81, 0x84, 9, 255),
    headers: fc.nat(65_535),
    size: fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.nat(65_535)),
    start: fc.oneof(fc.constantFrom(0, 20, 24, 40, 48), fc.nat(65_535)),
    offset: fc.oneof(fc.constantFrom(2, 6, 16), fc.nat(65_535)),
  });
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 200 });
  fc.assert(
    fc.property(virtio, bytes, shift, (virtio, bytes, shift) => {
      const result = bench.split(virtioBytes(virtio), bytes, shift);
      ok(typeof result === "string" || result.length > 0);
    }),
    { numRuns: 1_000 },
  );
});

/** Up to three bytes of a packet overwritten, and perhaps its end cut off. */
const damage = fc.record({
  places: fc.array(fc.tuple(fc.nat(99), fc.nat(255)), { maxLength: 3 }),
  cut: fc.oneof(fc.constant(Infinity), fc.nat(120)),
});

function damaged(
  bytes: Uint8Array,
  { places, cut }: { places: [number, number][]; cut: number },
) {
  const copy = bytes.slice(0, cut);
  for (const [at, byte] of places) if (at < copy.length) copy[at] = byte;
  return copy;
}

Deno.test("split() neither throws at damaged trains nor writes outside", () => {
  fc.assert(
    fc.property(anyTrain, size, damage, shift, (train, size, harm, shift) => {
      const bytes = damaged(buildPartial(train), harm);
      const virtio = virtioBytes(trainHeader(train, size));
      const result = bench.split(virtio, bytes, shift);
      ok(typeof result === "string" || result.length > 0);
    }),
    { numRuns: 500 },
  );
});

Deno.test("Coalescer passes garbage and damaged packets as they came", () => {
  const garbage = fc.uint8Array({ minLength: 0, maxLength: 100 });
  const packets = fc.array(
    fc.oneof(
      garbage,
      fc.tuple(plainTrain, damage).map(([train, harm]) => {
        return damaged(build({ ...train, payload: payload(60) }), harm);
      }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(packets, shift, (packets, shift) => {
      const out = bench.coalesce(packets, true, shift).flatMap(undo);
      deepStrictEqual(out.map(String).sort(), packets.map(String).sort());
    }),
    { numRuns: 500 },
  );
});

Deno.test("Coalescer keeps a damaged train's packets in order and as they came", () => {
  const harms = fc.array(fc.tuple(fc.nat(9), damage), { maxLength: 2 });
  const flags = fc.constantFrom(ACK, ACK | PSH, ACK | FIN, ACK | ECE | CWR);
  fc.assert(
    fc.property(plainTrain, flags, harms, (train, flags, harms) => {
      const tcp = train.protocol === "TCP";
      const long = { ...train, flags: tcp ? flags : 0, payload: payload(800) };
      const packets = splitOf(long, 80, 0);
      for (const [index, harm] of harms) {
        packets[index] = damaged(packets[index]!, harm);
      }
      const out = bench.coalesce(packets).flatMap(undo);
      deepStrictEqual(out.map(String).sort(), packets.map(String).sort());
    }),
    { numRuns: 300 },
  );
});
