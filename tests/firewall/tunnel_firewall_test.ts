/**
 * The tables around a tunnel: the same as stock wg-quick makes, and what they
 * do to real packets.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert";
import { createSocket } from "node:dgram";
import { addresses } from "../../ffi/address.ts";
import { linkByName } from "../../ffi/link.ts";
import { chains, rules, tables } from "../../ffi/nf_tables.ts";
import {
  addSegmentClamp,
  addTunnelRules,
  removeSegmentClamp,
  removeTunnelRules,
} from "../../src/firewall/tunnel_firewall.ts";
import { namespaceTest, sh } from "../ffi/namespace.ts";
import {
  ACK,
  checkSound,
  type Packet,
  parse,
  RST,
  SYN,
  tcp4,
  tcp6,
  udp4,
} from "../offload/packets.ts";
import { host, Outside } from "./outside.ts";
import { stock, stockHost, writeConfig } from "./stock.ts";

const FILE = import.meta.url;
const MARK = 51820;

const TUNNELS = [
  {
    of: "both families",
    families: [4, 6] as const,
    mark: 51820,
    text: "Address = 10.9.0.1/24, 10.8.0.1, fd00::1/64",
    allowed: "0.0.0.0/0, ::/0",
  },
  {
    of: "IPv4 alone, with a mark of its own",
    families: [4] as const,
    mark: 0xfedc1234,
    text: "Address = 10.9.0.1/24, fd00::1/64\nFwMark = 0xfedc1234",
    allowed: "0.0.0.0/0, fd01::/64",
  },
  {
    of: "IPv6 without an address of its own",
    families: [6] as const,
    mark: 51820,
    text: "Address = 10.9.0.1/24",
    allowed: "::/0",
  },
];

/** Everything that the kernel says of the rules, handles apart. */
function everything() {
  return {
    tables: tables().map(({ family, name, flags, use }) => ({
      family,
      name,
      flags,
      use,
    })),
    chains: chains().map((chain) => ({ ...chain, handle: 0n })),
    rules: rules().map((rule) => ({ ...rule, handle: 0n })),
  };
}

namespaceTest(
  "addTunnelRules() makes byte by byte what stock wg-quick makes",
  FILE,
  () => {
    stockHost("nft");
    for (const { of, families, mark, text, allowed } of TUNNELS) {
      const file = writeConfig(text, allowed);
      stock("up", file);
      const expected = everything(), listed = sh("nft list ruleset");
      const own = addresses(undefined, linkByName("wgq0")!.index)
        .map(({ address }) => address);
      stock("down", file);
      strictEqual(sh("nft list ruleset"), "", of);
      addTunnelRules("wgq0", { families, addresses: own, mark });
      deepStrictEqual(everything(), expected, of);
      strictEqual(sh("nft list ruleset"), listed, of);
      ok(listed.includes("fib saddr type != local drop") || families[0] === 6);
      strictEqual(removeTunnelRules("wgq0"), true);
      strictEqual(sh("nft list ruleset"), "", of);
    }
  },
);

namespaceTest(
  "removeTunnelRules() removes the rules that stock wg-quick makes where there is no nft",
  FILE,
  () => {
    stockHost("iptables");
    const save = () =>
      sh("iptables-save; ip6tables-save").replaceAll(/^#.*\n/gm, "");
    for (const iptables of ["iptables", "ip6tables"]) {
      sh(
        `${iptables} -t raw -A PREROUTING -i wgq01 -m comment --comment "wg-quick(8) rule for wgq01" -j DROP`,
      );
      sh(`${iptables} -t mangle -N OWN`);
    }
    const before = save();
    const file = writeConfig(
      "Address = 10.9.0.1/24, fd00::1/64",
      "0.0.0.0/0, ::/0",
    );
    stock("up", file);
    const made = save().split("\n").filter((line) =>
      line.includes('for wgq0"')
    );
    ok(made.length >= 6, save());
    strictEqual(removeTunnelRules("wgq0"), true);
    strictEqual(save(), before);
    strictEqual(removeTunnelRules("wgq0"), false);
    sh("ip link delete wgq0");
  },
);

namespaceTest(
  "addTunnelRules() takes every name that an interface of wg-quick may have",
  FILE,
  () => {
    const names = ["a", "wg0.10", "a=b+c._-9", "123456789012345", "wg+", "-x"];
    for (const name of names) {
      const wanted = {
        families: [4, 6] as const,
        addresses: [host(4, 1)],
        mark: 1,
      };
      addTunnelRules(name, wanted);
      addSegmentClamp(name);
      deepStrictEqual(tables().map((table) => table.name), [
        `wg-quick-${name}`,
        `wg-quick-${name}`,
        `caktus-${name}`,
      ]);
      ok(sh("nft list ruleset").includes(`iifname != "${name}" ip daddr`));
      strictEqual(removeTunnelRules(name), true);
      strictEqual(removeSegmentClamp(name), true);
      deepStrictEqual(tables(), []);
    }
  },
);

namespaceTest(
  "removeTunnelRules() removes what bears the tunnel's name, in all families, and nothing else",
  FILE,
  () => {
    const others = [
      "table ip wg-quick-wg01",
      "table ip6 other",
      "table inet caktus-wg0",
    ];
    others.forEach((table) => sh(`nft add ${table}`));
    const before = sh("nft list ruleset");
    strictEqual(removeTunnelRules("wg0"), false);
    const rules = { families: [4, 6] as const, addresses: [], mark: MARK };
    addTunnelRules("wg0", rules);
    sh("nft add table inet wg-quick-wg0"); // as stock's script would remove it too
    strictEqual(removeTunnelRules("wg0"), true);
    strictEqual(removeTunnelRules("wg0"), false);
    strictEqual(sh("nft list ruleset"), before);
  },
);

namespaceTest(
  "addTunnelRules() replaces what a killed tunnel of the name left, and changes nothing where it fails",
  FILE,
  () => {
    const families = [4, 6] as const;
    addTunnelRules("wg0", {
      families,
      addresses: [host(4, 7)],
      mark: 1,
    });
    const rules = { families, addresses: [host(4, 1), host(6, 1)], mark: MARK };
    addTunnelRules("wg0", rules);
    const listed = sh("nft list ruleset");
    removeTunnelRules("wg0");
    addTunnelRules("wg0", rules);
    strictEqual(sh("nft list ruleset"), listed);
    ok(!listed.includes("10.9.0.7"));
    addSegmentClamp("wg0");
    addSegmentClamp("wg0");
    strictEqual(rulesOf("inet").length, 2);
    strictEqual(removeSegmentClamp("wg0"), true);
    strictEqual(removeSegmentClamp("wg0"), false);
    strictEqual(sh("nft list ruleset"), listed);
  },
);

const rulesOf = (family: "inet" | "ip") =>
  rules(family).map(({ expressions }) => expressions);

namespaceTest(
  "addTunnelRules(): a packet for the tunnel's address passes from the tunnel and the machine alone",
  FILE,
  async () => {
    using tunnel = Outside.open("wg0", 1420, 1, 3);
    using uplink = Outside.open("out0", 1500, 9, 2);
    /** Who answers to a SYN for the tunnel's address and to a later one for the uplink's. */
    const knock = async (
      packet: typeof tcp4,
      way: Outside,
      from: number,
      answers: number,
    ) => {
      const from1 = packet({ flags: SYN, source: from, destination: 1 });
      const from9 = { ...from1, destination: 9 };
      way.send(from1);
      way.send(from9);
      const packets = await way.received(answers);
      return packets.map(parse).map(({ source }) => source);
    };
    for (const packet of [tcp4, tcp6]) {
      deepStrictEqual(await knock(packet, uplink, 2, 2), [1, 9]); // a closed port answers
    }
    addTunnelRules("wg0", {
      families: [4, 6],
      addresses: [host(4, 1), host(6, 1)],
      mark: MARK,
    });
    for (const packet of [tcp4, tcp6]) {
      deepStrictEqual(await knock(packet, uplink, 2, 1), [9]);
      deepStrictEqual(await knock(packet, tunnel, 3, 2), [1, 9]);
    }
    const local = Deno.connect({ hostname: "10.9.0.1", port: 9 });
    await rejects(local, Deno.errors.ConnectionRefused);
    removeTunnelRules("wg0");
    deepStrictEqual(await knock(tcp4, uplink, 2, 2), [1, 9]);
  },
);

namespaceTest(
  "addTunnelRules(): an answer to the tunnel's own datagram gets its mark, no other packet does",
  FILE,
  async () => {
    using uplink = Outside.open("out0", 1500, 9, 2);
    sh(`nft 'table ip probe {
      chain own { type route hook output priority 0; udp dport 7 meta mark set ${MARK}; }
      chain seen { type filter hook prerouting priority 0; meta mark ${MARK} counter; }
    }'`);
    const marked = () => {
      const counter = rules("ip", "probe", "seen")[0]!.expressions.at(-1);
      return counter?.name === "counter" ? counter.packets : undefined;
    };
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(5_000, resolve));
    const arrival = async (packet: Packet) => {
      const arrived = new Promise((resolve) => socket.once("message", resolve));
      uplink.send(packet);
      await arrived;
    };
    /** Says something to a port of the peer, which answers. */
    const talk = async (port: number) => {
      socket.send("x", port, "10.9.0.2");
      await arrival(back(parse((await uplink.received(1))[0]!)));
      return marked();
    };
    strictEqual(await talk(7), 0n); // without the rules
    addTunnelRules("wg0", {
      families: [4],
      addresses: [host(4, 1)],
      mark: MARK,
    });
    strictEqual(await talk(7), 1n);
    strictEqual(await talk(8), 1n); // not the tunnel's
    const stranger = { sourcePort: 70, destinationPort: 5_000 };
    await arrival(udp4({ source: 2, destination: 9, ...stranger }));
    strictEqual(marked(), 1n);
    await new Promise<void>((resolve) => socket.close(resolve));
  },
);

function back(packet: Packet): Packet {
  return {
    ...packet,
    source: packet.destination,
    destination: packet.source,
    sourcePort: packet.destinationPort,
    destinationPort: packet.sourcePort,
  };
}

const segmentSize = (size: number) => [2, 4, size >> 8, size & 255];

namespaceTest(
  "addSegmentClamp() lowers the segment size of forwarded SYNs to what the tunnel carries",
  FILE,
  async () => {
    using tunnel = Outside.open("wg0", 1420, 1, 3);
    using uplink = Outside.open("out0", 1500, 9, 2);
    using beside = Outside.open("out1", 1500, 8, 4);
    sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    /** The size that a segment from `from` announces when it comes out at `to`. */
    const announced = async (
      packet: typeof tcp4,
      from: readonly [Outside, number],
      to: readonly [Outside, number],
      size: number,
      flags = SYN,
    ) => {
      const [source, destination] = [from[1], to[1]];
      const tcpOptions = segmentSize(size);
      from[0].send(packet({ source, destination, flags, tcpOptions }));
      const bytes = await to[0].received(1);
      strictEqual(bytes.length, 1);
      checkSound(bytes[0]!);
      const { tcpOptions: now } = parse(bytes[0]!);
      deepStrictEqual(now.slice(0, 2), [2, 4]);
      return now[2]! * 256 + now[3]!;
    };
    const a = [uplink, 2] as const, b = [tunnel, 3] as const;
    const c = [beside, 4] as const;
    strictEqual(await announced(tcp4, a, b, 1460), 1460);
    addSegmentClamp("wg0");
    for (const [packet, most] of [[tcp4, 1380], [tcp6, 1360]] as const) {
      strictEqual(await announced(packet, a, b, 1460), most);
      strictEqual(await announced(packet, b, a, 1460), most);
      strictEqual(await announced(packet, a, b, 1460, SYN | ACK), most);
      strictEqual(await announced(packet, b, a, 1460, SYN | ACK), most);
      strictEqual(await announced(packet, a, b, 1200), 1200); // never raised
      strictEqual(await announced(packet, a, b, 1460, ACK), 1460); // no SYN
      strictEqual(await announced(packet, a, b, 1460, SYN | RST), 1460);
      strictEqual(await announced(packet, a, c, 1460), 1460); // past the tunnel
    }
    const listed = sh("nft list ruleset");
    const words = "tcp option maxseg size set rt mtu";
    strictEqual(listed.split(words).length, 3, listed);
    removeSegmentClamp("wg0");
    strictEqual(await announced(tcp4, a, b, 1460), 1460);
  },
);
