/** Coalescing, a rule a test: what may go to the TUN as one, and what must not. */
import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { plainChecksum } from "../../src/transport/checksum.ts";
import { Coalescer } from "../../src/offload/coalesce.ts";
import { packetMemory } from "../../src/transport/memory.ts";
import {
  ACK,
  build,
  checkSound,
  CWR,
  DONT_FRAGMENT,
  ECE,
  FIN,
  type Packet,
  payload,
  PSH,
  RST,
  SYN,
  tcp4,
  tcp6,
  TIMESTAMP,
  udp4,
  udp6,
  URG,
} from "./packets.ts";
import { undo, Workbench, type Write } from "./model.ts";

const bench = new Workbench();

/** `count` packets that follow one another, of `size` bytes of payload each. */
function run(first: Packet, count: number, size = 100): Packet[] {
  const tcp = first.protocol === "TCP";
  return Array.from({ length: count }, (_, i) => ({
    ...first,
    sequence: tcp ? (first.sequence + i * size) % 2 ** 32 : 0,
    identification: first.version === 4
      ? (first.identification + i) % 65_536
      : 0,
    payload: payload(size, i),
  }));
}

/** The same with what is asked changed in the packet numbered `index`. */
function runBut(
  first: Packet,
  count: number,
  index: number,
  changes: Partial<Packet>,
): Packet[] {
  return run(first, count).map((packet, i) =>
    i === index ? { ...packet, ...changes } : packet
  );
}

function write(packets: Uint8Array[], udp = true, shift = 0): Write[] {
  const writes = bench.coalesce(packets, udp, shift);
  const out = writes.flatMap(undo).map(String).sort();
  deepStrictEqual(out, packets.map(String).sort(), "packets lost or changed");
  return writes;
}

/** Packets in each write, after checking that they come out as they went in. */
function groups(packets: Packet[], udp = true): number[] {
  return write(packets.map(build), udp).map((one) => one.count);
}

/** One that each rule is tried on, and its twin over the other version. */
const FLOWS: [name: string, first: Packet][] = [
  ["TCP over IPv4", tcp4()],
  ["TCP over IPv4 with options", tcp4({ tcpOptions: TIMESTAMP })],
  ["TCP over IPv4 without DF", tcp4({ fragment: 0 })],
  ["TCP over IPv4 with a sequence that wraps", tcp4({ sequence: 2 ** 32 - 9 })],
  ["TCP over IPv4 with a sequence past 2^31", tcp4({ sequence: 2 ** 31 - 9 })],
  ["TCP over IPv4 with an id that wraps", tcp4({ identification: 65_534 })],
  ["TCP over IPv4 with ECT(0)", tcp4({ service: 2 })],
  ["TCP over IPv6", tcp6()],
  ["TCP over IPv6 with options", tcp6({ tcpOptions: TIMESTAMP })],
  ["UDP over IPv4", udp4()],
  ["UDP over IPv4 without DF", udp4({ fragment: 0 })],
  ["UDP over IPv6", udp6()],
];

for (const [name, first] of FLOWS) {
  Deno.test(`Coalescer makes one write of ${name}`, () => {
    for (const shift of [0, 1, 2, 3]) {
      const writes = write(run(first, 5).map(build), true, shift);
      deepStrictEqual(writes.map((one) => one.count), [5]);
    }
    const short = [...run(first, 3)];
    short[2] = { ...short[2]!, payload: payload(1) };
    deepStrictEqual(groups(short), [3]);
  });
}

Deno.test("Coalescer: the first piece starts at the virtio-net header, the others are payload", () => {
  const [only] = write(run(tcp4(), 3).map(build));
  strictEqual(only!.count, 3);
  strictEqual(only!.bytes.length, 40 + 300);
  deepStrictEqual(only!.virtio, {
    flags: 1,
    type: 1,
    headers: 40,
    size: 100,
    start: 20,
    offset: 16,
  });
  deepStrictEqual(write(run(udp6(), 2).map(build))[0]!.virtio, {
    flags: 1,
    type: 5,
    headers: 48,
    size: 100,
    start: 40,
    offset: 6,
  });
});

Deno.test("Coalescer: a packet alone passes as it came, its virtio-net header all zero", () => {
  // undo() refuses a header that is not; the workbench fills it with 0xa5.
  for (const [, first] of FLOWS) deepStrictEqual(groups(run(first, 1)), [1]);
});

Deno.test("Coalescer: nothing comes before flush but what cannot grow; then all, oldest first", () => {
  const flows = [1, 2, 3].map((port) => run(tcp4({ sourcePort: port }), 2));
  const packets = [0, 1].flatMap((i) => flows.map((flow) => flow[i]!));
  const writes = write(packets.map(build));
  deepStrictEqual(writes.map((one) => one.count), [2, 2, 2]);
  deepStrictEqual(writes.map((one) => one.bytes[21]), [1, 2, 3]);
});

/** What each packet but the first may differ in for TCP: nothing of this. */
const TCP_DIFFERENCES: [rule: string, changes: Partial<Packet>][] = [
  ["acknowledgment", { acknowledgment: 5_001 }],
  ["window", { window: 503 }],
  ["sequence that leaves a gap", { sequence: 1_101 }],
  ["sequence seen already", { sequence: 1_000 }],
  ["urgent pointer", { urgent: 1 }],
  ["options", { tcpOptions: [1, 1, 1, 1] }],
];

for (const [rule, changes] of TCP_DIFFERENCES) {
  Deno.test(`Coalescer: another ${rule} begins another group`, () => {
    for (const first of [tcp4(), tcp6()]) {
      const packets = runBut(first, 2, 1, changes);
      deepStrictEqual(groups(packets), [1, 1]);
    }
  });
}

Deno.test("Coalescer: TCP options must be equal in each byte", () => {
  const first = tcp4({ tcpOptions: TIMESTAMP });
  for (let i = 0; i < TIMESTAMP.length; i++) {
    const tcpOptions = TIMESTAMP.with(i, 99);
    deepStrictEqual(groups(runBut(first, 2, 1, { tcpOptions })), [1, 1]);
  }
});

Deno.test("Coalescer: payload is not taken for the options that another header has", () => {
  const [first, second] = run(tcp4({ tcpOptions: TIMESTAMP }), 2);
  const alike = [...TIMESTAMP, ...payload(60)];
  const packets = [first!, { ...second!, tcpOptions: [], payload: alike }];
  deepStrictEqual(groups(packets), [1, 1]);
});

const IP_DIFFERENCES: [rule: string, changes: Partial<Packet>][] = [
  ["time to live or hop limit", { timeToLive: 63 }],
  ["service or traffic class", { service: 4 }],
  ["ECN field, even CE", { service: 3 }],
];

for (const [rule, changes] of IP_DIFFERENCES) {
  Deno.test(`Coalescer: another ${rule} begins another group`, () => {
    for (const first of [tcp4(), tcp6(), udp4(), udp6()]) {
      deepStrictEqual(groups(runBut(first, 3, 1, changes)), [1, 1, 1]);
    }
  });
}

Deno.test("Coalescer: another IPv6 flow label begins another group", () => {
  for (const first of [tcp6(), udp6()]) {
    for (const flowLabel of [0xabcdf, 0x1bcde, 0]) {
      deepStrictEqual(groups(runBut(first, 2, 1, { flowLabel })), [1, 1]);
    }
  }
});

Deno.test("Coalescer: another DF begins another group", () => {
  deepStrictEqual(groups(runBut(tcp4(), 2, 1, { fragment: 0 })), [1, 1]);
  const without = tcp4({ fragment: 0 });
  const packets = runBut(without, 2, 1, { fragment: DONT_FRAGMENT });
  deepStrictEqual(groups(packets), [1, 1]);
});

Deno.test("Coalescer: identifications count up, or with DF stand still, but not both", () => {
  const numbered = (fragment: number, ids: number[]) =>
    run(tcp4({ fragment }), ids.length).map((packet, i) => ({
      ...packet,
      identification: ids[i]!,
    }));
  // What stands still cannot be told by virtio-net and comes out counting.
  const counts = (packets: Packet[]) =>
    bench.coalesce(packets.map(build)).map((one) => one.count);
  deepStrictEqual(counts(numbered(DONT_FRAGMENT, [7, 8, 9])), [3]);
  deepStrictEqual(counts(numbered(DONT_FRAGMENT, [7, 7, 7])), [3]);
  deepStrictEqual(counts(numbered(DONT_FRAGMENT, [7, 8, 8])), [2, 1]);
  deepStrictEqual(counts(numbered(DONT_FRAGMENT, [7, 7, 8])), [2, 1]);
  deepStrictEqual(counts(numbered(DONT_FRAGMENT, [7, 9, 11])), [1, 1, 1]);
  deepStrictEqual(counts(numbered(0, [7, 8, 9])), [3]);
  deepStrictEqual(counts(numbered(0, [7, 7, 7])), [1, 1, 1]);
});

Deno.test("Coalescer: a larger payload begins another group", () => {
  for (const first of [tcp4(), udp6()]) {
    const packets = runBut(first, 2, 1, { payload: payload(101) });
    deepStrictEqual(groups(packets), [1, 1]);
  }
});

Deno.test("Coalescer: a shorter payload ends the group", () => {
  for (const first of [tcp6(), udp4()]) {
    const packets = run(first, 4);
    packets[1] = { ...packets[1]!, payload: payload(99) };
    packets[2] = {
      ...packets[2]!,
      sequence: first.protocol === "TCP" ? first.sequence + 199 : 0,
    };
    packets[3] = {
      ...packets[3]!,
      sequence: first.protocol === "TCP" ? first.sequence + 299 : 0,
    };
    deepStrictEqual(groups(packets), [2, 2]);
  }
});

Deno.test("Coalescer: PSH ends the group and is kept", () => {
  for (const first of [tcp4(), tcp6()]) {
    const packets = runBut(first, 5, 2, { flags: ACK | PSH });
    const writes = write(packets.map(build));
    deepStrictEqual(writes.map((one) => one.count), [3, 2]);
    const flags = first.version === 4 ? 33 : 53;
    deepStrictEqual(writes.map((one) => one.bytes[flags]), [ACK | PSH, ACK]);
  }
  deepStrictEqual(groups(runBut(tcp4(), 2, 0, { flags: ACK | PSH })), [1, 1]);
});

for (
  const [name, flags] of Object.entries({
    SYN,
    "SYN+ACK": SYN | ACK,
    "FIN+ACK": FIN | ACK,
    "RST+ACK": RST | ACK,
    "URG+ACK": URG | ACK,
    "ECE+ACK": ECE | ACK,
    "CWR+ACK": CWR | ACK,
    "no flag": 0,
    "PSH": PSH,
  })
) {
  Deno.test(`Coalescer: ${name} passes alone, behind what came before`, () => {
    for (const first of [tcp4(), tcp6()]) {
      const packets = runBut(first, 5, 2, { flags });
      deepStrictEqual(groups(packets), [2, 1, 2]);
      deepStrictEqual(groups(runBut(first, 2, 0, { flags })), [1, 1]);
    }
  });
}

Deno.test("Coalescer: a reserved bit (accurate ECN) passes alone", () => {
  deepStrictEqual(groups(runBut(tcp4(), 5, 2, { reserved: 1 })), [2, 1, 2]);
  deepStrictEqual(groups(run(tcp4({ reserved: 8 }), 2)), [1, 1]);
});

Deno.test("Coalescer: pure acknowledgments pass alone", () => {
  const pure = tcp4({ payload: [] });
  deepStrictEqual(groups([pure, pure, pure]), [1, 1, 1]);
  const packets = run(tcp4(), 4).toSpliced(2, 0, tcp4({ sequence: 1_200 }));
  deepStrictEqual(groups(packets), [2, 1, 2]);
});

Deno.test("Coalescer: a total of at most 65,535 bytes", () => {
  const table: [first: Packet, size: number, expected: number[]][] = [
    [tcp4(), 13_099, [5, 1]],
    [tcp4(), 13_100, [4, 2]],
    [tcp4(), 16_374, [3, 1]],
    [tcp6({ tcpOptions: TIMESTAMP }), 21_821, [3, 1]],
    [tcp6({ tcpOptions: TIMESTAMP }), 21_822, [2, 2]],
  ];
  for (const [first, size, expected] of table) {
    const packets = run(first, expected[0]! + expected[1]!, size);
    const large = new LargeWorkbench(packets.map(build), size + 200);
    deepStrictEqual(large.counts, expected, `${size}`);
    ok(large.longest <= 65_535);
  }
});

Deno.test("Coalescer: at most 128 segments and 64 datagrams", () => {
  deepStrictEqual(groups(run(tcp4(), 130, 10)), [128, 2]);
  deepStrictEqual(groups(run(udp4(), 70, 10)), [64, 6]);
});

Deno.test("Coalescer: UDP only where the kernel takes it", () => {
  deepStrictEqual(groups(run(udp4(), 3), false), [1, 1, 1]);
  deepStrictEqual(groups(run(tcp4(), 3), false), [3]);
});

Deno.test("Coalescer: an absent UDP checksum passes alone and stays absent", () => {
  const packets = run(udp4(), 5).map(build);
  packets[2]!.fill(0, 26, 28);
  const writes = bench.coalesce(packets);
  deepStrictEqual(writes.map((one) => one.count), [2, 1, 2]);
  deepStrictEqual(writes[1]!.bytes, packets[2]);
  strictEqual(writes[1]!.virtio.flags, 0);
});

Deno.test("Coalescer: an absent UDP checksum passes alone over IPv6 too, where it is forbidden", () => {
  const packets = run(udp6(), 5).map(build);
  for (const packet of packets) packet.fill(0, 46, 48);
  const writes = bench.coalesce(packets);
  deepStrictEqual(writes.map((one) => one.bytes), packets);
});

/** Lengths inside TCP and UDP that cannot be, by the field's place over IPv4. */
const IMPOSSIBLE: [name: string, first: Packet, at: number, value: number][] = [
  ["a TCP header of 16 bytes", tcp4(), 32, 0x40],
  ["a TCP header of no bytes", tcp4(), 32, 0x00],
  ["a TCP header past the end", tcp4(), 32, 0xf0],
  ["a UDP length past the end", udp4(), 24, 0x10],
  ["a UDP length below its header", udp4(), 25, 7],
];

for (const [name, first, at, value] of IMPOSSIBLE) {
  Deno.test(`Coalescer: ${name} passes alone, behind what came before`, () => {
    const packets = run(first, 5, 30).map(build);
    packets[2]![at] = value;
    const writes = bench.coalesce(packets);
    deepStrictEqual(writes.map((one) => one.count), [2, 1, 2]);
    deepStrictEqual(writes[1]!.bytes, packets[2]);
  });
}

Deno.test("Coalescer: a datagram without payload, or with bytes behind it, passes alone", () => {
  deepStrictEqual(groups(run(udp4(), 2, 0)), [1, 1]);
  const packets = run(udp4(), 5).map(build);
  packets[2]![25] = 20;
  deepStrictEqual(bench.coalesce(packets).map((one) => one.count), [2, 1, 2]);
});

/** Places whose bytes are flipped, and so the checksum that is made wrong. */
const FLIPS: [name: string, first: Packet, at: number][] = [
  ["TCP payload over IPv4", tcp4(), 60],
  ["TCP checksum over IPv4", tcp4(), 36],
  ["TCP payload over IPv6", tcp6(), 159],
  ["UDP payload over IPv4", udp4(), 127],
  ["UDP checksum over IPv6", udp6(), 47],
  ["IPv4 header checksum", tcp4(), 11],
];

for (const [name, first, at] of FLIPS) {
  for (const wrong of [0, 1, 2]) {
    Deno.test(`Coalescer: a wrong ${name} never becomes right (packet ${wrong} of 4)`, () => {
      const packets = run(first, 4).map(build);
      packets[wrong]![at] = packets[wrong]![at]! ^ 0x10;
      const writes = bench.coalesce(packets);
      const single = writes.filter((one) =>
        String(one.bytes) === String(packets[wrong])
      );
      strictEqual(single.length, 1);
      strictEqual(single[0]!.virtio.flags, 0);
      const expected = [[1, 3], [1, 1, 2], [2, 1, 1]][wrong];
      deepStrictEqual(writes.map((one) => one.count), expected);
    });
  }
}

const NOT_UNDERSTOOD: [name: string, changes: Partial<Packet>][] = [
  ["a first fragment", { fragment: 0x2000 }],
  ["a last fragment", { fragment: 0x0001 }],
  ["the reserved flag of IPv4", { fragment: 0x8000 | DONT_FRAGMENT }],
  ["IPv4 options", { ipOptions: [1, 1, 1, 0] }],
];

for (const [name, changes] of NOT_UNDERSTOOD) {
  Deno.test(`Coalescer: ${name} passes alone, behind what came before`, () => {
    for (const first of [tcp4(), udp4()]) {
      deepStrictEqual(groups(runBut(first, 5, 2, changes)), [2, 1, 2]);
      deepStrictEqual(groups(run({ ...first, ...changes }, 2)), [1, 1]);
    }
  });
}

Deno.test("Coalescer: IPv6 extension headers pass alone, behind what came before", () => {
  for (const first of [tcp6(), udp6()]) {
    deepStrictEqual(groups(runBut(first, 5, 2, { extensions: 1 })), [2, 1, 2]);
    deepStrictEqual(groups(run({ ...first, extensions: 2 }, 2)), [1, 1]);
  }
});

Deno.test("Coalescer: what is not understood ends the groups of its hosts only", () => {
  const one = run(tcp4(), 3);
  const other = run(tcp4({ source: 9 }), 3);
  const fragment = tcp4({ fragment: 0x2000, payload: payload(9) });
  const packets = [one[0]!, other[0]!, one[1]!, other[1]!, fragment, other[2]!];
  deepStrictEqual(groups(packets), [2, 1, 3]);
});

Deno.test("Coalescer: a length other than the IP header's passes alone", () => {
  for (const first of [tcp4(), tcp6()]) {
    const packets = run(first, 3).map(build);
    packets[1] = new Uint8Array([...packets[1]!, 0, 0, 0]);
    const writes = bench.coalesce(packets);
    deepStrictEqual(writes.map((one) => one.count), [1, 1, 1]);
    deepStrictEqual(writes[1]!.bytes, packets[1]);
  }
});

Deno.test("Coalescer: every length cut short passes alone", () => {
  for (const first of [tcp4(), tcp6(), udp4(), udp6()]) {
    const bytes = build({ ...first, payload: payload(4) });
    const packets = Array.from(
      { length: bytes.length },
      (_, i) => bytes.slice(0, i),
    );
    const writes = bench.coalesce(packets);
    deepStrictEqual(writes.map((one) => one.bytes), packets);
  }
});

Deno.test("Coalescer reads nothing behind a packet that is too short for addresses", () => {
  const bytes = build(tcp4({ payload: payload(8) }));
  for (let length = 1; length < 20; length++) {
    const memory = packetMemory(new ArrayBuffer(128));
    const checksum = plainChecksum(memory);
    let writes = 0;
    const coalescer = new Coalescer(
      memory,
      { udp: true, checksum },
      () => writes++,
    );
    memory.bytes.set(bytes, 16);
    coalescer.add(16, bytes.length);
    // What is behind the end of memory throws.
    memory.bytes.set(bytes.subarray(0, length), 128 - length);
    coalescer.add(128 - length, length);
    strictEqual(writes, 1);
    coalescer.flush();
    strictEqual(writes, 2);
  }
});

Deno.test("Coalescer: flows are told apart by hosts, ports, protocol and version", () => {
  const flows = [
    tcp4(),
    tcp4({ source: 3 }),
    tcp4({ destination: 3 }),
    tcp4({ sourcePort: 40_001 }),
    tcp4({ destinationPort: 444 }),
    udp4(),
    tcp6(),
    tcp6({ source: 3 }),
    udp6(),
  ];
  const runs = flows.map((first) => run(first, 3));
  const packets = [0, 1, 2].flatMap((i) => runs.map((one) => one[i]!));
  deepStrictEqual(groups(packets), new Array(flows.length).fill(3));
});

Deno.test("Coalescer: 16 flows are open at once, and a 17th ends the oldest", () => {
  const runs = Array.from(
    { length: 17 },
    (_, i) => run(tcp4({ sourcePort: i }), 2),
  );
  const open = runs.slice(0, 16);
  const interleaved = [0, 1].flatMap((i) => open.map((one) => one[i]!));
  deepStrictEqual(groups(interleaved), new Array(16).fill(2));
  const packets = [
    ...runs.map((one) => one[0]!),
    ...runs.slice(1).map((one) => one[1]!),
  ];
  deepStrictEqual(groups(packets), [1, ...new Array(16).fill(2)]);
});

Deno.test("Coalescer is as new after flush", () => {
  const packets = run(tcp4(), 4).map(build);
  packets.forEach(checkSound);
  for (let i = 0; i < 3; i++) strictEqual(bench.coalesce(packets).length, 1);
});

/** Packets too long for the common workbench's slots. */
class LargeWorkbench {
  readonly counts: number[] = [];
  longest = 0;

  constructor(packets: Uint8Array[], slot: number) {
    const memory = packetMemory(
      new ArrayBuffer(4 * Math.ceil(slot * packets.length / 4) + 32),
    );
    const checksum = plainChecksum(memory);
    const coalescer = new Coalescer(
      memory,
      { udp: true, checksum },
      (pieces, count) => {
        this.counts.push(count);
        let length = -10;
        for (let i = 0; i < count; i++) length += pieces[2 * i + 1]!;
        this.longest = Math.max(this.longest, length);
      },
    );
    packets.forEach((bytes, i) => {
      memory.bytes.set(bytes, i * slot + 16);
      coalescer.add(i * slot + 16, bytes.length);
    });
    coalescer.flush();
  }
}
