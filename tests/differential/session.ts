/**
 * The peers of the tunnel under test: each makes a handshake with it as an
 * initiator on the wire, and so knows the keys.
 *
 * @module
 */
import { strictEqual } from "node:assert";
import type { Endpoint } from "../../src/config/config.ts";
import { addMac1, mac1Key } from "../../src/noise/cookie.ts";
import {
  consumeResponse,
  createInitiation,
} from "../../src/noise/handshake.ts";
import { nobleKeyAgreement } from "../../src/noise/key_agreement.ts";
import { clamp, type PrivateKey } from "../../src/noise/keys.ts";
import { readResponse, writeInitiation } from "../../src/noise/messages.ts";
import { timestampOf } from "../../src/noise/tai64n.ts";
import type { FastTunnel } from "./fast_tunnel.ts";
import { plainSeal } from "./plain_cipher.ts";
import type { PlainPeer } from "./plain_tunnel.ts";

const { publicKeyOf, dh } = nobleKeyAgreement;

/** Where peer `number` is; a peer may move between several ports. */
export function endpointOf(number: number, port = 51_820): Endpoint {
  return { address: Uint8Array.of(192, 0, 2, number), port, scope: 0 };
}

/** The prefixes of the peer's hosts. */
function allowedIps(number: number) {
  const address = new Uint8Array(16);
  address.set([0xfd, 9, 0, number]);
  return [
    { prefix: { address: Uint8Array.of(10, 9, number, 0), length: 24 } },
    { prefix: { address, length: 32 } },
  ];
}

/** Gives the tunnel `count` peers and a session with each. */
export function connect(
  tunnel: FastTunnel,
  count: number,
  random: (length: number) => Uint8Array,
): PlainPeer[] {
  const own = clamp(random(32)), ownPublic = publicKeyOf(own);
  const peers = Array.from({ length: count }, (_, i) => ({
    number: i + 1,
    staticPrivate: clamp(random(32)),
    endpoint: endpointOf(i + 1),
  }));
  const changes = peers.map(({ number, staticPrivate }) => ({
    publicKey: publicKeyOf(staticPrivate),
    allowedIps: allowedIps(number),
  }));
  tunnel.device.apply({ privateKey: own, peers: changes }, 0);
  return peers.map((peer) =>
    handshake(tunnel, { ...peer, remoteStatic: ownPublic }, random)
  );
}

function handshake(
  tunnel: FastTunnel,
  { number, staticPrivate, endpoint, remoteStatic }: {
    number: number;
    staticPrivate: PrivateKey;
    endpoint: Endpoint;
    remoteStatic: ReturnType<typeof publicKeyOf>;
  },
  random: (length: number) => Uint8Array,
): PlainPeer {
  const { message, state } = createInitiation({
    staticPrivate,
    staticPublic: publicKeyOf(staticPrivate),
    ephemeralPrivate: clamp(random(32)),
    remoteStatic,
    staticStatic: dh(staticPrivate, remoteStatic)!,
    timestamp: timestampOf({ seconds: 1, nanoseconds: 0 }),
  })!;
  const remoteIndex = 0x1000 + number;
  const initiation = writeInitiation(message, remoteIndex);
  addMac1(initiation, mac1Key(remoteStatic));
  say(tunnel, endpoint, initiation);
  const [answer] = tunnel.takeSent();
  const response = readResponse(answer!.bytes);
  strictEqual(response.receiver, remoteIndex);
  const keys = consumeResponse(state, response, undefined)!;
  const localIndex = response.sender;
  // The tunnel sends with the session when the peer has.
  say(
    tunnel,
    endpoint,
    plainSeal(keys.send, localIndex, 0n, new Uint8Array(0)),
  );
  strictEqual(tunnel.takeSent().length, 0);
  return {
    number,
    sendKey: keys.receive,
    receiveKey: keys.send,
    remoteIndex,
    localIndex,
    endpoint,
    counter: 0n,
    greatest: 0n,
    seen: new Set([0n]),
  };
}

function say(tunnel: FastTunnel, from: Endpoint, datagram: Uint8Array): void {
  const segment = datagram.length;
  tunnel.receive([{ from, datagrams: [datagram], segment }]);
}
