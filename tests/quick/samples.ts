/**
 * Configurations that the tests of this folder share.
 *
 * @module
 */

import { parseConfig } from "../../src/config/wg_conf.ts";
import type { Config } from "../../src/config/config.ts";
import type { RoutingFacts } from "../../src/quick/diversion.ts";

/** A private key that guards nothing: the bytes 1 to 32, clamped. */
export const PRIVATE_KEY = "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=";
/** The public key of another. */
export const PUBLIC_KEY = "TtrHAq0EbhHwWWqWVBpHJ0lcWzpBhXCqEqTPGExaw1c=";

/** The text of a file with these lines in [Interface] and [Peer]. */
export function confText(ofInterface: string, ofPeer = ""): string {
  return `[Interface]\nPrivateKey = ${PRIVATE_KEY}\n${ofInterface}\n` +
    `[Peer]\nPublicKey = ${PUBLIC_KEY}\n${ofPeer}\n`;
}

/** The same, read. */
export function conf(ofInterface: string, ofPeer = ""): Config {
  return parseConfig(confText(ofInterface, ofPeer), "wg0.conf");
}

/** A machine that has no tunnel yet. */
export const ROUTING: RoutingFacts = {
  mark: 0,
  freeTable: 51820,
  nextPriority: { 4: 32765, 6: 32765 },
  otherMarks: { 4: [], 6: [] },
  sourceValidMark: { now: "0", before: "0" },
};
