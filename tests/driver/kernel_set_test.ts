/**
 * The messages that change one of the kernel's WireGuard interfaces, byte for
 * byte as linux/wireguard.h has them, and how a long change is split.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import {
  attributesOf,
  decodeAttributes,
  u32Of,
} from "../../ffi/netlink_message.ts";
import type {
  DeviceChange,
  PeerChange,
  Prefix,
} from "../../src/config/config.ts";
import {
  encodeHex,
  type PresharedKey,
  type PrivateKey,
  type PublicKey,
} from "../../src/noise/keys.ts";
import { DEVICE, PEER } from "../../src/driver/kernel_attributes.ts";
import { decodeDevice } from "../../src/driver/kernel_get.ts";
import { encodeChange, MESSAGE_LIMIT } from "../../src/driver/kernel_set.ts";

/** Of no matter which kind. */
type AnyKey = PublicKey & PrivateKey & PresharedKey;

/** 32 bytes: the number in the first four, and ones. */
function key(number: number): AnyKey {
  const bytes = new Uint8Array(32).fill(1);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes as Uint8Array as AnyKey;
}

const prefix = (length: number, ...address: number[]): Prefix => ({
  address: new Uint8Array(address),
  length,
});

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const hex = (parts: readonly Uint8Array[]) => encodeHex(joined(parts));

Deno.test("encodeChange() writes a device as the kernel reads it", () => {
  const change: DeviceChange = {
    privateKey: key(7),
    listenPort: 51820,
    fwmark: 0xca6c,
    replacePeers: true,
    peers: [],
  };
  const messages = encodeChange("wg0", change);
  strictEqual(messages.length, 1);
  strictEqual(
    hex(messages[0]!),
    "08000200" + "77673000" + // IFNAME
      "24000300" + encodeHex(key(7)) +
      "06000600" + "6cca0000" + // LISTEN_PORT, of two bytes and padding
      "08000700" + "6cca0000" + // FWMARK
      "08000500" + "01000000", // FLAGS: REPLACE_PEERS
  );
});

Deno.test("encodeChange() writes a peer as the kernel reads it", () => {
  const peer: PeerChange = {
    publicKey: key(1),
    updateOnly: true,
    presharedKey: null,
    endpoint: { address: new Uint8Array([192, 0, 2, 1]), port: 9, scope: 0 },
    persistentKeepaliveSeconds: 25,
    replaceAllowedIps: true,
    allowedIps: [
      { prefix: prefix(24, 10, 0, 0, 0) },
      { prefix: prefix(8, 0xfd, ...new Array(15).fill(0)), remove: true },
    ],
  };
  const zeros = "00".repeat(32);
  strictEqual(
    hex(encodeChange("wg0", { peers: [peer] })[0]!),
    "08000200" + "77673000" +
      "c4000880" + "c0000080" + // PEERS, its first element
      "24000100" + encodeHex(key(1)) +
      "08000300" + "06000000" + // FLAGS: REPLACE_ALLOWEDIPS, UPDATE_ONLY
      "24000200" + zeros +
      "14000400" + "02000009c0000201" + "0000000000000000" +
      "06000500" + "19000000" +
      "50000980" + // ALLOWEDIPS
      "1c000080" + "0600010002000000" + "080002000a000000" +
      "0500030018000000" +
      "30000080" + "060001000a000000" + "14000200fd" + "00".repeat(15) +
      "0500030008000000" + "0800040001000000",
  );
});

Deno.test("encodeChange() says of a peer that goes only that", () => {
  const peer: PeerChange = {
    publicKey: key(1),
    remove: true,
    persistentKeepaliveSeconds: 5,
    allowedIps: [{ prefix: prefix(0, 0, 0, 0, 0) }],
  };
  strictEqual(
    hex(encodeChange("a", { peers: [peer] })[0]!),
    "06000200" + "61000000" + "34000880" + "30000080" +
      "24000100" + encodeHex(key(1)) + "0800030001000000",
  );
});

Deno.test("encodeChange() asks for a change of nothing too, so that a missing interface is noticed", () => {
  strictEqual(
    hex(encodeChange("wg0", { peers: [] })[0]!),
    "0800020077673000",
  );
});

/** Peers that share no prefix, in both families. */
function manyPeers(count: number, prefixesEach: number): PeerChange[] {
  return Array.from({ length: count }, (_, i) => ({
    publicKey: key(i),
    presharedKey: key(i + 1000),
    endpoint: {
      address: new Uint8Array([0xfe, 0x80, ...new Array(13).fill(0), 1]),
      port: 1 + i,
      scope: 3,
    },
    persistentKeepaliveSeconds: i,
    replaceAllowedIps: true,
    allowedIps: Array.from({ length: prefixesEach }, (_, j) => ({
      prefix: j % 2 === 0
        ? prefix(32, 10, i, j, 0)
        : prefix(128, 0xfd, i, j, ...new Array(13).fill(0)),
    })),
  }));
}

/** What each message says of peers: key and flags, in order. */
function peersOf(message: Uint8Array[]): [key: string, flags: number][] {
  const list = decodeAttributes(joined(message)).get(DEVICE.peers);
  return [...attributesOf(list ?? new Uint8Array())].map(([, bytes]) => {
    const found = decodeAttributes(bytes);
    return [
      encodeHex(found.get(PEER.publicKey)!),
      u32Of(found.get(PEER.flags)) ?? 0,
    ];
  });
}

const LONG: DeviceChange = {
  privateKey: key(7),
  listenPort: 1,
  fwmark: 2,
  replacePeers: true,
  peers: manyPeers(200, 50),
};

for (const limit of [MESSAGE_LIMIT, 512]) {
  Deno.test(`encodeChange() splits 200 peers of 50 prefixes at ${limit} bytes`, () => {
    const messages = encodeChange("wg0", LONG, limit);
    ok(messages.every((message) => joined(message).length <= limit));
    const whole = messages.reduce((sum, each) => sum + joined(each).length, 0);
    ok(messages.length < whole / limit * 1.5 + 1, "messages are well filled");
    deepStrictEqual(
      decodeDevice(messages.map(joined)).peers,
      LONG.peers.map((peer) => ({
        publicKey: peer.publicKey,
        presharedKey: peer.presharedKey,
        endpoint: peer.endpoint,
        receivedBytes: 0,
        sentBytes: 0,
        persistentKeepaliveSeconds: peer.persistentKeepaliveSeconds,
        allowedIps: peer.allowedIps.map((each) => each.prefix),
        drops: [],
      })),
    );
  });

  Deno.test(`encodeChange() replaces in the first part alone, at ${limit} bytes`, () => {
    const messages = encodeChange("wg0", LONG, limit);
    const seen = new Set<string>();
    for (const [i, message] of messages.entries()) {
      const found = decodeAttributes(joined(message));
      const device = [DEVICE.privateKey, DEVICE.listenPort, DEVICE.flags];
      for (const type of device) strictEqual(found.has(type), i === 0);
      for (const [key, flags] of peersOf(message)) {
        // REPLACE_ALLOWEDIPS where the peer begins, UPDATE_ONLY where it goes on.
        strictEqual(flags, seen.has(key) ? 4 : 2);
        seen.add(key);
      }
    }
    strictEqual(seen.size, 200);
  });
}
