/**
 * Every train that the Coalescer makes is one that the kernel's own GRO makes
 * of the same packets, byte for byte: the rules one by one, and random traffic.
 *
 * The other way round it need not hold: GRO also joins packets with FIN, ECE or
 * the first CWR, and those behind equal extension headers.
 *
 * @module
 */
import { deepStrictEqual, ok } from "node:assert";
import { Tun } from "../../ffi/tun.ts";
import { Workbench } from "../offload/model.ts";
import { namespaceTest } from "../ffi/namespace.ts";
import { KernelGro } from "./kernel_gro.ts";
import {
  ACK,
  CWR,
  DONT_FRAGMENT,
  ECE,
  FIN,
  PSH,
  RST,
  SYN,
  URG,
} from "../offload/packets.ts";
import { build, get16, type Headers, TCP, UDP } from "./packet.ts";
import { plainGroups, plainWrite } from "./plain_coalesce.ts";
import { virtioBytes } from "../offload/virtio.ts";
import { plainSplit } from "./plain_split.ts";
import { Random } from "./random.ts";
import { hostOf, PORTS, Traffic } from "./traffic.ts";

const FILE = import.meta.url;
const SEED = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000_000);
/** Tries, each of which the kernel's clock may cut in two: one in eight, and more where the machine is busy. */
const TRIES = 200;

const NONE = new Uint8Array(0);

/** A flow's first packet of each kind. */
const KINDS: [name: string, headers: Headers][] = ([4, 6] as const).flatMap(
  (version) =>
    [TCP, UDP].map((protocol): [string, Headers] => [
      `${protocol === TCP ? "TCP" : "UDP"} over IPv${version}`,
      {
        version,
        protocol,
        source: hostOf(version, 1, 2),
        destination: hostOf(version, 1, 1),
        sourcePort: 50_000,
        destinationPort: PORTS[0]!,
        service: 0,
        timeToLive: 64,
        flowLabel: 7,
        identification: 7,
        fragment: DONT_FRAGMENT,
        ipOptions: NONE,
        extensions: 0,
        sequence: 1_000,
        acknowledgment: 5_000,
        flags: ACK,
        reserved: 0,
        window: 502,
        urgent: 0,
        tcpOptions: Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8),
      },
    ]),
);

/** What one packet of a pair may say that the other does not; GRO has a rule for each. */
const RULES: [name: string, changes: Partial<Headers>][] = [
  ["nothing", {}],
  ["time to live", { timeToLive: 63 }],
  ["service", { service: 4 }],
  ["congestion experienced", { service: 3 }],
  ["flow label", { flowLabel: 8 }],
  ["identification that stands", { identification: 6 }],
  ["identification that jumps", { identification: 9 }],
  ["identification before the other's", { identification: 5 }],
  ["no DF", { fragment: 0 }],
  ["no DF, and an identification that stands", {
    fragment: 0,
    identification: 6,
  }],
  ["first fragment", { fragment: 0x2000 }],
  ["last fragment", { fragment: 5 }],
  ["reserved flag of IPv4", { fragment: 0x8000 }],
  ["IP options", { ipOptions: Uint8Array.of(1, 1, 1, 0) }],
  ["extension header", { extensions: 1 }],
  ["sequence number", { sequence: 999 }],
  ["acknowledgment", { acknowledgment: 5_001 }],
  ["window", { window: 501 }],
  ["urgent pointer", { urgent: 1 }],
  ["reserved bit of TCP", { reserved: 1 }],
  ["timestamp", {
    tcpOptions: Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 7),
  }],
  ["no options", { tcpOptions: NONE }],
  ["more options", { tcpOptions: new Uint8Array(16).fill(1) }],
  ...Object.entries({ FIN, SYN, RST, PSH, URG, ECE, CWR }).map((
    [name, flag],
  ): [string, Partial<Headers>] => [name, { flags: ACK | flag }]),
  ["no ACK", { flags: 0 }],
  ["source port", { sourcePort: 50_001 }],
  ["destination port", { destinationPort: PORTS[1]! }],
];

/** Payloads of a pair. */
const SIZES: [first: number, second: number][] = [
  [100, 100],
  [100, 1],
  [100, 101],
  [100, 0],
  [0, 100],
  [1, 1],
];

/** Both, and how the kernel's differ: it notes how much of a packet lies in one piece. */
const withoutHint = (write: Uint8Array) =>
  write.toHex().replace(/^(....)..../, "$1");

/** Holds the Coalescer's writes of these packets against the kernel's; returns how many of them are trains. */
function compare(
  kernel: KernelGro,
  bench: Workbench,
  packets: Uint8Array[],
  udp: boolean,
): number {
  const groups = plainGroups(packets, udp);
  const writes = bench.coalesce(packets, udp).map(({ virtio, bytes }) =>
    virtioBytes(virtio).toHex() + bytes.toHex()
  );
  deepStrictEqual(writes, groups.map((group) => plainWrite(group).toHex()));
  const trains = groups.filter((group) => group.length > 1 && isHeard(group));
  for (const train of trains) {
    const expected = [withoutHint(plainWrite(train))];
    let last: string[] = [];
    for (let i = 0; i < TRIES && `${last}` !== `${expected}`; i++) {
      last = kernel.receive(train).map(withoutHint);
    }
    deepStrictEqual(last, expected, `${train.length} packets`);
  }
  return trains.length;
}

/** Whether there is a socket without which GRO leaves UDP alone; a damaged packet may go to another port. */
function isHeard([first]: Uint8Array[]): boolean {
  const start = first![0]! >> 4 === 4 ? 20 : 40;
  return first![start === 20 ? 9 : 6] === TCP ||
    PORTS.includes(get16(first!, start + 2));
}

/** A pair of packets, of which one or both have the changes. */
function pairs(
  headers: Headers,
  changes: Partial<Headers>,
  [first, second]: [number, number],
): Uint8Array[][] {
  const payload = new Uint8Array(200).fill(0xab);
  const next = {
    ...headers,
    sequence: headers.sequence + first,
    identification: headers.identification + 1,
  };
  const shifted = { ...changes };
  if (changes.sequence) shifted.sequence = changes.sequence + first;
  if (changes.identification) {
    shifted.identification = changes.identification + 1;
  }
  const one = (from: Headers, more: Partial<Headers>, length: number) =>
    build({ ...from, ...more }, payload.subarray(0, length));
  return [
    [one(headers, {}, first), one(next, shifted, second)],
    [one(headers, changes, first), one(next, {}, second)],
    [one(headers, changes, first), one(next, shifted, second)],
  ];
}

/** Runs with the kernel's GRO and whether this kernel knows trains of UDP at the TUN (Linux 6.2). */
function withKernel(run: (kernel: KernelGro, udp: boolean) => void): void {
  const tun = Tun.open("ckprobe");
  const udp = tun.udpOffload;
  tun.close();
  const kernel = new KernelGro(PORTS);
  try {
    run(kernel, udp);
  } finally {
    kernel.close();
  }
}

namespaceTest(
  "Coalescer joins no pair of packets that the kernel's GRO does not join, a rule a pair",
  FILE,
  () =>
    withKernel((kernel, udp) => {
      const bench = new Workbench();
      let trains = 0;
      for (const [, headers] of KINDS) {
        for (const [, changes] of RULES) {
          for (const pair of SIZES.flatMap((s) => pairs(headers, changes, s))) {
            trains += compare(kernel, bench, pair, udp);
          }
        }
      }
      ok(trains > 100, `only ${trains} trains`);
    }),
);

namespaceTest(
  "Coalescer makes of random traffic only what the kernel's GRO makes of the same packets",
  FILE,
  () =>
    withKernel((kernel, udp) => {
      const bench = new Workbench();
      let trains = 0;
      for (let seed = SEED; trains < 400; seed++) {
        const traffic = new Traffic(new Random(seed), 1, 1_420);
        const packets: Uint8Array[] = [];
        while (packets.length < 200) {
          packets.push(...plainSplit(traffic.next()));
        }
        try {
          trains += compare(kernel, bench, packets.slice(0, 300), udp);
        } catch (cause) {
          throw new Error(`with SEED=${seed}`, { cause });
        }
      }
    }),
);
