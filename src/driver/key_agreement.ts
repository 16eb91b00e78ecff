/**
 * X25519 by the platform: node:crypto, native code of the runtime
 * (RFC 7748; key formats of RFC 8410).
 *
 * ```text
 * private  PKCS #8   30 2e … 04 20 ‖ 32 bytes
 * public   SPKI      30 2a … 03 21 00 ‖ 32 bytes
 * ```
 *
 * It is given keys in these wrappings, and what it makes of one is kept as long
 * as the array that held the key: the static keys are unwrapped once, an
 * ephemeral one once per handshake. The platform wipes nothing before it
 * collects the garbage.
 *
 * @module
 */

import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from "node:crypto";
import { Buffer } from "node:buffer";
import {
  type KeyAgreement,
  nobleKeyAgreement,
  passesKnownAnswers,
  refuseZero,
} from "../noise/key_agreement.ts";
import type { PrivateKey, PublicKey } from "../noise/keys.ts";

const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

/** A key agreement of the platform, which has kept no key yet. */
export function platformKeyAgreement(): KeyAgreement {
  const privateKeys = new WeakMap<PrivateKey, KeyObject>();
  const publicKeys = new WeakMap<PublicKey, KeyObject>();
  const privateOf = (key: PrivateKey) => kept(privateKeys, key, importPrivate);
  const publicOf = (key: PublicKey) => kept(publicKeys, key, importPublic);
  return {
    name: "platform",
    // It gives zeros for a point of low order where noble throws.
    dh: (privateKey, publicKey) => {
      const { buffer, byteOffset, length } = diffieHellman({
        privateKey: privateOf(privateKey),
        publicKey: publicOf(publicKey),
      });
      return refuseZero(new Uint8Array(buffer, byteOffset, length));
    },
    publicKeyOf: (privateKey) => {
      const wrapped = createPublicKey(privateOf(privateKey) as never)
        .export({ format: "der", type: "spki" });
      return new Uint8Array(
        wrapped.subarray(SPKI_PREFIX.length),
      ) as Uint8Array as PublicKey;
    },
  };
}

/** `fast` where it gives the known answers, else the reference. */
export function checkedKeyAgreement(
  fast: KeyAgreement = platformKeyAgreement(),
): KeyAgreement {
  return passesKnownAnswers(fast) ? fast : nobleKeyAgreement;
}

function importPrivate(key: PrivateKey): KeyObject {
  const wrapped = Buffer.concat([PKCS8_PREFIX, key]);
  const object = createPrivateKey({
    key: wrapped,
    format: "der",
    type: "pkcs8",
  });
  wrapped.fill(0);
  return object;
}

function importPublic(key: PublicKey): KeyObject {
  return createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, key]),
    format: "der",
    type: "spki",
  });
}

function kept<K extends WeakKey>(
  objects: WeakMap<K, KeyObject>,
  key: K,
  make: (key: K) => KeyObject,
): KeyObject {
  let object = objects.get(key);
  if (object === undefined) objects.set(key, object = make(key));
  return object;
}
