/**
 * Transport data, the plain way (whitepaper §5.4.6): one packet at a time, by
 * the platform's OpenSSL, and every sixteenth by noble.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { Buffer } from "node:buffer";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";

const HEADER = 16, TAG = 16;
/** One in so many packets is sealed and opened by noble, which takes 2.5 times as long. */
const NOBLE_SHARE = 16;
const NAME = "chacha20-poly1305", OPTIONS = { authTagLength: TAG };

/** A packet with zeros behind it up to a multiple of 16, but not past the MTU. */
export function pad(packet: Uint8Array, mtu: number): Uint8Array {
  const { length } = packet;
  const last = length > mtu ? length % mtu : length;
  const end = Math.min(mtu, Math.ceil(last / 16) * 16);
  const padded = new Uint8Array(length - last + end);
  padded.set(packet);
  return padded;
}

/** A datagram for `receiver`. */
export function plainSeal(
  key: Uint8Array,
  receiver: number,
  counter: bigint,
  plain: Uint8Array,
): Uint8Array {
  const header = new DataView(new ArrayBuffer(HEADER));
  header.setUint32(0, 4, true);
  header.setUint32(4, receiver, true);
  header.setBigUint64(8, counter, true);
  return Buffer.concat([
    new Uint8Array(header.buffer),
    ...encrypt(key, counter, plain),
  ]);
}

/** What a datagram of at least 32 bytes holds; `undefined` if it is not authentic. */
export function plainOpen(
  key: Uint8Array,
  datagram: Uint8Array,
): Uint8Array | undefined {
  try {
    return decrypt(key, counterOf(datagram), datagram.subarray(HEADER));
  } catch {
    return undefined;
  }
}

/** The counter that a datagram names. */
export function counterOf(datagram: Uint8Array): bigint {
  const view = new DataView(datagram.buffer, datagram.byteOffset, HEADER);
  return view.getBigUint64(8, true);
}

function nonceOf(counter: bigint): Uint8Array {
  const nonce = new DataView(new ArrayBuffer(12));
  nonce.setBigUint64(4, counter, true);
  return new Uint8Array(nonce.buffer);
}

const isNobles = (counter: bigint) => counter % BigInt(NOBLE_SHARE) === 0n;

function encrypt(
  key: Uint8Array,
  counter: bigint,
  plain: Uint8Array,
): Uint8Array[] {
  const nonce = nonceOf(counter);
  if (isNobles(counter)) return [chacha20poly1305(key, nonce).encrypt(plain)];
  const cipher = createCipheriv(NAME, key, nonce, OPTIONS);
  const sealed = cipher.update(plain);
  return [sealed, cipher.final(), cipher.getAuthTag()];
}

function decrypt(
  key: Uint8Array,
  counter: bigint,
  sealed: Uint8Array,
): Uint8Array {
  const nonce = nonceOf(counter);
  if (isNobles(counter)) return chacha20poly1305(key, nonce).decrypt(sealed);
  const decipher = createDecipheriv(NAME, key, nonce, OPTIONS);
  const end = sealed.length - TAG;
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  return Buffer.concat([plain, decipher.final()]);
}
