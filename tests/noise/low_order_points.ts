/**
 * The seven encodings below 2^255 of points whose order divides 8, with which
 * X25519 gives zero whatever the private key is (RFC 7748 §6.1 and §7).
 *
 * ```text
 * 0, 1, two points of order 8, p − 1, p, p + 1      p = 2^255 − 19
 * ```
 *
 * @module
 */

import { decodeHex } from "../../src/noise/keys.ts";

/** 32 bytes each, little-endian. */
export const LOW_ORDER_POINTS: Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((text) => decodeHex(text)!);
