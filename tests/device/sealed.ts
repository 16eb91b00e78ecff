/**
 * Sessions and outputs for tests of single parts of a device, opened by the
 * platform's own cipher, which shares nothing with ours.
 *
 * @module
 */

import { createDecipheriv } from "node:crypto";
import type { Endpoint } from "../../src/config/config.ts";
import type { Output } from "../../src/device/outbound.ts";
import { createPeer, type Peer } from "../../src/device/peer.ts";
import type { PublicKey } from "../../src/noise/keys.ts";
import { createKeypair, type Keypair } from "../../src/transport/keypair.ts";
import type { PacketMemory } from "../../src/transport/memory.ts";

const HEADER = 16, TAG = 16;

/** A peer at 192.0.2.`number`. */
export function peerNumber(number: number): Peer {
  const key = new Uint8Array(32).fill(number) as PublicKey;
  const peer = createPeer(key, () => 0, { at: Infinity });
  const address = Uint8Array.of(192, 0, 2, number);
  peer.endpoint = { address, port: 51820, scope: 0 };
  return peer;
}

/** A session whose keys are filled with `number` and `number` + 1. */
export function keypairNumber(number: number): Keypair {
  return createKeypair({
    sendKey: new Uint8Array(32).fill(number),
    receiveKey: new Uint8Array(32).fill(number + 1),
    localIndex: number,
    remoteIndex: number + 1,
    isInitiator: true,
    createdAt: 0,
  });
}

/** An output that keeps copies of everything. */
export class Recorder implements Output {
  readonly sent: { bytes: Uint8Array; to: Endpoint }[] = [];
  readonly delivered: Uint8Array[] = [];
  flushes = 0;
  #memory: PacketMemory;

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  send(at: number, length: number, to: Endpoint): void {
    const bytes = this.#memory.bytes.slice(at, at + length);
    this.sent.push({ bytes, to });
  }

  deliver(at: number, length: number): void {
    this.delivered.push(this.#memory.bytes.slice(at, at + length));
  }

  flush(): void {
    this.flushes++;
  }
}

/** The packet in transport data, its padding included; throws if it is not authentic. */
export function openSealed(datagram: Uint8Array, key: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce.set(datagram.subarray(8, 16), 4);
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, {
    authTagLength: TAG,
  });
  decipher.setAuthTag(datagram.subarray(datagram.length - TAG));
  const sealed = datagram.subarray(HEADER, datagram.length - TAG);
  const first = decipher.update(sealed);
  return Uint8Array.from([...first, ...decipher.final()]);
}

/** The low half of the counter of transport data. */
export function counterOf(datagram: Uint8Array): number {
  return new DataView(datagram.buffer, datagram.byteOffset).getUint32(8, true);
}
