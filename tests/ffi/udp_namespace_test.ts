/**
 * Sockets on a machine that lacks something: a family, an MTU, an uplink.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { addAddress, deleteAddress } from "../../ffi/address.ts";
import { EAFNOSUPPORT } from "../../ffi/errno.ts";
import { setLink } from "../../ffi/link.ts";
import { Struct } from "../../ffi/memory.ts";
import { routeTo } from "../../ffi/route.ts";
import { Tun } from "../../ffi/tun.ts";
import { openPair, UdpSocket } from "../../ffi/udp.ts";
import { at, End, LOOPBACK_V4 } from "./datagrams.ts";
import { namespaceTest, sh } from "./namespace.ts";
import { refuseSockets } from "./refuse_sockets.ts";

const FILE = import.meta.url;
const HEADER = 10;

for (const [family, number] of [[6, 10], [4, 2]] as const) {
  namespaceTest(
    `openPair() does without IPv${family} where the machine has none`,
    FILE,
    () => {
      refuseSockets(0, number, EAFNOSUPPORT);
      throws(() => UdpSocket.open(family, 0, 0), {
        call: "socket",
        code: "EAFNOSUPPORT",
      });
      const pair = openPair(0, 0);
      ok(pair.port > 0);
      strictEqual(pair[`v${family}`], undefined);
      strictEqual((pair.v4 ?? pair.v6)!.port, pair.port);
    },
  );
}

namespaceTest("openPair() works where IPv6 is switched off", FILE, () => {
  sh(
    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1",
  );
  const pair = openPair(0, 0);
  ok(pair.v4);
});

namespaceTest(
  "openPair() finds a port for both families among few that are free",
  FILE,
  () => {
    sh("sysctl -qw net.ipv4.ip_local_port_range='50000 50019'");
    const taken = Array.from(
      { length: 14 },
      (_, i) => UdpSocket.open(6, 50_000 + i, 0),
    );
    const pair = openPair(0, 0);
    ok(pair.port >= 50_014 && pair.port <= 50_019);
    strictEqual(pair.v6?.port, pair.v4?.port);
    taken.push(
      ...Array.from({ length: 5 }, (_, i) => i + 50_014)
        .filter((port) => port !== pair.port).map((port) =>
          UdpSocket.open(6, port, 0)
        ),
    );
    throws(() => {
      for (let i = 0; i < 3; i++) {
        openPair(0, 0); // the last port goes, then none is left
      }
    }, { call: "bind", code: "EADDRINUSE" });
  },
);

namespaceTest("UdpSocket marks what it sends", FILE, () => {
  sh("ip rule add fwmark 51820 blackhole priority 1");
  sh("ip rule del priority 0 && ip rule add priority 2 lookup local");
  using left = new End();
  left.sender.add(0, 9, 0, at(left, 4));
  left.sender.flush();
  deepStrictEqual(left.errors, []);
  left.sockets.v4!.setMark(51820);
  left.sender.add(0, 9, 0, at(left, 4));
  left.sender.flush();
  deepStrictEqual(left.errors, [{ errno: 22, datagrams: 1 }]); // what a blackhole says
  left.sockets.v4!.setMark(0);
  left.sender.add(0, 9, 0, at(left, 4));
  left.sender.flush();
  strictEqual(left.errors.length, 1);
  const marked = UdpSocket.open(4, 0, 51820);
  left.sender.setSockets({ v4: marked.fd });
  left.sender.add(0, 9, 0, at(left, 4));
  left.sender.flush();
  strictEqual(left.errors.length, 2);
});

/** IP packets that wait in the TUN device: total lengths as the IPv4 header tells. */
function waiting(
  tun: Tun,
): { length: number; fragment: boolean; dontFragment: boolean }[] {
  const packet = new Struct(70_000), found = [];
  while (tun.read(packet.address, 70_000) > 0) {
    if (packet.bytes[HEADER]! >> 4 !== 4) continue;
    const flags = packet.view.getUint16(HEADER + 6);
    found.push({
      length: packet.view.getUint16(HEADER + 2),
      fragment: (flags & 0x3fff) !== 0,
      dontFragment: (flags & 0x4000) !== 0,
    });
  }
  return found;
}

namespaceTest(
  "Sender sends a train's datagrams alone where the route's MTU is smaller, and remembers it",
  FILE,
  () => {
    const tun = Tun.open("ckudp0");
    setLink(tun.index, { addressGenerationNone: true });
    setLink(tun.index, { up: true });
    addAddress(tun.index, new Uint8Array([10, 9, 0, 1]), 24);
    sh("ip route add 10.50.0.0/24 dev ckudp0 mtu 1000");
    strictEqual(routeTo(new Uint8Array([10, 50, 0, 9]))!.mtu, 1000);
    using end = new End();
    const narrow = {
      address: new Uint8Array([10, 50, 0, 9]),
      port: 9,
      scope: 0,
    };
    const wide = { ...narrow, address: new Uint8Array([10, 9, 0, 9]) };
    for (let round = 0; round < 3; round++) {
      end.sender.add(0, 5 * 1452, 1452, narrow);
      end.sender.add(0, 5 * 1452, 1452, wide);
      end.sender.add(0, 100, 0, narrow);
      end.sender.flush();
      const packets = waiting(tun);
      // 1452 + 28 in fragments of at most 1000, five times
      strictEqual(packets.filter(({ fragment }) => fragment).length, 10);
      deepStrictEqual(
        packets.filter(({ fragment }) => !fragment).map(({ length }) => length)
          .sort(),
        tun.udpOffload
          ? [5 * 1452 + 28, 128].sort()
          : [...new Array(5).fill(1480), 128].sort(),
      );
      ok(packets.every(({ dontFragment }) => !dontFragment));
    }
    deepStrictEqual([end.errors, end.gone], [[], []]);
    deepStrictEqual(end.narrow, [narrow]);
    // the path grew: trains go again once told
    sh("ip route change 10.50.0.0/24 dev ckudp0 mtu 1500");
    end.sender.add(0, 2 * 1452, 1452, narrow);
    end.sender.flush();
    strictEqual(waiting(tun).length, 2);
    end.sender.forgetPaths();
    end.sender.add(0, 2 * 1452, 1452, narrow);
    end.sender.flush();
    strictEqual(waiting(tun).length, tun.udpOffload ? 1 : 2);
  },
);

namespaceTest(
  "Sender survives the uplink going, coming back, and coming with another address",
  FILE,
  () => {
    const tun = Tun.open("ckudp0");
    const first = new Uint8Array([10, 9, 0, 1]),
      second = new Uint8Array([10, 9, 0, 2]);
    setLink(tun.index, { up: true });
    addAddress(tun.index, first, 24);
    using end = new End();
    const to = {
      address: new Uint8Array([10, 9, 0, 9]),
      port: 9,
      scope: 0,
      source: first,
    };
    const send = () => {
      end.sender.add(0, 100, 0, to);
      end.sender.add(0, 200, 50, to);
      end.sender.flush();
    };
    const packets = () => waiting(tun).length;
    send();
    const all = packets();
    ok(all > 0);
    setLink(tun.index, { up: false }); // the route goes, the address stays
    send();
    strictEqual(packets(), 0);
    deepStrictEqual(end.errors.map(({ datagrams }) => datagrams), [1, 4]);
    deepStrictEqual(end.gone, []); // the source is not to blame
    setLink(tun.index, { up: true });
    send();
    strictEqual(packets(), all);
    addAddress(tun.index, second, 24);
    deleteAddress(tun.index, first, 24);
    sh(
      "ip address show dev ckudp0 | grep -q 10.9.0.2 || ip address add 10.9.0.2/24 dev ckudp0",
    );
    send();
    ok(packets() >= 2);
    strictEqual(end.gone[0], to);
    strictEqual(end.errors.length, 2);
  },
);

namespaceTest(
  "Sender and Receiver keep to a link-local address and its interface",
  FILE,
  async () => {
    sh(
      "ip link add ck0 type veth peer name ck1 && ip link set ck0 up && ip link set ck1 up && ip -6 address add fe80::a/64 dev ck0 nodad && ip -6 address add fe80::b/64 dev ck1 nodad",
    );
    using left = new End(), right = new End();
    const index = Number(sh("cat /sys/class/net/ck0/ifindex"));
    const peer = new Uint8Array([0xfe, 0x80, ...new Uint8Array(13), 0xb]);
    const own = new Uint8Array([0xfe, 0x80, ...new Uint8Array(13), 0xa]);
    left.sender.add(0, 30, 0, {
      address: peer,
      port: right.port,
      scope: index,
      source: own,
    });
    left.sender.flush();
    const [message] = await right.receive(6, 1);
    deepStrictEqual(message!.from, {
      address: own,
      port: left.port,
      scope: Number(sh("cat /sys/class/net/ck1/ifindex")),
      source: peer,
    });
    right.sender.add(0, 7, 0, message!.from);
    right.sender.flush();
    const [answer] = await left.receive(6, 1);
    deepStrictEqual([answer!.bytes.length, answer!.from.address], [7, peer]);
    deepStrictEqual([left.errors, right.errors], [[], []]);
  },
);

namespaceTest(
  "Receiver tells the address that was asked, of several",
  FILE,
  async () => {
    sh(
      "ip address add 10.8.0.1/32 dev lo; ip address add 10.8.0.2/32 dev lo; ip -6 address add fd00::1/128 dev lo nodad; ip -6 address add fd00::2/128 dev lo nodad",
    );
    using left = new End(), right = new End();
    const asked = [
      new Uint8Array([10, 8, 0, 2]),
      new Uint8Array([0xfd, ...new Uint8Array(14), 2]),
    ];
    for (const address of asked) {
      left.sender.add(0, 10, 0, { address, port: right.port, scope: 0 });
    }
    left.sender.flush();
    const messages = [
      ...await right.receive(4, 1),
      ...await right.receive(6, 1),
    ];
    deepStrictEqual(messages.map(({ from }) => from.source), asked);
    for (const { from } of messages) right.sender.add(0, 10, 0, from);
    right.sender.flush();
    const answers = [...await left.receive(4, 1), ...await left.receive(6, 1)];
    deepStrictEqual(answers.map(({ from }) => from.address), asked);
    strictEqual(LOOPBACK_V4.length, 4);
  },
);

namespaceTest(
  "Sender gives a full queue a few milliseconds, then loses the rest and says so",
  FILE,
  async () => {
    // What waits for a neighbour that never answers fills the socket's queue.
    sh(
      "ip link add ck0 type veth peer name ck1 && ip link set ck0 up && ip address add 10.8.0.1/24 dev ck0",
    );
    sh("sysctl -qw net.ipv4.neigh.ck0.unres_qlen_bytes=100000000");
    sh("ip link set ck1 up && ip link set ck1 arp off");
    using end = new End();
    const silent = {
      address: new Uint8Array([10, 8, 0, 9]),
      port: 9,
      scope: 0,
    };
    for (let i = 0; i < 600; i++) end.sender.add(0, 60_000, 1000, silent);
    const started = performance.now();
    end.sender.flush();
    const [first] = end.errors;
    ok(first, "the queue never filled");
    ok(
      end.errors.every(({ errno, datagrams }) =>
        errno === 11 && datagrams === 60
      ),
    );
    ok(performance.now() - started < 1000, "it waited for each one");
    const lost = end.errors.length;
    sh(
      "ip neigh replace 10.8.0.9 lladdr 02:00:00:00:00:09 nud permanent dev ck0",
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    end.sender.add(0, 60_000, 1000, silent);
    end.sender.flush();
    strictEqual(end.errors.length, lost);
  },
);
