/**
 * Who computes X25519 for a handshake, and whether it does so rightly
 * (RFC 7748; whitepaper §5.4: DH and DH-GENERATE).
 *
 * The reference is noble, in TypeScript. The platform's X25519 is several times
 * as fast, but the core knows no platform: whoever runs a device may bring one
 * behind this interface, after {@linkcode passesKnownAnswers} has judged it.
 *
 * @module
 */

import { constantTimeEqual, dh, publicKeyOf } from "./crypto.ts";
import { decodeHex, isZero, type PrivateKey, type PublicKey } from "./keys.ts";

/**
 * X25519. A key's bytes may not change between two uses of one array, unless
 * they are zeroed and the array is never used again: what was made of them may
 * be kept for as long as the array lives.
 */
export interface KeyAgreement {
  readonly name: "noble" | "platform";
  /** 32 new bytes, the caller's; `undefined` for a public key of low order. */
  dh(privateKey: PrivateKey, publicKey: PublicKey): Uint8Array | undefined;
  /** The public half, 32 new bytes. */
  publicKeyOf(privateKey: PrivateKey): PublicKey;
}

/** The reference, which runs everywhere. */
export const nobleKeyAgreement: KeyAgreement = {
  name: "noble",
  dh,
  publicKeyOf,
};

/** The two parties of RFC 7748 §6.1. */
const ALICE = {
  private: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  public: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
};
const BOB = {
  private: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  public: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
};
const ALICE_AND_BOB =
  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
/** The second vector of RFC 7748 §5.2: neither is clamped, and the u-coordinate has the bit that is masked. */
const UNCLAMPED = {
  scalar: "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
  u: "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
  out: "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
};
/** A point of order 4 and one of order 8. */
const LOW_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
];

/**
 * Whether X25519 gives the answers of RFC 7748, and refuses what it has to. It
 * takes six multiplications, so that a tunnel can ask each time it starts.
 */
export function passesKnownAnswers(agreement: KeyAgreement): boolean {
  const dhOf = (scalar: string, u: string) =>
    agreement.dh(key<PrivateKey>(scalar), key<PublicKey>(u));
  try {
    return isKey(
      agreement.publicKeyOf(key<PrivateKey>(ALICE.private)),
      ALICE.public,
    ) &&
      isKey(dhOf(ALICE.private, BOB.public), ALICE_AND_BOB) &&
      isKey(dhOf(BOB.private, ALICE.public), ALICE_AND_BOB) &&
      isKey(dhOf(UNCLAMPED.scalar, UNCLAMPED.u), UNCLAMPED.out) &&
      LOW_ORDER.every((u) => dhOf(ALICE.private, u) === undefined);
  } catch {
    return false;
  }
}

/** A shared secret as it may be used: `undefined` where it is all zeros, found out in a time that tells nothing (RFC 7748 §6.1). */
export function refuseZero(shared: Uint8Array): Uint8Array | undefined {
  return isZero(shared) ? undefined : shared;
}

function key<K extends Uint8Array>(hex: string): K {
  return decodeHex(hex) as K;
}

function isKey(actual: Uint8Array | undefined, expected: string): boolean {
  return actual !== undefined && constantTimeEqual(actual, key(expected));
}
