/**
 * rtnetlink: what it does is what `ip` shows, and its errors are the kernel's.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { addAddress, addresses, deleteAddress } from "../../ffi/address.ts";
import {
  deleteLink,
  linkByIndex,
  linkByName,
  links,
  setLink,
} from "../../ffi/link.ts";
import { Poll } from "../../ffi/poll.ts";
import {
  addRoute,
  defaultRoutes,
  deleteRoute,
  routes,
  routeTo,
} from "../../ffi/route.ts";
import { RouteMonitor } from "../../ffi/route_monitor.ts";
import {
  addRule,
  deleteRule,
  listRules,
  type Rule,
  rules,
} from "../../ffi/rule.ts";
import { namespaceTest, sh, tryShell } from "./namespace.ts";

const FILE = import.meta.url;
const v4 = (text: string) => new Uint8Array(text.split(".").map(Number));
/** fd00::N */
const v6 = (last: number) =>
  new Uint8Array([0xfd, ...new Uint8Array(14), last]);

/** A dummy-like device that Debian's kernels all have: one end of a veth pair. */
function veth(name: string): number {
  sh(
    `ip link add ${name} type veth peer name ${name}p && ip link set ${name}p up`,
  );
  return linkByName(name)!.index;
}

namespaceTest(
  "links(), linkByName() and linkByIndex() show what ip shows",
  FILE,
  () => {
    const index = veth("ck0");
    const shown = sh("ip -o link").trim().split("\n").map((line) =>
      line.split(/:\s+|@/)[1]
    );
    deepStrictEqual(links().map(({ name }) => name), shown);
    const link = linkByName("ck0")!;
    deepStrictEqual(linkByIndex(index), link);
    deepStrictEqual([link.mtu, link.up, link.loopback, link.kind], [
      1500,
      false,
      false,
      "veth",
    ]);
    deepStrictEqual([linkByName("lo")!.loopback, linkByName("lo")!.kind], [
      true,
      undefined,
    ]);
    strictEqual(linkByName("nothing"), undefined);
    strictEqual(linkByIndex(4711), undefined);
  },
);

namespaceTest(
  "setLink() sets MTU and up, and gives no link-local address if told so",
  FILE,
  () => {
    const index = veth("ck0");
    setLink(index, { addressGenerationNone: true });
    setLink(index, { mtu: 1420, up: true });
    ok(/mtu 1420.*\bUP\b|\bUP\b.*mtu 1420/.test(sh("ip -o link show ck0")));
    strictEqual(sh("ip -o -6 address show dev ck0"), "");
    setLink(index, { up: false });
    deepStrictEqual([linkByName("ck0")!.up, linkByName("ck0")!.mtu], [
      false,
      1420,
    ]);
    setLink(linkByName("ck0p")!.index, { up: false });
    setLink(linkByName("ck0p")!.index, { up: true }); // without the mode it has one
    setLink(index, { up: true });
    ok(
      addresses(6, linkByName("ck0p")!.index).some(({ address }) =>
        address[0] === 0xfe
      ),
    );
    deleteLink(index);
    strictEqual(linkByName("ck0"), undefined);
  },
);

namespaceTest(
  "addAddress() and deleteAddress() do what ip address does",
  FILE,
  () => {
    const index = veth("ck0"), twin = veth("ck1");
    setLink(index, { addressGenerationNone: true, up: true });
    setLink(twin, { addressGenerationNone: true, up: true });
    addAddress(index, v4("10.0.0.2"), 32);
    addAddress(index, v4("10.1.0.2"), 24);
    addAddress(index, v6(2), 64);
    const ours = sh("ip -o address show dev ck0").replaceAll("ck0", "ck1")
      .replace(/^\d+/gm, "");
    sh(
      "ip -4 address add 10.0.0.2/32 dev ck1 && ip -4 address add 10.1.0.2/24 dev ck1 && ip -6 address add fd00::2/64 dev ck1",
    );
    const theirs = sh("ip -o address show dev ck1").replace(/^\d+/gm, "");
    strictEqual(
      ours.replaceAll(" tentative", ""),
      theirs.replaceAll(" tentative", ""),
    );
    deepStrictEqual(
      addresses(undefined, index).map((
        { address, prefixLength },
      ) => [[...address], prefixLength]),
      [[[10, 0, 0, 2], 32], [[10, 1, 0, 2], 24], [[...v6(2)], 64]],
    );
    strictEqual(addresses(4, index).length, 2);
    strictEqual(addresses(6, 4711).length, 0);
    deleteAddress(index, v4("10.1.0.2"), 24);
    deleteAddress(index, v6(2), 64);
    deepStrictEqual(
      addresses(undefined, index).map(({ address }) => [...address]),
      [[10, 0, 0, 2]],
    );
  },
);

namespaceTest(
  "What fails says the kernel's sentence, as ip says it",
  FILE,
  () => {
    const index = veth("ck0");
    setLink(index, { up: true });
    addAddress(index, v4("10.1.0.2"), 24);
    addRoute({ index, destination: v4("10.2.0.0"), length: 16 });
    const cases: [() => void, string, string, string][] = [
      [
        () => addAddress(index, v4("10.1.0.2"), 24),
        "ip address add 10.1.0.2/24 dev ck0",
        "RTM_NEWADDR",
        "EEXIST",
      ],
      [
        () => setLink(index, { mtu: 20 }),
        "ip link set ck0 mtu 20",
        "RTM_SETLINK",
        "EINVAL",
      ],
      [
        () => addRoute({ index, destination: v4("10.2.0.0"), length: 16 }),
        "ip route add 10.2.0.0/16 dev ck0",
        "RTM_NEWROUTE",
        "EEXIST",
      ],
      [
        () => deleteRoute({ index, destination: v4("10.3.0.0"), length: 16 }),
        "ip route del 10.3.0.0/16 dev ck0",
        "RTM_DELROUTE",
        "ESRCH",
      ],
      [
        () => deleteAddress(index, v4("10.1.0.9"), 24),
        "ip address del 10.1.0.9/24 dev ck0",
        "RTM_DELADDR",
        "EADDRNOTAVAIL",
      ],
      [() => deleteLink(4711), "ip link del nothing", "RTM_DELLINK", "ENODEV"],
    ];
    for (const [change, command, call, code] of cases) {
      throws(change, { name: "SystemError", call, code });
      const sentence = tryShell(command).stderr.match(/Error: (.*)\.\n/)?.[1];
      if (sentence === undefined) continue; // ip has only the number to tell
      throws(change, (error: Error) => error.message.endsWith(`(${sentence})`));
    }
  },
);

namespaceTest(
  "addRoute() and deleteRoute() do what ip route does",
  FILE,
  () => {
    const index = veth("ck0"), twin = veth("ck1");
    setLink(index, { addressGenerationNone: true, up: true });
    setLink(twin, { addressGenerationNone: true, up: true });
    const all = () =>
      sh("ip route show table all; ip -6 route show table all").split("\n")
        .sort();
    const before = all();
    const ours = [
      { index, destination: v4("10.2.0.0"), length: 16 },
      { index, destination: v4("10.3.0.1"), length: 32, table: 200 },
      { index, destination: v4("0.0.0.0"), length: 0, table: 51820 },
      { index, destination: v6(0), length: 64 },
      { index, destination: new Uint8Array(16), length: 0, table: 51820 },
    ];
    for (const route of ours) addRoute(route);
    const added = all().filter((line) => !before.includes(line));
    deepStrictEqual(
      routes({ index, family: 4 }).filter(({ protocol }) => protocol === 3)
        .map((
          { destination, length, table },
        ) => [destination.join("."), length, table]).sort(),
      [["0.0.0.0", 0, 51820], ["10.2.0.0", 16, 254], ["10.3.0.1", 32, 200]],
    );
    strictEqual(routes({ table: 51820 }).length, 2);
    deepStrictEqual(routes({ table: 4711 }), []);
    for (const route of ours) deleteRoute(route);
    deepStrictEqual(all(), before);
    sh(
      "ip -4 route add 10.2.0.0/16 dev ck1; ip -4 route add 10.3.0.1/32 dev ck1 table 200; ip -4 route add default dev ck1 table 51820",
    );
    sh(
      "ip -6 route add fd00::/64 dev ck1; ip -6 route add default dev ck1 table 51820",
    );
    const theirs = all().filter((line) => !before.includes(line));
    deepStrictEqual(added, theirs.map((line) => line.replace("ck1", "ck0")));
  },
);

namespaceTest(
  "routeTo() and defaultRoutes() find the way, its gateway, source and MTU",
  FILE,
  () => {
    const index = veth("ck0"), second = veth("ck1");
    sh(
      "ip address add 10.1.0.2/24 dev ck0; ip link set ck0 up; ip address add 10.5.0.2/24 dev ck1; ip link set ck1 up",
    );
    deepStrictEqual(defaultRoutes(), []);
    strictEqual(routeTo(v4("8.8.8.8")), undefined);
    sh(
      "ip route add default via 10.1.0.1 mtu 1400; ip route add unreachable 10.66.0.0/16; ip route add prohibit 10.67.0.0/16; ip route add blackhole 10.68.0.0/16",
    );
    sh("ip route add 10.7.0.0/16 nexthop via 10.1.0.3 nexthop via 10.5.0.3");
    sh(
      "ip route add default via 10.5.0.1 table 99; ip rule add fwmark 7 lookup 99",
    );
    const way = routeTo(v4("8.8.8.8"))!;
    deepStrictEqual(
      [
        way.interfaceIndex,
        [...way.gateway!],
        [...way.source!],
        way.mtu,
        way.type,
        way.table,
      ],
      [index, [10, 1, 0, 1], [10, 1, 0, 2], 1400, 1, 254],
    );
    const marked = routeTo(v4("8.8.8.8"), 7)!;
    deepStrictEqual([marked.interfaceIndex, marked.mtu, marked.table], [
      second,
      undefined,
      99,
    ]);
    for (const no of ["10.66.0.1", "10.67.0.1", "10.68.0.1"]) {
      strictEqual(
        routeTo(v4(no)),
        undefined,
      );
    }
    strictEqual(routeTo(v4("10.1.0.2"))!.type, 2);
    const [only, ...more] = defaultRoutes();
    deepStrictEqual([[...only!.gateway!], only!.mtu, more], [
      [10, 1, 0, 1],
      1400,
      [],
    ]);
    const ways = routes({ family: 4, table: 254 }).filter(({ destination }) =>
      destination[1] === 7
    );
    deepStrictEqual(
      ways.map((
        { interfaceIndex, gateway },
      ) => [interfaceIndex, gateway!.join(".")]),
      [[index, "10.1.0.3"], [second, "10.5.0.3"]],
    );
  },
);

/** fdNN::LAST, as text of one digit. */
function sixteen(text: string): Uint8Array {
  const [, network, last] = /^fd0(.)::(.)$/.exec(text)!;
  return Uint8Array.of(
    0xfd,
    Number(network),
    ...new Array(13).fill(0),
    Number(last),
  );
}

namespaceTest(
  "routeTo() and addresses() find the way over IPv6, and what an address is good for",
  FILE,
  () => {
    const index = veth("ck0");
    sh(
      "ip link set ck0 addrgenmode none up; ip -6 address add fd01::2/64 dev ck0 nodad; ip -6 address add fd01::3/64 dev ck0 nodad preferred_lft 0; ip -6 route add fd02::/64 via fd01::1 mtu 1300; ip -6 route add unreachable fd03::/64",
    );
    const way = routeTo(sixteen("fd02::9"))!;
    deepStrictEqual(
      [way.interfaceIndex, way.gateway, way.source, way.mtu],
      [index, sixteen("fd01::1"), sixteen("fd01::2"), 1300],
    );
    strictEqual(routeTo(sixteen("fd03::9")), undefined);
    deepStrictEqual(
      addresses(6, index).map(({ address, state }) => [address[15], state])
        .sort(),
      [[2, "preferred"], [3, "deprecated"]],
    );
  },
);

namespaceTest(
  "addRule() and deleteRule() do what ip rule does for a full tunnel",
  FILE,
  () => {
    const show = () => sh("ip -d rule; ip -d -6 rule");
    const before = show();
    const ours: Rule[] = ([4, 6] as const).flatMap((family) => [
      { family, table: 51820, mark: 51820, invert: true },
      { family, table: 254, suppressPrefixLength: 0 },
    ]);
    ours.forEach(addRule);
    const shown = show();
    const listed = rules(6).map(({ priority: _, ...rule }) => rule);
    for (const rule of ours.slice(2)) {
      ok(
        listed.some((one) => JSON.stringify(one) === JSON.stringify(rule)),
      );
    }
    ours.forEach(deleteRule);
    strictEqual(show(), before);
    for (const family of ["-4", "-6"]) {
      sh(
        `ip ${family} rule add not fwmark 51820 table 51820; ip ${family} rule add table main suppress_prefixlength 0`,
      );
    }
    strictEqual(shown, show());
    strictEqual(listRules(4).nextPriority, 32763);
    throws(() => deleteRule({ family: 4, table: 4711 }), {
      call: "RTM_DELRULE",
      code: "ENOENT",
    });
  },
);

namespaceTest(
  "routes() lists 5,000 of them, and deletes in between lose none",
  FILE,
  () => {
    const index = veth("ck0");
    setLink(index, { up: true });
    const started = performance.now();
    for (let i = 0; i < 5000; i++) {
      addRoute({
        index,
        destination: new Uint8Array([10, i >> 8, i & 255, 0]),
        length: 24,
      });
    }
    strictEqual(
      routes({ index, table: 254 }).filter(({ length }) => length === 24)
        .length,
      5000,
    );
    ok(performance.now() - started < 10_000);
  },
);

namespaceTest(
  "RouteMonitor sees links, addresses and routes change, and says when it lost some",
  FILE,
  async () => {
    using monitor = new RouteMonitor();
    const poll = new Poll();
    poll.add(monitor.fd);
    const quiet = { links: [], addresses: false, routes: false, lost: false };
    deepStrictEqual(monitor.drain(), quiet);
    const index = veth("ck0");
    strictEqual(await poll.wait(1000), 1);
    ok(
      monitor.drain().links.some(({ name, up, deleted }) =>
        name === "ck0" && !up && !deleted
      ),
    );
    setLink(index, { up: true, addressGenerationNone: true });
    ok(monitor.drain().links.some(({ name, up }) => name === "ck0" && up));
    addAddress(index, v4("10.1.0.2"), 32);
    strictEqual(monitor.drain().addresses, true);
    monitor.drain();
    addRoute({ index, destination: v4("10.2.0.0"), length: 16 });
    const { routes: changed, addresses: other } = monitor.drain();
    deepStrictEqual([changed, other], [true, false]);
    for (let i = 0; i < 5000; i++) {
      addRoute({
        index,
        destination: new Uint8Array([10, i >> 8, i & 255, 128]),
        length: 25,
      });
    }
    deepStrictEqual(((c) => [c.lost, c.addresses, c.routes])(monitor.drain()), [
      true,
      true,
      true,
    ]);
    deepStrictEqual(monitor.drain(), quiet);
    deleteLink(index);
    ok(
      monitor.drain().links.some(({ name, deleted }) =>
        name === "ck0" && deleted
      ),
    );
  },
);
