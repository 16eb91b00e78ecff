/**
 * Taking prefixes away on a kernel that can only replace them.
 *
 * @module
 */

import { deepStrictEqual, ok } from "node:assert";
import type { DeviceStatus, PeerChange } from "../../src/config/config.ts";
import { formatPrefix, parsePrefix } from "../../src/config/prefix.ts";
import {
  hasRemovals,
  withoutRemovals,
} from "../../src/driver/kernel_removal.ts";
import type { PublicKey } from "../../src/noise/keys.ts";

const key = (name: string) =>
  new Uint8Array(32).fill(name.charCodeAt(0)) as Uint8Array as PublicKey;

/** A device from `A 10.0.0.0/24 fd00::/8` for each peer. */
function device(...peers: string[]): DeviceStatus {
  return {
    listenPort: 0,
    fwmark: 0,
    drops: [],
    peers: peers.map((text) => {
      const [name = "", ...prefixes] = text.split(" ");
      return {
        publicKey: key(name),
        receivedBytes: 0,
        sentBytes: 0,
        persistentKeepaliveSeconds: 0,
        allowedIps: prefixes.map((each) => parsePrefix(each).prefix),
        drops: [],
      };
    }),
  };
}

/** A peer's change from `A -10.0.0.0/24 +fd00::/8`; `=` first replaces. */
function peer(text: string, more: Partial<PeerChange> = {}): PeerChange {
  const [name = "", ...words] = text.split(" ");
  return {
    publicKey: key(name),
    ...words[0] === "=" && { replaceAllowedIps: true },
    allowedIps: words.filter((word) => word !== "=").map((word) => ({
      prefix: parsePrefix(word.slice(1)).prefix,
      ...word.startsWith("-") && { remove: true },
    })),
    ...more,
  };
}

/** The peers of what is made of a change, as {@linkcode peer} takes them. */
function made(
  status: DeviceStatus,
  peers: PeerChange[],
  replacePeers = false,
): string[] {
  const change = withoutRemovals({ replacePeers, peers }, status);
  ok(!hasRemovals(change) || change.peers.some(({ updateOnly }) => updateOnly));
  return change.peers.map((each) =>
    [
      String.fromCharCode(each.publicKey[0]!),
      ...each.replaceAllowedIps ? ["="] : [],
      ...each.allowedIps.map(({ prefix, remove }) =>
        `${remove ? "-" : "+"}${formatPrefix(prefix)}`
      ),
    ].join(" ")
  );
}

const BEFORE = device("A 10.0.0.0/24 10.0.1.0/24", "B fd00::/8 ::/0");

/** The change's peers, and what is made of them on {@linkcode BEFORE}. */
const CASES: [change: string[], made: string[]][] = [
  [["A -10.0.0.0/24"], ["A = +10.0.1.0/24"]],
  [["A -10.0.0.0/24 -10.0.1.0/24"], ["A ="]],
  [["A -10.0.0.0/24 +10.0.2.0/24"], ["A = +10.0.1.0/24 +10.0.2.0/24"]],
  [["A +10.0.2.0/24 -10.0.2.0/24"], ["A = +10.0.0.0/24 +10.0.1.0/24"]],
  // What it has not, or another has, is not taken away.
  [["A -fd00::/8 -10.0.0.0/16"], ["A = +10.0.0.0/24 +10.0.1.0/24"]],
  [["B -fd00::/8"], ["B = +::/0"]],
  [["A = +10.9.0.0/16 -10.9.0.0/16"], ["A ="]],
  // A peer that gets the prefix before takes it from the other.
  [
    ["B +10.0.1.0/24", "A -10.0.0.0/24"],
    ["B +10.0.1.0/24", "A ="],
  ],
  [
    ["A -10.0.0.0/24 +::/0", "B -fd00::/8"],
    ["A = +10.0.1.0/24 +::/0", "B ="],
  ],
  // The same peer twice, and one that is new.
  [
    ["A -10.0.0.0/24", "A -10.0.1.0/24"],
    ["A = +10.0.1.0/24", "A ="],
  ],
  [["C +10.5.0.0/16 -10.6.0.0/16"], ["C = +10.5.0.0/16"]],
  // Without a removal nothing is touched.
  [["A +10.0.2.0/24", "B"], ["A +10.0.2.0/24", "B"]],
];

for (const [change, wanted] of CASES) {
  Deno.test(`withoutRemovals() makes ${wanted.join(", ")} of ${change.join(", ")}`, () => {
    deepStrictEqual(made(BEFORE, change.map((text) => peer(text))), wanted);
  });
}

Deno.test("withoutRemovals() heeds what goes before", () => {
  deepStrictEqual(made(BEFORE, [peer("A -10.0.0.0/24")], true), ["A ="]);
  const gone = [peer("A", { remove: true }), peer("A -10.0.0.0/24")];
  deepStrictEqual(made(BEFORE, gone), ["A", "A ="]);
});

Deno.test("withoutRemovals() leaves alone a peer that is not there and not to be made", () => {
  const absent = peer("C -10.0.0.0/24", { updateOnly: true });
  deepStrictEqual(made(BEFORE, [absent]), ["C -10.0.0.0/24"]);
});
