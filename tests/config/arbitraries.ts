/**
 * Random keys, prefixes, endpoints, changes and states for property tests.
 *
 * @module
 */

import fc from "fast-check";
import type {
  AllowedIpChange,
  DeviceChange,
  DeviceStatus,
  DropCount,
  Endpoint,
  Prefix,
} from "../../src/config/config.ts";
import { maskPrefix } from "../../src/config/prefix.ts";
import type {
  PresharedKey,
  PrivateKey,
  PublicKey,
} from "../../src/noise/keys.ts";

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length });

const empty = <T>() => fc.constant(0).map((): T[] => []);

/** 32 bytes that are not all zero. */
export const key: fc.Arbitrary<Uint8Array> = bytes(32).map((key) => {
  key[5] = 1;
  return key;
});

/** 32 bytes in the form of RFC 7748 §5. */
export const privateKey: fc.Arbitrary<PrivateKey> = key.map((key) => {
  key[0] = key[0]! & 248;
  key[31] = (key[31]! & 127) | 64;
  return key as PrivateKey;
});

/** An IPv4 or IPv6 prefix without host bits. */
export const prefix: fc.Arbitrary<Prefix> = fc.oneof(
  fc.tuple(bytes(4), fc.integer({ min: 0, max: 32 })),
  fc.tuple(bytes(16), fc.integer({ min: 0, max: 128 })),
).map(([address, length]) => maskPrefix(address, length));

const port = fc.integer({ min: 0, max: 65535 });
const counter = fc.maxSafeNat();

/** An endpoint without a source; IPv6 ones may have a scope. */
export const endpoint: fc.Arbitrary<Endpoint> = fc.oneof(
  fc.tuple(bytes(4), port, fc.constant(0)),
  fc.tuple(bytes(16), port, fc.integer({ min: 0, max: 99 })),
).map(([address, port, scope]) => ({ address, port, scope }));

const allowedIp = fc.record({ prefix, remove: fc.constant(true as const) }, {
  requiredKeys: ["prefix"],
  noNullPrototype: true,
});

const peerChange = fc.oneof(
  fc.record({
    publicKey: key.map((key) => key as PublicKey),
    updateOnly: fc.constant(true),
    presharedKey: fc.option(key.map((key) => key as PresharedKey)),
    endpoint,
    persistentKeepaliveSeconds: port,
    replaceAllowedIps: fc.constant(true),
    allowedIps: fc.array(allowedIp, { maxLength: 4 }),
  }, { requiredKeys: ["publicKey", "allowedIps"], noNullPrototype: true }),
  fc.record({
    publicKey: key.map((key) => key as PublicKey),
    remove: fc.constant(true),
    allowedIps: empty<AllowedIpChange>(),
  }, { noNullPrototype: true }),
);

/** A change that a request can carry. */
export const deviceChange: fc.Arbitrary<DeviceChange> = fc.record({
  privateKey: fc.option(privateKey),
  listenPort: port,
  fwmark: fc.integer({ min: 0, max: 0xffffffff }),
  replacePeers: fc.constant(true),
  peers: fc.array(peerChange, { maxLength: 4 }),
}, { requiredKeys: ["peers"], noNullPrototype: true });

const peerStatus = fc.record({
  publicKey: key.map((key) => key as PublicKey),
  presharedKey: key.map((key) => key as PresharedKey),
  endpoint,
  lastHandshake: fc.record({
    seconds: fc.integer({ min: 1, max: 2 ** 33 }),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  }, { noNullPrototype: true }),
  receivedBytes: counter,
  sentBytes: counter,
  persistentKeepaliveSeconds: port,
  allowedIps: fc.array(prefix, { maxLength: 4 }),
  drops: empty<DropCount>(),
}, {
  requiredKeys: [
    "publicKey",
    "receivedBytes",
    "sentBytes",
    "persistentKeepaliveSeconds",
    "allowedIps",
    "drops",
  ],
  noNullPrototype: true,
});

/** A state of a device, without drops. */
export const deviceStatus: fc.Arbitrary<DeviceStatus> = fc.record({
  privateKey,
  listenPort: port,
  fwmark: fc.integer({ min: 0, max: 0xffffffff }),
  peers: fc.array(peerStatus, { maxLength: 4 }),
  drops: empty<DropCount>(),
}, {
  requiredKeys: ["listenPort", "fwmark", "peers", "drops"],
  noNullPrototype: true,
});
