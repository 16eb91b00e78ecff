/** Splitting reads of the TUN: what stays, what is taken apart, and what is refused. */
import { deepStrictEqual, strictEqual } from "node:assert";
import { plainChecksum } from "../../src/transport/checksum.ts";
import { split } from "../../src/offload/split.ts";
import { packetMemory } from "../../src/transport/memory.ts";
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
  parse,
  payload,
  PSH,
  slowChecksum,
  tcp4,
  tcp6,
  TIMESTAMP,
  udp4,
  udp6,
} from "./packets.ts";
import { modelSplit, trainHeader, Workbench } from "./model.ts";
import { NO_VIRTIO, type Virtio, virtioBytes } from "./virtio.ts";

const bench = new Workbench();
const SHIFTS = [0, 1, 2, 3];

function splitTrain(
  train: Packet,
  size: number,
  changes: Partial<Virtio> = {},
  shift = 0,
): Uint8Array[] {
  const virtio = virtioBytes({ ...trainHeader(train, size), ...changes });
  const packets = bench.split(virtio, buildPartial(train), shift);
  if (typeof packets === "string") throw new Error(packets);
  packets.forEach(checkSound);
  return packets;
}

const flagsOf = (packets: Uint8Array[]) =>
  packets.map((bytes) => parse(bytes).flags);

/** Every kind of train, each of 3 full packets and a rest. */
const TRAINS: [name: string, train: Packet][] = [
  ["TCP over IPv4", tcp4()],
  ["TCP over IPv4 with options", tcp4({ tcpOptions: TIMESTAMP })],
  [
    "TCP over IPv4 with the most options",
    tcp4({ tcpOptions: new Array(40).fill(1) }),
  ],
  ["TCP over IPv4 with IP options", tcp4({ ipOptions: [7, 3, 4, 0] })],
  [
    "TCP over IPv4 with the most IP options",
    tcp4({ ipOptions: new Array(40).fill(1), tcpOptions: TIMESTAMP }),
  ],
  ["TCP over IPv4 without DF", tcp4({ fragment: 0 })],
  [
    "TCP over IPv4 with an identification that wraps",
    tcp4({ identification: 0xfffe }),
  ],
  [
    "TCP over IPv4 with a sequence that wraps",
    tcp4({ sequence: 0xffff_ff00 }),
  ],
  ["TCP over IPv4 with ECT(0)", tcp4({ service: 2 })],
  ["TCP over IPv6", tcp6()],
  ["TCP over IPv6 with options", tcp6({ tcpOptions: TIMESTAMP })],
  ["TCP over IPv6 with an extension header", tcp6({ extensions: 1 })],
  [
    "TCP over IPv6 with three extension headers and options",
    tcp6({ extensions: 3, tcpOptions: TIMESTAMP }),
  ],
  ["UDP over IPv4", udp4()],
  ["UDP over IPv4 with IP options", udp4({ ipOptions: [1, 1, 1, 0] })],
  ["UDP over IPv6", udp6()],
  ["UDP over IPv6 with an extension header", udp6({ extensions: 1 })],
];

for (const [name, headers] of TRAINS) {
  Deno.test(`split() takes apart ${name}`, () => {
    const train = { ...headers, payload: payload(3 * 500 + 77) };
    for (const shift of SHIFTS) {
      const packets = splitTrain(train, 500, {}, shift);
      deepStrictEqual(packets.map(parse), modelSplit(train, 500));
      deepStrictEqual(packets, modelSplit(train, 500).map(build));
    }
  });
}

Deno.test("split() makes a last packet that is as long as the others", () => {
  const packets = splitTrain(tcp4({ payload: payload(1500) }), 500);
  deepStrictEqual(packets.map((bytes) => bytes.length), [540, 540, 540]);
});

Deno.test("split() makes one packet of a train that is not longer than one", () => {
  const train = tcp4({ payload: payload(500), flags: ACK | PSH | FIN });
  deepStrictEqual(splitTrain(train, 500), [build(train)]);
  deepStrictEqual(splitTrain(train, 9000), [build(train)]);
  const empty = tcp4({ flags: ACK | FIN });
  deepStrictEqual(splitTrain(empty, 500), [build(empty)]);
});

Deno.test("split() takes apart a train of 65,535 bytes", () => {
  const train = tcp4({
    tcpOptions: TIMESTAMP,
    payload: payload(65_535 - 52),
    flags: ACK | PSH,
  });
  const packets = splitTrain(train, 1368);
  strictEqual(packets.length, 48);
  deepStrictEqual(packets, modelSplit(train, 1368).map(build));
});

Deno.test("split() takes apart a train of 300 segments of 1 byte", () => {
  const train = udp6({ payload: payload(300) });
  deepStrictEqual(splitTrain(train, 1), modelSplit(train, 1).map(build));
});

Deno.test("split() leaves FIN and PSH only on the last segment", () => {
  const train = tcp4({ payload: payload(30), flags: ACK | PSH | FIN });
  deepStrictEqual(flagsOf(splitTrain(train, 10)), [ACK, ACK, ACK | PSH | FIN]);
});

Deno.test("split() leaves CWR only on the first segment, and ECE on all", () => {
  const train = tcp6({ payload: payload(30), flags: ACK | CWR | ECE });
  const packets = splitTrain(train, 10, { type: 4 | 0x80 });
  deepStrictEqual(flagsOf(packets), [ACK | CWR | ECE, ACK | ECE, ACK | ECE]);
});

Deno.test("split() counts the identification up with DF as without", () => {
  for (const fragment of [0, DONT_FRAGMENT]) {
    const train = tcp4({ payload: payload(30), fragment, identification: 9 });
    const packets = splitTrain(train, 10).map(parse);
    deepStrictEqual(packets.map((packet) => packet.identification), [
      9,
      10,
      11,
    ]);
  }
});

Deno.test("split() does not trust the length of the headers that it is told", () => {
  const train = tcp4({ tcpOptions: TIMESTAMP, payload: payload(100) });
  for (const headers of [0, 40, 53, 65_535]) {
    const packets = splitTrain(train, 40, { headers });
    deepStrictEqual(packets, modelSplit(train, 40).map(build));
  }
});

Deno.test("split() makes the checksum from the partial sum, not from the addresses", () => {
  // A source route: the checksum's destination is the last hop of the option.
  const route = [131, 7, 4, 10, 9, 0, 99, 0];
  const train = tcp4({ ipOptions: route, payload: payload(100) });
  const bytes = buildPartial({ ...train, destination: 99 });
  bytes[19] = train.destination;
  const packets = bench.split(virtioBytes(trainHeader(train, 60)), bytes);
  if (typeof packets === "string") throw new Error(packets);
  for (const packet of packets) {
    packet[19] = 99;
    strictEqual(
      slowChecksum([
        ...packet.subarray(12, 20),
        0,
        6,
        0,
        packet.length - 28,
        ...packet.subarray(28),
      ]),
      0,
    );
  }
});

Deno.test("split() writes a UDP checksum of 0 as 0xffff, in a train and alone", () => {
  // The last two bytes of payload bring the sum to 0xffff.
  const zero = udp4({ payload: [0, 0] });
  const bytes = build(zero);
  zero.payload = [bytes[26]!, bytes[27]!];
  deepStrictEqual([...build(zero).subarray(26, 28)], [0xff, 0xff]);
  const train = { ...zero, payload: [...zero.payload, ...payload(1)] };
  deepStrictEqual(splitTrain(train, 2)[0], build(zero));
  const virtio = virtioBytes({ ...NO_VIRTIO, flags: 1, start: 20, offset: 6 });
  deepStrictEqual(bench.split(virtio, buildPartial(zero)), [build(zero)]);
});

Deno.test("split() leaves a packet that is complete as it is, where it is", () => {
  const nothing = virtioBytes(NO_VIRTIO);
  for (const packet of [tcp4(), udp6({ payload: payload(70) })]) {
    deepStrictEqual(bench.split(nothing, build(packet)), [build(packet)]);
  }
  const wrong = build(tcp4({ payload: payload(9) }));
  wrong[36] = wrong[36]! ^ 1;
  deepStrictEqual(bench.split(nothing, wrong), [wrong]);
});

Deno.test("split() leaves an absent UDP checksum absent", () => {
  const bytes = build(udp4({ payload: payload(70) }));
  bytes.fill(0, 26, 28);
  deepStrictEqual(bench.split(virtioBytes(NO_VIRTIO), bytes), [bytes]);
});

Deno.test("split() ignores that the kernel vouches for a checksum (DATA_VALID)", () => {
  const bytes = build(tcp4({ payload: payload(70) }));
  const virtio = virtioBytes({ ...NO_VIRTIO, flags: 2 });
  deepStrictEqual(bench.split(virtio, bytes), [bytes]);
});

for (const [name, headers] of TRAINS) {
  Deno.test(`split() completes the checksum of one packet of ${name}`, () => {
    for (const length of [0, 1, 2, 499, 500]) {
      const packet = { ...headers, payload: payload(length) };
      const { start, offset } = trainHeader(packet, 0);
      const virtio = virtioBytes({ ...NO_VIRTIO, flags: 1, start, offset });
      for (const shift of SHIFTS) {
        deepStrictEqual(bench.split(virtio, buildPartial(packet), shift), [
          build(packet),
        ]);
      }
    }
  });
}

Deno.test("split() completes other protocols' checksums: ICMPv6's lies at 2", () => {
  const bytes = build(tcp6({ payload: payload(33) }));
  bytes[6] = 58;
  bytes.set([0x12, 0x34], 42);
  const virtio = virtioBytes({ ...NO_VIRTIO, flags: 1, start: 40, offset: 2 });
  const packets = bench.split(virtio, bytes);
  const sum = slowChecksum(bytes.subarray(40));
  const expected = bytes.slice();
  expected.set([sum >> 8, sum & 0xff], 42);
  deepStrictEqual(packets, [expected]);
});

const TRAIN = tcp4({ tcpOptions: TIMESTAMP, payload: payload(1000) });
const SOUND = trainHeader(TRAIN, 400);

/** Headers that are wrong about a train that is right. */
const WRONG_HEADERS: [name: string, changes: Partial<Virtio>, drop: string][] =
  [
    ["a segmentation type of its own", { type: 7 }, "unknown segmentation"],
    ["UFO", { type: 3 }, "unknown segmentation"],
    ["IPv6 for IPv4", { type: 4 }, "bad segmentation"],
    ["UDP for TCP", { type: 5, offset: 6 }, "bad segmentation"],
    ["a segment size of 0", { size: 0 }, "bad segmentation"],
    ["no partial checksum", { flags: 0 }, "bad segmentation"],
    ["a checksum elsewhere", { offset: 18 }, "bad segmentation"],
    [
      "a start before the end of the IP header",
      { start: 0 },
      "bad segmentation",
    ],
    ["a start behind it", { start: 24 }, "bad segmentation"],
    ["a start behind the packet", { start: 65_535 }, "bad segmentation"],
  ];

for (const [name, changes, drop] of WRONG_HEADERS) {
  Deno.test(`split() refuses a header with ${name}`, () => {
    const virtio = virtioBytes({ ...SOUND, ...changes });
    strictEqual(bench.split(virtio, buildPartial(TRAIN)), drop);
  });
}

/** Trains that are wrong under a header that is right. */
const WRONG_TRAINS: [name: string, train: Packet, at: number, byte: number][] =
  [
    ["IP version of 5", TRAIN, 0, 0x55],
    ["IP header shorter than 20 bytes", TRAIN, 0, 0x44],
    ["IP header that ends elsewhere", TRAIN, 0, 0x46],
    ["IP length that is more than was read", TRAIN, 2, 0x7f],
    ["IP length that is less than was read", TRAIN, 2, 0],
    ["protocol other than TCP", TRAIN, 9, 17],
    ["fragment", TRAIN, 6, 0x20],
    ["TCP header shorter than 20 bytes", TRAIN, 32, 0x40],
    ["TCP header longer than the packet", tcp4(), 32, 0xf0],
    ["IPv6 payload length of 0 (a jumbogram)", tcp6(), 5, 0],
    ["next header other than TCP", tcp6(), 6, 17],
    ["UDP length that is less than was read", udp4({ payload: [1] }), 25, 8],
  ];

for (const [name, train, at, byte] of WRONG_TRAINS) {
  Deno.test(`split() refuses a train with an ${name}`, () => {
    const bytes = buildPartial(train);
    bytes[at] = byte;
    const virtio = virtioBytes(trainHeader(train, 400));
    strictEqual(bench.split(virtio, bytes), "bad segmentation");
  });
}

/** UDP trains that would be right if they did not start where they do. */
function startingAt(start: number, first: number, length: number): string {
  const bytes = new Uint8Array(length);
  const ipv6 = first >> 4 === 6;
  bytes.set([first, 0, 0, length]);
  bytes.set(ipv6 ? [0, length - 40, 17] : [0, 0, 0, 0, 64, 17], 4);
  bytes[start + 5] = length - start;
  const header = { flags: 1, type: 5, headers: 0, size: 10, start, offset: 6 };
  const packets = bench.split(virtioBytes(header), bytes);
  return typeof packets === "string" ? packets : `${packets.length} packets`;
}

Deno.test("split() refuses a train that starts inside an IP header, or off its words", () => {
  strictEqual(startingAt(20, 0x45, 100), "8 packets");
  strictEqual(startingAt(24, 0x46, 100), "7 packets");
  strictEqual(startingAt(16, 0x44, 100), "bad segmentation");
  strictEqual(startingAt(24, 0x45, 100), "bad segmentation");
  strictEqual(startingAt(40, 0x60, 100), "6 packets");
  strictEqual(startingAt(48, 0x60, 100), "5 packets");
  strictEqual(startingAt(32, 0x60, 100), "bad segmentation");
  strictEqual(startingAt(44, 0x60, 100), "bad segmentation");
  strictEqual(startingAt(47, 0x60, 100), "bad segmentation");
});

Deno.test("split() reads nothing behind the read", () => {
  for (const train of [TRAIN, tcp6(), udp4(), udp6({ payload: [1, 2] })]) {
    const bytes = buildPartial(train);
    const virtio = virtioBytes(trainHeader(train, 400));
    for (let length = 1; length < Math.min(bytes.length, 90); length++) {
      // What is behind the end of memory throws.
      const memory = packetMemory(new ArrayBuffer(128));
      const at = 128 - length;
      memory.bytes.set(bytes.subarray(0, length), at);
      memory.bytes.set(virtio, at - 10);
      const checksum = plainChecksum(memory);
      const drop = split(memory, at, length, REFUSING, checksum);
      strictEqual(drop, "bad segmentation");
    }
  }
});

const REFUSING = {
  place: (): number => {
    throw new Error("a packet of a train that is none");
  },
  packet: () => {},
};

Deno.test("split() refuses a train cut short at every length", () => {
  for (const train of [TRAIN, tcp6(), udp4(), udp6({ payload: [1, 2] })]) {
    const bytes = buildPartial(train);
    const virtio = virtioBytes(trainHeader(train, 400));
    for (let length = 1; length < Math.min(bytes.length, 90); length++) {
      const cut = bytes.subarray(0, length);
      strictEqual(bench.split(virtio, cut), "bad segmentation");
    }
  }
});

Deno.test("split() refuses an empty read", () => {
  const nothing = new Uint8Array(0);
  strictEqual(bench.split(virtioBytes(NO_VIRTIO), nothing), "empty read");
  strictEqual(bench.split(virtioBytes(SOUND), nothing), "empty read");
});

Deno.test("split() refuses a checksum outside of the packet, by a byte too", () => {
  const bytes = build(udp4({ payload: [1] }));
  const table = [[0, 28], [27, 1], [20, 65_535], [65_535, 65_535], [29, 0]];
  for (const [start, offset] of table) {
    const virtio = { ...NO_VIRTIO, flags: 1, start: start!, offset: offset! };
    strictEqual(
      bench.split(virtioBytes(virtio), bytes),
      "checksum outside the packet",
    );
  }
});
