/**
 * Keys and whole files for the tests of wg0.conf.
 *
 * @module
 */

import { strictEqual, throws } from "node:assert";
import type { Config } from "../../src/config/config.ts";
import { parseConfig, type ParseOptions } from "../../src/config/wg_conf.ts";

/** Private key of the interface, in base64. */
export const PRIVATE = "cHJpdmF0ZSBrZXkgb2YgdGhlIGxhcHRvcCBoZXJlLi4=";
/** Public keys of two peers. */
export const PEER_A = "cHVibGljIGtleSBvZiBwZWVyIEEgaW4gdGVzdHMuLi4=";
export const PEER_B = "cHVibGljIGtleSBvZiBwZWVyIEIgaW4gdGVzdHMuLi4=";
/** A preshared key. */
export const PRESHARED = "cHJlc2hhcmVkIGtleSBvZiBib3RoIGVuZHMgaGVyZS4=";

/** Lines 1 and 2: what a file needs at least. */
export const INTERFACE = `[Interface]\nPrivateKey = ${PRIVATE}\n`;
/** Lines 3 and 4, where they follow. */
export const PEER = `[Peer]\nPublicKey = ${PEER_A}\n`;

/** Reads a file that is called wg0.conf. */
export function read(text: string, options?: ParseOptions): Config {
  return parseConfig(text, "wg0.conf", options);
}

/** Reads a file that must give no warning. */
export function readQuietly(text: string, options?: ParseOptions): Config {
  const config = read(text, options);
  strictEqual(config.warnings.join("\n"), "");
  return config;
}

/** Asserts that a file is refused with exactly this text. */
export function refuses(text: string, message: string): void {
  throws(() => read(text), { name: "ConfigError", message });
}
