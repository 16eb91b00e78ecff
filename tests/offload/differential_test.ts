/**
 * Random traffic of many flows through the fast functions and the plain models:
 * the same packets, the same groups, the same order. Runs about 3 s;
 * tests/differential has a million packets through all of the path.
 */
import { deepStrictEqual, ok } from "node:assert";
import {
  ACK,
  build,
  buildPartial,
  DONT_FRAGMENT,
  type Packet,
  payload,
  PSH,
  tcp4,
  tcp6,
  TIMESTAMP,
  transportStart,
  udp4,
  udp6,
} from "./packets.ts";
import {
  type Arrival,
  arrival,
  modelCoalesce,
  modelSplit,
  trainHeader,
  undo,
  Workbench,
} from "./model.ts";
import { virtioBytes } from "./virtio.ts";

/** Milliseconds. */
const BUDGET = 1_500;
const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000);

/** xorshift32: the same traffic from the same seed. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  }

  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % limit;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }
}

const FIRSTS = [tcp4, tcp4, tcp6, udp4, udp6];

/** A flow and the packet that is its next. */
function newFlow(random: Random): Packet {
  const tcp = { tcpOptions: random.pick([[], TIMESTAMP]) };
  const first = random.pick(FIRSTS)();
  return {
    ...first,
    ...(first.protocol === "TCP" ? tcp : {}),
    ...(first.version === 4 && random.once(3) ? { fragment: 0 } : {}),
    source: random.below(3),
    destination: random.below(2),
    sourcePort: random.below(4),
    sequence: first.protocol === "TCP"
      ? random.pick([0, 2 ** 32 - 500, 2 ** 31 - 300])
      : 0,
    identification: first.version === 4 ? random.pick([0, 65_530]) : 0,
    payload: payload(random.pick([1, 7, 100, 333]), random.below(9)),
  };
}

/** Ways in which one packet of a flow departs from the others. */
const DEPARTURES: ((random: Random, p: Packet) => Partial<Packet>)[] = [
  (random) => ({ timeToLive: 60 + random.below(4) }),
  (random) => ({ service: random.below(4) }),
  (random, p) => p.version === 4 ? {} : { flowLabel: random.below(2) },
  (_, p) => p.version === 4 ? { identification: p.identification ^ 1 } : {},
  (random, p) =>
    p.version === 4
      ? { fragment: random.pick([0, DONT_FRAGMENT, 0x2000, 0x8000, 5]) }
      : {},
  (_, p) => p.version === 4 ? { ipOptions: [1, 1, 1, 0] } : { extensions: 1 },
  (random, p) => p.protocol === "UDP" ? {} : { flags: random.below(256) },
  (_, p) => p.protocol === "UDP" ? {} : { flags: ACK | PSH },
  (_, p) => p.protocol === "UDP" ? {} : { sequence: (p.sequence + 1) >>> 0 },
  (random, p) =>
    p.protocol === "UDP" ? {} : { acknowledgment: random.below(2) },
  (random, p) => p.protocol === "UDP" ? {} : { window: random.below(2) },
  (random, p) => p.protocol === "UDP" ? {} : { reserved: random.below(2) },
  (random, p) => p.protocol === "UDP" ? {} : { urgent: random.below(2) },
  (_, p) => p.protocol === "UDP" ? {} : { tcpOptions: [1, 1, 1, 1] },
  () => ({ payload: [] }),
  (random) => ({ payload: payload(random.below(400)) }),
];

/** The next packet of a flow, which then moves on. */
function nextOf(random: Random, flow: Packet): Arrival {
  const changes = random.once(6) ? random.pick(DEPARTURES)(random, flow) : {};
  const next = arrival({ ...flow, ...changes });
  if (flow.protocol === "TCP") {
    flow.sequence = (flow.sequence + next.packet.payload.length) % 2 ** 32;
  }
  const stands = flow.fragment === DONT_FRAGMENT && flow.sourcePort === 3;
  if (flow.version === 4 && !stands) {
    flow.identification = (flow.identification + 1) % 65_536;
  }
  if (random.once(30)) damage(random, next);
  return next;
}

/** Flips a bit of payload or checksum, or takes a UDP checksum away. */
function damage(random: Random, next: Arrival): void {
  const { bytes, packet } = next;
  if (packet.protocol === "UDP" && random.once(2)) {
    bytes.fill(0, transportStart(packet) + 6, transportStart(packet) + 8);
  } else if (packet.payload.length > 0) {
    const at = bytes.length - 1 - random.below(packet.payload.length);
    bytes[at] = bytes[at]! ^ (1 << random.below(8));
  } else return;
  next.sound = false;
}

/** Repeats `round` until time is used up; says the seed when it fails. */
function repeat(round: (random: Random) => number): void {
  const start = performance.now();
  let packets = 0;
  for (let seed = SEED; performance.now() - start < BUDGET; seed++) {
    try {
      packets += round(new Random(seed));
    } catch (cause) {
      throw new Error(`with SEED=${seed}`, { cause });
    }
  }
  ok(packets > 1_000, `only ${packets} packets`);
}

/** A group whose identifications stand still comes out with counting ones. */
function comparable(group: Uint8Array[], identified: boolean): Uint8Array[] {
  if (!identified) return group;
  return group.map((bytes) => {
    const copy = bytes.slice();
    if (copy[0]! >> 4 === 4) copy.fill(0, 4, 6).fill(0, 10, 12);
    return copy;
  });
}

function standsStill(group: Arrival[]): boolean {
  return group.length > 1 && group[0]!.packet.version === 4 &&
    group[0]!.packet.identification === group[1]!.packet.identification;
}

Deno.test("Coalescer groups random traffic as the plain model does", () => {
  const bench = new Workbench();
  repeat((random) => {
    const flows = Array.from(
      { length: 1 + random.below(20) },
      () => newFlow(random),
    );
    const busy = flows.slice(0, 1 + random.below(flows.length));
    const arrivals = Array.from(
      { length: 100 },
      () => nextOf(random, random.pick(random.once(4) ? flows : busy)),
    );
    const udp = !random.once(5);
    const writes = bench.coalesce(
      arrivals.map((one) => one.bytes),
      udp,
      random.below(4),
    );
    const expected = modelCoalesce(arrivals, udp);
    deepStrictEqual(
      writes.map((write, i) =>
        comparable(undo(write), standsStill(expected[i] ?? []))
      ),
      expected.map((group) =>
        comparable(group.map((one) => one.bytes), standsStill(group))
      ),
    );
    return arrivals.length;
  });
});

Deno.test("split() takes random trains apart as the plain model does", () => {
  const bench = new Workbench();
  repeat((random) => {
    const flow = newFlow(random);
    const changes = DEPARTURES.flatMap((departure) =>
      random.once(5) ? [departure(random, flow)] : []
    );
    const train: Packet = Object.assign({}, flow, ...changes, {
      fragment: flow.fragment,
      payload: payload(random.below(4_000), random.below(9)),
    });
    const size = 30 + random.below(1_500);
    const virtio = virtioBytes(trainHeader(train, size));
    const packets = bench.split(virtio, buildPartial(train), random.below(4));
    deepStrictEqual(packets, modelSplit(train, size).map(build));
    return packets.length;
  });
});
