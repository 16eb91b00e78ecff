/**
 * X25519 by the platform: node:crypto, native code of the runtime (RFC 7748).
 *
 * What it makes of a key (x25519_keys.ts) is kept as long as the array that held
 * the key: the static keys are unwrapped once, an ephemeral one once per
 * handshake.
 *
 * @module
 */

import { diffieHellman, type KeyObject } from "node:crypto";
import {
  type KeyAgreement,
  nobleKeyAgreement,
  passesKnownAnswers,
  refuseZero,
} from "../noise/key_agreement.ts";
import type { PrivateKey, PublicKey } from "../noise/keys.ts";
import { importPrivate, importPublic, publicHalf } from "./x25519_keys.ts";

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
    publicKeyOf: (privateKey) => publicHalf(privateOf(privateKey)),
  };
}

/** `fast` where it gives the known answers, else the reference. */
export function checkedKeyAgreement(
  fast: KeyAgreement = platformKeyAgreement(),
): KeyAgreement {
  return passesKnownAnswers(fast) ? fast : nobleKeyAgreement;
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
