/**
 * What the kernel says of a WireGuard interface, put together from a dump that
 * comes in parts.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { attribute, nested, u32Payload } from "../../ffi/netlink_message.ts";
import {
  ALLOWED_IP,
  DEVICE,
  PEER,
} from "../../src/driver/kernel_attributes.ts";
import { decodeDevice } from "../../src/driver/kernel_get.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);
const NO_KEY = key(0);

const part = (...attributes: Uint8Array[]) =>
  new Uint8Array(attributes.flatMap((each) => [...each]));

const bytesOf = (text: string) =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));

function allowedIp(length: number, ...address: number[]): Uint8Array {
  return nested(
    0,
    attribute(ALLOWED_IP.length, new Uint8Array([length])),
    attribute(ALLOWED_IP.address, new Uint8Array(address)),
    attribute(ALLOWED_IP.family, new Uint8Array([2, 0])),
  );
}

function peer(byte: number, ...more: Uint8Array[]): Uint8Array {
  return nested(0, attribute(PEER.publicKey, key(byte)), ...more);
}

Deno.test("decodeDevice() reads every attribute", () => {
  const status = decodeDevice([part(
    attribute(1, u32Payload(9)), // IFINDEX
    attribute(DEVICE.name, new TextEncoder().encode("wg0\0")),
    attribute(DEVICE.privateKey, key(1)),
    attribute(DEVICE.publicKey, key(2)),
    attribute(DEVICE.listenPort, bytesOf("6cca")),
    attribute(DEVICE.fwmark, u32Payload(0xffffffff)),
    nested(
      DEVICE.peers,
      peer(
        3,
        attribute(PEER.presharedKey, key(4)),
        attribute(
          PEER.endpoint,
          bytesOf(
            "0a00000900000000fe80000000000000000000000000000105000000",
          ),
        ),
        attribute(PEER.persistentKeepalive, bytesOf("1900")),
        attribute(
          PEER.lastHandshake,
          bytesOf("00f15365000000000700000000000000"),
        ),
        attribute(PEER.receivedBytes, bytesOf("0000000001000000")),
        attribute(PEER.sentBytes, bytesOf("ff00000000000000")),
        nested(PEER.allowedIps, allowedIp(24, 10, 0, 0, 0)),
        attribute(10, u32Payload(1)), // PROTOCOL_VERSION
        attribute(77, u32Payload(1)), // of a later kernel
      ),
    ),
  )]);
  deepStrictEqual(status, {
    privateKey: key(1),
    publicKey: key(2),
    listenPort: 51820,
    fwmark: 0xffffffff,
    drops: [],
    peers: [{
      publicKey: key(3),
      presharedKey: key(4),
      endpoint: {
        address: bytesOf("fe800000000000000000000000000001"),
        port: 9,
        scope: 5,
      },
      lastHandshake: { seconds: 0x6553f100, nanoseconds: 7 },
      receivedBytes: 2 ** 32,
      sentBytes: 255,
      persistentKeepaliveSeconds: 25,
      allowedIps: [{ address: bytesOf("0a000000"), length: 24 }],
      drops: [],
    }],
  });
});

Deno.test("decodeDevice() takes zeros for no key and for no handshake", () => {
  const { peers, ...device } = decodeDevice([part(
    attribute(DEVICE.privateKey, NO_KEY),
    attribute(DEVICE.listenPort, bytesOf("0000")),
    nested(
      DEVICE.peers,
      peer(
        3,
        attribute(PEER.presharedKey, NO_KEY),
        attribute(PEER.lastHandshake, new Uint8Array(16)),
      ),
    ),
  )]);
  deepStrictEqual(device, { listenPort: 0, fwmark: 0, drops: [] });
  deepStrictEqual(peers, [{
    publicKey: key(3),
    receivedBytes: 0,
    sentBytes: 0,
    persistentKeepaliveSeconds: 0,
    allowedIps: [],
    drops: [],
  }]);
});

Deno.test("decodeDevice() goes on with a peer under the same key", () => {
  const name = attribute(DEVICE.name, new TextEncoder().encode("wg0\0"));
  const ips = (...numbers: number[]) =>
    nested(PEER.allowedIps, ...numbers.map((n) => allowedIp(32, 10, 0, 0, n)));
  const { listenPort, peers } = decodeDevice([
    part(
      name,
      attribute(DEVICE.listenPort, bytesOf("0100")),
      nested(
        DEVICE.peers,
        peer(1, ips(1)),
        peer(2, attribute(PEER.persistentKeepalive, bytesOf("0500")), ips(2)),
      ),
    ),
    part(name, nested(DEVICE.peers, peer(2, ips(3, 4)))),
    part(name, nested(DEVICE.peers, peer(2, ips(5)), peer(3))),
    part(name),
  ]);
  strictEqual(listenPort, 1);
  const said = peers.map((each) => [
    each.publicKey[0],
    each.persistentKeepaliveSeconds,
    each.allowedIps.map(({ address }) => address[3]),
  ]);
  deepStrictEqual(said, [[1, 0, [1]], [2, 5, [2, 3, 4, 5]], [3, 0, []]]);
});
