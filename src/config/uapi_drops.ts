/**
 * `drops=1`: how many packets were dropped, and why; a request of Caktus's own.
 *
 * ```text
 * drop=REASON=COUNT          of no peer
 * public_key=HEX             then of each peer
 * drop=REASON=COUNT
 * errno=0
 * ```
 *
 * It is a request apart, so that `get=1` says nothing that stock wg(8) does not know.
 *
 * @module
 */

import { decodeHex, encodeHex, type PublicKey } from "../noise/keys.ts";
import { ConfigError, type DeviceStatus, type DropCount } from "./config.ts";
import { formatErrno, linesOf, parseDecimal, splitLine } from "./uapi.ts";

/** The whole request. */
export const DROPS_REQUEST = "drops=1\n\n";

/** What was dropped on a device. */
export interface DeviceDrops {
  /** Drops that no peer can be charged with. */
  drops: DropCount[];
  peers: { publicKey: PublicKey; drops: DropCount[] }[];
}

/** Writes the whole answer, `errno=0` and the blank line included. */
export function formatDrops(
  status: DeviceDrops | Pick<DeviceStatus, "drops" | "peers">,
): string {
  const lines = status.drops.map(formatDrop);
  for (const { publicKey, drops } of status.peers) {
    lines.push(`public_key=${encodeHex(publicKey)}\n`);
    lines.push(...drops.map(formatDrop));
  }
  return lines.join("") + formatErrno(0);
}

/**
 * Reads the whole answer.
 *
 * @param source stands for the file in a ConfigError
 * @throws ConfigError where it is not understood: another daemon knows no such request
 */
export function parseDrops(text: string, source = "UAPI"): DeviceDrops {
  const result: DeviceDrops = { drops: [], peers: [] };
  let line = 0;
  for (const content of linesOf(text)) {
    line++;
    const [key, value] = splitLine(content) ?? ["", ""];
    if (!readLine(result, key, value)) {
      throw new ConfigError(
        source,
        line,
        "",
        "the daemon's answer is not understood",
      );
    }
  }
  return result;
}

function readLine(result: DeviceDrops, key: string, value: string): boolean {
  if (key === "errno") return value === "0";
  if (key === "public_key") {
    const publicKey = decodeHex(value) as PublicKey | undefined;
    if (publicKey) result.peers.push({ publicKey, drops: [] });
    return publicKey !== undefined;
  }
  if (key !== "drop") return false;
  const equals = value.lastIndexOf("=");
  const count = parseDecimal(value.slice(equals + 1), Number.MAX_SAFE_INTEGER);
  if (equals < 1 || count === undefined) return false;
  const owner = result.peers.at(-1) ?? result;
  owner.drops.push({ reason: value.slice(0, equals), count });
  return true;
}

function formatDrop({ reason, count }: DropCount): string {
  return `drop=${reason}=${count}\n`;
}
