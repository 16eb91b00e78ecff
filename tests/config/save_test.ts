/** `save`: what did not change stays to the byte, and what did is read back as it is. */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import type {
  Config,
  DeviceStatus,
  InterfaceAddress,
  PeerStatus,
} from "../../src/config/config.ts";
import { formatEndpoint, literalEndpoint } from "../../src/config/endpoint.ts";
import {
  formatPrefix,
  parseInterfaceAddress,
} from "../../src/config/prefix.ts";
import type { LiveState } from "../../src/config/live_state.ts";
import { saveConfig } from "../../src/config/save.ts";
import { decodeKey, encodeKey, type PublicKey } from "../../src/noise/keys.ts";
import { deviceStatus } from "./arbitraries.ts";
import {
  INTERFACE,
  PEER,
  PEER_A,
  PEER_B,
  PRESHARED,
  read,
} from "./conf_files.ts";

/** What an interface is that was made of a file; host names lead nowhere. */
function stateOf(text: string): LiveState {
  const config = read(text);
  const owners = new Map(
    config.peers.flatMap(({ publicKey, allowedIps }) =>
      allowedIps.map((prefix) => [formatPrefix(prefix), publicKey])
    ),
  );
  const peers = config.peers.map((peer): PeerStatus => {
    const endpoint = peer.endpoint && literalEndpoint(peer.endpoint);
    return {
      publicKey: peer.publicKey,
      ...peer.presharedKey && { presharedKey: peer.presharedKey },
      ...endpoint && { endpoint },
      persistentKeepaliveSeconds: peer.persistentKeepaliveSeconds ?? 0,
      allowedIps: peer.allowedIps.filter((prefix) =>
        owners.get(formatPrefix(prefix)) === peer.publicKey
      ),
      receivedBytes: 0,
      sentBytes: 0,
      drops: [],
    };
  });
  const { privateKey, listenPort, fwmark, addresses, mtu } = config.interface;
  return {
    device: {
      ...privateKey && { privateKey },
      listenPort: listenPort ?? 0,
      fwmark: fwmark ?? 0,
      peers,
      drops: [],
    },
    addresses,
    mtu: mtu ?? 1420,
    ipv6: true,
  };
}

const save = (text: string, live: LiveState) =>
  saveConfig(text, "wg0.conf", live);

/** Saves after a change of the state; the state is a copy. */
function saved(
  text: string,
  change: (device: DeviceStatus, live: Draft) => void,
): string {
  const live: Draft = { ...stateOf(text) };
  live.device = structuredClone(live.device);
  change(live.device, live);
  return save(text, live);
}

type Draft = { -readonly [K in keyof LiveState]: LiveState[K] };

/** A file as people write them, with everything in it. */
const RICH = `# my laptop
[Interface]
  PrivateKey=${read(INTERFACE) && INTERFACE.split("= ")[1]!.trim()}  # secret
Address = 10.0.0.2/24 , fd00::2/64 # home
address = 10.9.0.2
DNS = 10.0.0.1, home.example
MTU = 1400
Table = auto
SaveConfig = true
PostUp = iptables -A FORWARD -i %i -j ACCEPT; echo '#1'
ListenPort = 51820 # the router lets it through

# the VPS
[Peer]
PublicKey = ${PEER_A}
Endpoint = vpn.example.com:51820 # moves
AllowedIPs = 10.0.0.0/24,fd00::/64
AllowedIPs = 192.168.7.9/24 # behind it
PersistentKeepalive = 25

# ---- friends ----

# Bob
[Peer]
PublicKey = ${PEER_B} # Bob's phone
PresharedKey = ${PRESHARED}
Endpoint = 192.0.2.7:7
AllowedIPs = 10.0.0.7/32, 10.0.0.0/24
# end of Bob
`;

/** The lines that differ, as `-` and `+`. */
function difference(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

Deno.test("saveConfig() leaves a file alone whose interface is as it says", () => {
  for (
    const text of [
      RICH,
      RICH.replaceAll("\n", "\r\n"),
      RICH.trimEnd(),
      INTERFACE,
      `${INTERFACE}${PEER}AllowedIPs=\nPersistentKeepalive=off`,
      `${INTERFACE}MTU =\nAddress =\n${PEER}PresharedKey =\n[Interface]\nFwMark = 0x10\n`,
      `${INTERFACE}${PEER}AllowedIPs = 10.0.0.0/8\n${PEER}AllowedIPs = 10.0.0.0/8, 10.0.0.0/8\n`,
    ]
  ) strictEqual(save(text, stateOf(text)), text);
});

Deno.test("saveConfig() replaces a value and keeps what stands around it", () => {
  deepStrictEqual(
    difference(RICH, saved(RICH, (device) => device.listenPort = 7)),
    [
      "-ListenPort = 51820 # the router lets it through",
      "+ListenPort = 7 # the router lets it through",
    ],
  );
  deepStrictEqual(
    difference(
      RICH,
      saved(RICH, (device, live) => {
        device.fwmark = 0xca6c;
        live.mtu = 1380;
        device.peers[0]!.persistentKeepaliveSeconds = 0;
        delete device.peers[1]!.presharedKey;
      }),
    ),
    [
      "-MTU = 1400",
      "-PersistentKeepalive = 25",
      `-PresharedKey = ${PRESHARED}`,
      "+MTU = 1380",
      "+FwMark = 0xca6c",
      "+PersistentKeepalive = off",
    ],
  );
});

Deno.test("saveConfig() takes away and adds addresses one by one", () => {
  const now = (...texts: string[]): InterfaceAddress[] =>
    texts.map(parseInterfaceAddress);
  const changed = (ipv6: boolean) =>
    difference(
      RICH,
      saved(RICH, (_, live) => {
        live.addresses = now("10.0.0.2/24", "10.8.0.1/16");
        live.ipv6 = ipv6;
      }),
    );
  deepStrictEqual(changed(true), [
    "-Address = 10.0.0.2/24 , fd00::2/64 # home",
    "-address = 10.9.0.2",
    "+Address = 10.0.0.2/24 # home",
    "+Address = 10.8.0.1/16",
  ]);
  // Where the machine has no IPv6, its addresses are not gone: they never came.
  deepStrictEqual(changed(false), [
    "-address = 10.9.0.2",
    "+Address = 10.8.0.1/16",
  ]);
});

Deno.test("saveConfig() keeps a host name whatever address the peer has, and replaces an address", () => {
  const endpoint = {
    address: Uint8Array.of(203, 0, 113, 9),
    port: 9,
    scope: 0,
  };
  const text = saved(RICH, ({ peers }) => {
    for (const peer of peers) peer.endpoint = endpoint;
  });
  deepStrictEqual(difference(RICH, text), [
    "-Endpoint = 192.0.2.7:7",
    "+Endpoint = 203.0.113.9:9",
  ]);
});

Deno.test("saveConfig() removes a peer with the comments around it, and no other", () => {
  const end = RICH.indexOf("\n# Bob");
  // What belonged to Bob, though the VPS names it too, must not fall to the VPS.
  strictEqual(
    saved(RICH, ({ peers }) => peers.pop()),
    RICH.slice(0, end).replace("10.0.0.0/24,fd00::/64", "fd00::/64"),
  );
  const start = RICH.indexOf("# the VPS");
  strictEqual(
    saved(RICH, ({ peers }) => peers.shift()),
    RICH.slice(0, start) + RICH.slice(RICH.indexOf("# ---- friends")),
  );
});

Deno.test("saveConfig() puts a new peer at the end, in the file's own line ends", () => {
  const publicKey = decodeKey(PEER_B) as PublicKey;
  const peer: PeerStatus = {
    ...{ publicKey, persistentKeepaliveSeconds: 0, receivedBytes: 0 },
    ...{ sentBytes: 0, drops: [] },
    allowedIps: [parseInterfaceAddress("10.0.0.9/32")],
  };
  const text = `${INTERFACE}${PEER}\n\n`.replaceAll("\n", "\r\n");
  strictEqual(
    saved(text, ({ peers }) => peers.push(peer)),
    `${INTERFACE}${PEER}\n[Peer]\nPublicKey = ${PEER_B}\nAllowedIPs = 10.0.0.9/32\n`
      .replaceAll("\n", "\r\n"),
  );
});

Deno.test("saveConfig() moves a prefix from peer to peer", () => {
  const text = saved(RICH, ({ peers: [vps, bob] }) => {
    bob!.allowedIps = bob!.allowedIps.filter(({ length }) => length === 32);
    vps!.allowedIps.push(parseInterfaceAddress("172.16.0.0/12"));
  });
  deepStrictEqual(difference(RICH, text), [
    "-AllowedIPs = 10.0.0.0/24,fd00::/64",
    "-AllowedIPs = 192.168.7.9/24 # behind it",
    "-AllowedIPs = 10.0.0.7/32, 10.0.0.0/24",
    "+AllowedIPs = fd00::/64",
    "+AllowedIPs = 192.168.7.9/24, 172.16.0.0/12 # behind it",
    "+AllowedIPs = 10.0.0.7/32",
  ]);
});

Deno.test("saveConfig() writes no private key that the file keeps elsewhere", () => {
  const text = "[Interface]\nPostUp = wg set %i private-key /k # mine\n";
  const live = stateOf(INTERFACE);
  strictEqual(save(text, live), text);
});

Deno.test("saveConfig() writes a mark that the user chose, not that of up", () => {
  const marked = (chosenMark?: number) =>
    saved(INTERFACE, (device, live) => {
      device.fwmark = 51820;
      if (chosenMark !== undefined) live.chosenMark = chosenMark;
    });
  strictEqual(marked(51820), INTERFACE);
  strictEqual(marked(), `${INTERFACE.trimEnd()}\nFwMark = 0xca6c\n`);
});

Deno.test("saveConfig() changes name servers and keeps search domains", () => {
  const text = `${INTERFACE}DNS = 10.0.0.1, home.example, 10.0.0.3\n`;
  strictEqual(
    saved(text, (_, live) => live.servers = ["10.0.0.3", "fd00::1"]),
    `${INTERFACE}DNS = home.example, 10.0.0.3\nDNS = fd00::1\n`,
  );
  // A hook may have set them.
  strictEqual(
    saved(INTERFACE, (_, live) => live.servers = ["9.9.9.9"]),
    INTERFACE,
  );
});

Deno.test("parseConfig() reads whether an interface is saved", () => {
  const saves = (line: string) => read(INTERFACE + line).interface.saveConfig;
  deepStrictEqual(
    ["", "SaveConfig =", "saveconfig = TRUE # yes", "SaveConfig = false"]
      .map(saves),
    [undefined, undefined, true, false],
  );
});

Deno.test("saveConfig() refuses a file that is none, and says where", () => {
  throws(() => save(`${INTERFACE}Adress = 1\n`, stateOf(INTERFACE)), {
    name: "ConfigError",
    message: /^wg0\.conf:3: Adress: /,
  });
});

/** What matters of a configuration, in a form that can be compared. */
function meaningOf(config: Config) {
  const { privateKey, listenPort, fwmark, addresses, mtu } = config.interface;
  return {
    privateKey: privateKey && encodeKey(privateKey),
    listenPort: listenPort ?? 0,
    fwmark: fwmark ?? 0,
    addresses: addresses.map(formatPrefix).sort(),
    mtu,
    peers: new Map(config.peers.map((peer) => [encodeKey(peer.publicKey), {
      presharedKey: peer.presharedKey && encodeKey(peer.presharedKey),
      endpoint: peer.endpoint?.host.includes("example")
        ? "a name"
        : peer.endpoint && formatEndpoint(literalEndpoint(peer.endpoint)!),
      keepalive: peer.persistentKeepaliveSeconds ?? 0,
      allowedIps: peer.allowedIps.map(formatPrefix).sort(),
    }])),
  };
}

/** The same of a state, as the file would have to say it. */
function meaningOfState(live: LiveState, named: string, mtu: number) {
  const { device } = live;
  const owners = new Map(
    device.peers.flatMap((peer) =>
      peer.allowedIps.map((prefix) => [formatPrefix(prefix), peer])
    ),
  );
  return {
    privateKey: device.privateKey && encodeKey(device.privateKey),
    listenPort: device.listenPort,
    fwmark: device.fwmark,
    addresses: live.addresses.map(formatPrefix).sort(),
    mtu,
    peers: new Map(device.peers.map((peer) => [encodeKey(peer.publicKey), {
      presharedKey: peer.presharedKey && encodeKey(peer.presharedKey),
      endpoint: encodeKey(peer.publicKey) === named
        ? "a name"
        : peer.endpoint && formatEndpoint(peer.endpoint),
      keepalive: peer.persistentKeepaliveSeconds,
      allowedIps: [...new Set(peer.allowedIps.map(formatPrefix))]
        .filter((text) => owners.get(text) === peer).sort(),
    }])),
  };
}

Deno.test("saveConfig() of any state is read back as that state, and once more changes nothing", () => {
  fc.assert(
    fc.property(
      deviceStatus,
      fc.subarray([0, 1]),
      fc.subarray(stateOf(RICH).addresses.map((address) => address)),
      fc.integer({ min: 1280, max: 9000 }),
      (random, kept, addresses, mtu) => {
        const rich = stateOf(RICH);
        const old = kept.map((i) => rich.device.peers[i]!);
        const peers = [...old, ...random.peers];
        const device = {
          ...random,
          // Neither ever leaves a file: where there is no key, or no socket, it stays.
          privateKey: random.privateKey ?? rich.device.privateKey!,
          listenPort: random.listenPort || 51820,
          peers: peers.map((peer) => ({
            ...peer,
            ...peer.endpoint &&
              { endpoint: { ...peer.endpoint, port: peer.endpoint.port || 1 } },
            allowedIps: peer.allowedIps.filter((prefix) =>
              peers.findLast(({ allowedIps }) =>
                allowedIps.some((p) => formatPrefix(p) === formatPrefix(prefix))
              ) === peer
            ),
          })),
        };
        const live = { ...rich, device, addresses, mtu };
        const text = save(RICH, live);
        const named = kept.includes(0) ? PEER_A : "";
        deepStrictEqual(
          meaningWithOwners(read(text)),
          meaningOfState(live, named, mtu),
          text,
        );
        strictEqual(save(text, live), text);
        const comments = ["# my laptop", "# ---- friends ----", "echo '#1'"];
        ok(comments.every((comment) => text.includes(comment)));
      },
    ),
    { numRuns: 150 },
  );
});

/** A prefix that stands with two peers belongs to the last. */
function meaningWithOwners(config: Config) {
  const meaning = meaningOf(config);
  const taken = new Set<string>();
  for (const peer of [...meaning.peers.values()].reverse()) {
    peer.allowedIps = [...new Set(peer.allowedIps)].filter((text) =>
      !taken.has(text)
    );
    peer.allowedIps.forEach((text) => taken.add(text));
  }
  return meaning;
}
