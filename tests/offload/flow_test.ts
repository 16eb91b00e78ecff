/** What a packet is to the coalescer, and that it is told from the packet's own bytes. */
import { strictEqual } from "node:assert";
import {
  isTCP,
  kindOf,
  sameHosts,
  transportOf,
  versionOf,
} from "../../src/offload/flow.ts";
import {
  ACK,
  build,
  ECE,
  FIN,
  type Packet,
  PSH,
  SYN,
  tcp4,
  tcp6,
  TIMESTAMP,
  udp4,
  udp6,
} from "./packets.ts";

/** A view that ends where the packet ends: a read behind it throws. */
function exact(bytes: Uint8Array): DataView {
  return new DataView(Uint8Array.from(bytes).buffer);
}

const TABLE: [name: string, packet: Packet, kind: string][] = [
  ["TCP with payload", tcp4({ payload: [1] }), "segment"],
  ["the same with PSH", tcp6({ payload: [1], flags: ACK | PSH }), "segment"],
  [
    "the same with options",
    tcp4({ payload: [1], tcpOptions: TIMESTAMP }),
    "segment",
  ],
  ["a pure acknowledgment", tcp6(), "single"],
  ["SYN", tcp4({ flags: SYN }), "single"],
  ["FIN with payload", tcp4({ payload: [1], flags: ACK | FIN }), "single"],
  ["ECE with payload", tcp4({ payload: [1], flags: ACK | ECE }), "single"],
  ["a reserved bit", tcp4({ payload: [1], reserved: 2 }), "single"],
  ["UDP with payload", udp4({ payload: [1] }), "datagram"],
  ["UDP with payload over IPv6", udp6({ payload: [1] }), "datagram"],
  ["UDP without payload", udp4(), "single"],
  ["a fragment", udp4({ payload: [1], fragment: 0x2000 }), "other"],
  ["IPv4 options", tcp4({ payload: [1], ipOptions: [1, 1, 1, 0] }), "other"],
  ["an extension header", udp6({ payload: [1], extensions: 1 }), "other"],
];

for (const [name, packet, kind] of TABLE) {
  Deno.test(`kindOf() takes ${name} for "${kind}"`, () => {
    const bytes = build(packet);
    strictEqual(kindOf(exact(bytes), 0, bytes.length), kind);
  });
}

Deno.test("kindOf() reads nothing behind a packet cut short, and takes it for other", () => {
  for (
    const packet of [
      tcp4(),
      tcp6(),
      udp4(),
      udp6(),
      tcp4({ ipOptions: [0, 0, 0, 0] }),
    ]
  ) {
    const bytes = build(packet);
    for (let length = 0; length < bytes.length; length++) {
      const cut = exact(bytes.subarray(0, length));
      strictEqual(kindOf(cut, 0, length), "other");
      // Even if the IP header is right about the length.
      const ipv4 = packet.version === 4;
      const field = ipv4 ? 2 : 4;
      const value = ipv4 ? length : length - 40;
      if (field + 2 > length || value < 0) continue;
      cut.setUint16(field, value);
      strictEqual(kindOf(cut, 0, length), "other");
    }
  }
});

Deno.test("kindOf() takes a length other than the IP header's for other", () => {
  for (const packet of [tcp4({ payload: [1] }), udp6({ payload: [1] })]) {
    const bytes = new Uint8Array([...build(packet), 0]);
    strictEqual(kindOf(exact(bytes), 0, bytes.length), "other");
  }
});

Deno.test("kindOf() takes TCP headers that are too short or too long for other", () => {
  const bytes = build(tcp4({ payload: [1, 2, 3] }));
  for (const [words, kind] of [[4, "other"], [5, "segment"], [6, "other"]]) {
    bytes[32] = Number(words) << 4;
    strictEqual(kindOf(exact(bytes), 0, bytes.length), kind);
  }
});

Deno.test("kindOf() takes UDP of another length, or without checksum, for single", () => {
  const long = build(udp4({ payload: [1, 2] }));
  long[25] = 9;
  strictEqual(kindOf(exact(long), 0, long.length), "single");
  const absent = build(udp6({ payload: [1, 2] })).fill(0, 46, 48);
  strictEqual(kindOf(exact(absent), 0, absent.length), "single");
});

Deno.test("kindOf() takes other protocols and versions for other", () => {
  const bytes = build(tcp4({ payload: [1] }));
  for (const [at, value] of [[9, 1], [0, 0x55], [0, 0x05], [0, 0x65]]) {
    const changed = bytes.slice();
    changed[at!] = value!;
    strictEqual(kindOf(exact(changed), 0, changed.length), "other");
  }
});

Deno.test("versionOf() gives the version where the addresses can be read", () => {
  const four = exact(build(tcp4()));
  const six = exact(build(tcp6()));
  strictEqual(versionOf(four, 0, 40), 4);
  strictEqual(versionOf(four, 0, 20), 4);
  strictEqual(versionOf(four, 0, 19), 0);
  strictEqual(versionOf(six, 0, 60), 6);
  strictEqual(versionOf(six, 0, 40), 6);
  strictEqual(versionOf(six, 0, 39), 0);
  strictEqual(versionOf(exact(new Uint8Array(0)), 0, 0), 0);
  strictEqual(versionOf(exact(new Uint8Array(60).fill(0x55)), 0, 60), 0);
});

Deno.test("transportOf(), isTCP() and sameHosts() read the two versions", () => {
  const one = [tcp4(), udp4(), tcp6(), udp6()].map((p) => exact(build(p)));
  strictEqual(one.map((view) => transportOf(view, 0)).join(), "20,20,40,40");
  strictEqual(
    one.map((view) => isTCP(view, 0)).join(),
    "true,false,true,false",
  );
  for (const packet of [tcp4(), tcp6()]) {
    const others = [
      packet,
      { ...packet, sourcePort: 1 },
      { ...packet, source: 99 },
      { ...packet, destination: 99 },
    ].map(build);
    const view = exact(new Uint8Array(others.flatMap((bytes) => [...bytes])));
    const size = others[0]!.length;
    strictEqual(
      others.map((_, i) => sameHosts(view, 0, i * size)).join(),
      "true,true,false,false",
    );
  }
});
