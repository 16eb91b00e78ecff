/**
 * `names=1` and `set_names=1`: where peers are by the configuration, as the user wrote it;
 * requests of Caktus's own.
 *
 * ```text
 * names=1               set_names=1               all others have none from now on
 *                       nameserver=ADDRESS        any number of them
 * answer:               public_key=HEX            of each peer
 * nameserver=ADDRESS    name=HOST:PORT
 * public_key=HEX
 * name=HOST:PORT        answer:
 * errno=0               errno=0
 * ```
 *
 * They are requests apart, so that `get=1` says nothing that stock wg(8) does not know. A name
 * that was set is resolved again when its peer stays silent (src/device/seek.ts); the name servers are those
 * from before the tunnel, which are asked where the machine's own resolver does not answer.
 *
 * @module
 */

import { decodeHex, encodeHex, type PublicKey } from "../noise/keys.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { ConfigError } from "./config.ts";
import { type HostAndPort, parseEndpointText } from "./endpoint.ts";
import { EINVAL, type Errno, formatErrno, linesOf, splitLine } from "./uapi.ts";

/** Asks for the names. */
export const NAMES_REQUEST = "names=1\n\n";

/** Where a peer is by the configuration: a host's name, or an address. */
export interface PeerName extends HostAndPort {
  readonly publicKey: PublicKey;
}

/** The names of all peers, and who is asked where they lead. */
export interface Names {
  readonly names: readonly PeerName[];
  /** 4 or 16 bytes. */
  readonly nameservers: readonly Uint8Array[];
}

/** What a request or an answer says, as far as it could be read. */
export interface NamesRead extends Names {
  /** Of the first bad line. */
  readonly errno: Errno;
}

/** Writes the whole request that sets the names. */
export function formatSetNames(names: Names): string {
  return `set_names=1\n${formatLines(names)}\n`;
}

/** Writes the whole answer to {@linkcode NAMES_REQUEST}. */
export function formatNames(names: Names): string {
  return formatLines(names) + formatErrno(0);
}

/** Reads what stands behind the line `set_names=1`. Never throws. */
export function readNames(body: string): NamesRead {
  const names: PeerName[] = [], nameservers: Uint8Array[] = [];
  const refused: NamesRead = { names, nameservers, errno: EINVAL };
  let publicKey: PublicKey | undefined;
  for (const line of linesOf(body)) {
    const [key, value] = splitLine(line) ?? ["", ""];
    if (key === "public_key") {
      publicKey = decodeHex(value) as PublicKey | undefined;
      if (publicKey === undefined) return refused;
      continue;
    }
    if (key === "nameserver") {
      const address = parseAddress(value);
      if (address === undefined) return refused;
      nameservers.push(address);
      continue;
    }
    const place = key === "name" ? readPlace(value) : undefined;
    if (place === undefined || publicKey === undefined) return refused;
    names.push({ publicKey, ...place });
  }
  return { names, nameservers, errno: 0 };
}

/**
 * Reads the whole answer.
 *
 * @param source stands for the file in a ConfigError
 * @throws ConfigError where it is not understood: another daemon knows no such request
 */
export function parseNames(text: string, source = "UAPI"): Names {
  const end = text.lastIndexOf("errno=");
  const { errno, ...names } = readNames(text.slice(0, Math.max(0, end)));
  if (end >= 0 && errno === 0 && text.slice(end).trim() === "errno=0") {
    return names;
  }
  throw new ConfigError(source, 0, "", "the daemon's answer is not understood");
}

function formatLines({ names, nameservers }: Names): string {
  const servers = nameservers.map((address) =>
    `nameserver=${formatAddress(address)}\n`
  );
  return servers.join("") +
    names.map(({ publicKey, host, port }) =>
      `public_key=${encodeHex(publicKey)}\nname=${
        host.includes(":") ? `[${host}]` : host
      }:${port}\n`
    ).join("");
}

function readPlace(text: string): HostAndPort | undefined {
  try {
    return parseEndpointText(text);
  } catch {
    return undefined;
  }
}
