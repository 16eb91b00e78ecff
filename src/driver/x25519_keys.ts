/**
 * Keys of X25519 as the platform, node:crypto, takes and gives them (RFC 8410).
 *
 * ```text
 * private  PKCS #8   30 2e … 04 20 ‖ 32 bytes
 * public   SPKI      30 2a … 03 21 00 ‖ 32 bytes
 * ```
 *
 * Loads no noble: `caktus pubkey` needs no more than this.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { PublicKey } from "../noise/keys.ts";

const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

/** A private key from its 32 bytes. The platform wipes its copy when it collects the garbage, not before. */
export function importPrivate(bytes: Uint8Array): KeyObject {
  const key = Buffer.concat([PKCS8_PREFIX, bytes]);
  const object = createPrivateKey({ key, format: "der", type: "pkcs8" });
  key.fill(0);
  return object;
}

/** A public key from its 32 bytes. */
export function importPublic(bytes: Uint8Array): KeyObject {
  const key = Buffer.concat([SPKI_PREFIX, bytes]);
  return createPublicKey({ key, format: "der", type: "spki" });
}

/** The public half of a private key, 32 new bytes. */
export function publicHalf(privateKey: KeyObject): PublicKey {
  // Node's own types leave out that a private key may be given.
  const wrapped = createPublicKey(privateKey as never)
    .export({ format: "der", type: "spki" });
  return new Uint8Array(
    wrapped.subarray(SPKI_PREFIX.length),
  ) as Uint8Array as PublicKey;
}
