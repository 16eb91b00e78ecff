/** The device's output as the kernel gets it: datagrams in trains, packets in one write. */

import { deepStrictEqual, strictEqual } from "node:assert";
import type { Endpoint } from "../../src/config/config.ts";
import { Sink } from "../../src/driver/sink.ts";
import { plainChecksum } from "../../src/transport/checksum.ts";
import { packetMemory } from "../../src/transport/memory.ts";
import { build, payload, tcp4 } from "../offload/packets.ts";

const MEMORY = 1 << 20;
/** What packet memory's address is said to be. */
const ADDRESS = 0x7000_0000_0000;

/** A message that the sender was given. */
interface Message {
  place: number;
  length: number;
  segment: number;
  to: Endpoint;
}

/** A sink whose kernel only writes down what it gets. */
class Bench {
  readonly memory = packetMemory(new ArrayBuffer(MEMORY));
  readonly messages: Message[] = [];
  readonly services: (number | undefined)[] = [];
  /** The parts of each write, offsets in packet memory. */
  readonly writes: [place: number, length: number][][] = [];
  readonly refused: number[] = [];
  readonly order: string[] = [];
  errno = 0;
  readonly sink: Sink;

  constructor() {
    this.sink = new Sink({
      memory: this.memory,
      address: ADDRESS,
      checksum: plainChecksum(this.memory),
      tun: {
        udpOffload: true,
        write: (parts, count) => this.#write(parts, count),
      },
      sender: {
        add: (place, length, segment, to, service) => {
          this.messages.push({ place, length, segment, to });
          this.services.push(service);
        },
        flush: () => void this.order.push("sent"),
      },
      onRefused: (errno) => this.refused.push(errno),
    });
  }

  /** Sends datagrams that lie end to end from `place` on; returns where they end. */
  send(
    place: number,
    lengths: number[],
    to: Endpoint,
    service = 0,
  ): number {
    for (const length of lengths) {
      this.sink.send(place, length, to, service);
      place += length;
    }
    return place;
  }

  /** Puts a packet at `at` and delivers it. */
  deliver(at: number, packet: Uint8Array): void {
    this.memory.bytes.set(packet, at);
    this.sink.deliver(at, packet.length);
  }

  #write(parts: Deno.PointerObject, count: number): number {
    this.order.push("written");
    const view = new Deno.UnsafePointerView(parts);
    this.writes.push(
      Array.from({ length: count }, (_, i): [number, number] => [
        Number(view.getBigUint64(16 * i)) - ADDRESS,
        Number(view.getBigUint64(16 * i + 8)),
      ]),
    );
    return this.errno;
  }
}

function endpoint(last: number): Endpoint {
  return { address: Uint8Array.of(192, 0, 2, last), port: 51820, scope: 0 };
}

const A = endpoint(1), B = endpoint(2);

Deno.test("send() makes a train of datagrams of one size that lie end to end", () => {
  const bench = new Bench();
  bench.send(4096, [1452, 1452, 1452], A);
  bench.sink.flush();
  deepStrictEqual(bench.messages, [
    { place: 4096, length: 3 * 1452, segment: 1452, to: A },
  ]);
});

Deno.test("send() begins anew with another service byte, and hands it on", () => {
  const bench = new Bench();
  let end = bench.send(0, [200, 200], A, 2);
  end = bench.send(end, [200], A);
  bench.send(end, [148], A, 0x88);
  bench.sink.flush();
  deepStrictEqual(bench.services, [2, 0, 0x88]);
});

Deno.test("send() lets a shorter datagram be the last of its train", () => {
  const bench = new Bench();
  bench.send(0, [1452, 1452, 100, 100, 1452], A);
  bench.sink.flush();
  deepStrictEqual(
    bench.messages.map(({ length, segment }) => [length, segment]),
    [
      [3004, 1452],
      [100, 0],
      [1452, 0],
    ],
  );
});

Deno.test("send() begins anew with a longer datagram, another endpoint, or a gap", () => {
  const bench = new Bench();
  let end = bench.send(0, [100, 200], A);
  end = bench.send(end, [200], B);
  end = bench.send(end, [200], { ...B });
  bench.send(end + 16, [200], A);
  bench.send(end, [200], A);
  bench.sink.flush();
  deepStrictEqual(
    bench.messages.map((
      { place, length, segment },
    ) => [place, length, segment]),
    [[0, 100, 0], [100, 200, 0], [300, 200, 0], [500, 200, 0], [716, 200, 0], [
      700,
      200,
      0,
    ]],
  );
});

Deno.test("send() puts at most 64 datagrams into a train", () => {
  const bench = new Bench();
  bench.send(0, new Array(130).fill(80), A);
  bench.sink.flush();
  deepStrictEqual(
    bench.messages.map(({ length, segment }) => [length, segment]),
    [
      [64 * 80, 80],
      [64 * 80, 80],
      [2 * 80, 80],
    ],
  );
});

Deno.test("send() puts at most 65,507 bytes into a train", () => {
  const bench = new Bench();
  bench.send(0, [32_753, 32_753, 1, 1, 1], A);
  bench.sink.flush();
  deepStrictEqual(
    bench.messages.map(({ length, segment }) => [length, segment]),
    [
      [65_507, 32_753],
      [2, 1],
    ],
  );
  const one = new Bench();
  one.send(0, [32_754, 32_754], A);
  one.sink.flush();
  deepStrictEqual(one.messages.map(({ length }) => length), [32_754, 32_754]);
});

Deno.test("flush() ends the train, so that the next one begins anew", () => {
  const bench = new Bench();
  const end = bench.send(0, [100, 100], A);
  bench.sink.flush();
  bench.send(end, [100], A);
  bench.sink.flush();
  bench.sink.flush();
  deepStrictEqual(
    bench.messages.map(({ length, segment }) => [length, segment]),
    [
      [200, 100],
      [100, 0],
    ],
  );
});

Deno.test("deliver() writes a packet with the 10 bytes of its virtio-net header before it", () => {
  const bench = new Bench();
  const packet = build(tcp4({ payload: payload(100) }));
  bench.deliver(4096, packet);
  bench.sink.flush();
  deepStrictEqual(bench.writes, [[[4086, packet.length + 10]]]);
});

Deno.test("deliver() writes the segments of one flow at once: the first whole, of the others their payload", () => {
  const bench = new Bench();
  const first = tcp4({ payload: payload(1_000) });
  const count = 128;
  for (let i = 0; i < count; i++) {
    const packet = build({
      ...first,
      payload: payload(400),
      sequence: first.sequence + 400 * i,
      identification: first.identification + i,
    });
    bench.deliver(4096 + 1024 * i, packet);
  }
  bench.sink.flush();
  strictEqual(bench.writes.length, 1);
  const [head, ...others] = bench.writes[0]!;
  const headers = build(first).length - 1_000;
  deepStrictEqual(head, [4086, 10 + headers + 400]);
  deepStrictEqual(
    others,
    Array.from({ length: count - 1 }, (_, i) => [
      4096 + 1024 * (i + 1) + headers,
      400,
    ]),
  );
});

Deno.test("a write that the interface refuses is told with its reason", () => {
  const bench = new Bench();
  bench.errno = 5;
  bench.deliver(4096, build(tcp4()));
  bench.sink.flush();
  deepStrictEqual(bench.refused, [5]);
});

Deno.test("flush() sends before it writes: the network is the longer way", () => {
  const bench = new Bench();
  bench.send(0, [100], A);
  bench.deliver(4096, build(tcp4({ payload: payload(100) })));
  bench.sink.flush();
  deepStrictEqual(bench.order, ["sent", "written"]);
});
