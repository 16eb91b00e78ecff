/**
 * The name servers that a machine asks while no tunnel has told it others.
 *
 * ```text
 * /etc/resolv.conf                      servers elsewhere: those
 *   only 127.0.0.53, systemd-resolved   /run/systemd/resolve/resolv.conf has those that it asks
 * ```
 *
 * @module
 */

import { parseAddress } from "../config/address.ts";

const PLACES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
/** As many as resolv.conf(5) heeds. */
const MOST = 3;

/** Their addresses, 4 or 16 bytes; none on this machine itself, and none that need a zone. */
export function machineNameservers(
  read: (path: string) => string = readText,
): Uint8Array[] {
  for (const place of PLACES) {
    const found = serversIn(read(place));
    if (found.length > 0) return found.slice(0, MOST);
  }
  return [];
}

function serversIn(text: string): Uint8Array[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].flatMap(([, word]) => {
    const address = parseAddress(word!);
    return address === undefined || isOwn(address) ? [] : [address];
  });
}

/** 127.0.0.0/8, and ::1: what listens there asks others itself. */
function isOwn(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  return address.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
