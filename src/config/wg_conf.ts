/**
 * wg0.conf as data: what wg(8) and wg-quick(8) read, with the line of whatever is wrong.
 *
 * ```text
 * [Interface]                    once          conf_interface.ts
 *   PrivateKey ListenPort FwMark MTU Table     once each
 *   Address DNS PreUp PostUp PreDown PostDown  as often as wanted
 * [Peer]                         any number    conf_peer.ts
 *   PublicKey PresharedKey Endpoint PersistentKeepalive
 *   AllowedIPs                                 as often as wanted
 * ```
 *
 * What stock tools accept is accepted; where it is likely a mistake, a warning
 * names the lines. What they reject, or what no one can mean, is a ConfigError
 * `wg0.conf:LINE: KEY: what is wrong and what to do`. Neither ever holds a
 * private or preshared key, nor the value of a key line that is wrong.
 *
 * @example
 * ```ts
 * import { parseConfig } from "./wg_conf.ts";
 * import { formatPrefix } from "./prefix.ts";
 *
 * const config = parseConfig(
 *   "[Interface]\nAddress = 10.0.0.2/24\nPostUp = wg set %i private-key /k\n",
 *   "wg0.conf",
 * );
 * console.assert(formatPrefix(config.interface.addresses[0]!) === "10.0.0.2/24");
 * ```
 *
 * @module
 */

import type { PrivateKey, PublicKey } from "../noise/keys.ts";
import { isAppKey, type SectionName, unknownKeyProblem } from "./conf_keys.ts";
import {
  checkInterface,
  emptyInterface,
  INTERFACE_READERS,
  type InterfaceDraft,
} from "./conf_interface.ts";
import { type Header, type Pair, problemOf, readLines } from "./conf_lines.ts";
import {
  emptyPeer,
  finishPeer,
  PEER_READERS,
  type PeerDraft,
} from "./conf_peer.ts";
import { warnOfPeers, withoutTwins } from "./conf_peers.ts";
import { type Config, ConfigError } from "./config.ts";
import type { Services } from "./endpoint.ts";
import type { TableNames } from "./route_table.ts";

/** What the parser cannot know by itself. */
export interface ParseOptions {
  /** Ports by their names, for ListenPort and Endpoint. */
  services?: Services;
  /** Numbers of routing tables by their names, for Table. */
  tables?: TableNames;
  /** With it, a peer that has the interface's own key is warned about. */
  publicKeyOf?: (privateKey: PrivateKey) => PublicKey;
}

/**
 * Reads a configuration file.
 *
 * @param text what `decodeConfig` made of its bytes
 * @param file its name, as it shall stand in errors and warnings
 * @throws ConfigError at the first thing that is wrong
 */
export function parseConfig(
  text: string,
  file: string,
  options: ParseOptions = {},
): Config {
  const draft: Draft = { file, options, warnings: [], peers: [] };
  for (const line of readLines(text, file)) {
    if ("key" in line) readPair(draft, line);
    else openSection(draft, line);
  }
  return finish(draft);
}

/** A file that is being read. */
interface Draft {
  readonly file: string;
  readonly options: ParseOptions;
  readonly warnings: string[];
  section?: SectionName;
  interface?: InterfaceDraft;
  readonly peers: PeerDraft[];
}

function openSection(draft: Draft, { section, line }: Header): void {
  draft.section = section;
  if (section === "Peer") {
    draft.peers.push(emptyPeer(line));
    return;
  }
  if (draft.interface) {
    draft.warnings.push(
      `${draft.file}:${line}: a second [Interface]; it is taken together with that of line ${draft.interface.line}`,
    );
  }
  draft.interface ??= emptyInterface(line);
}

function readPair(draft: Draft, pair: Pair): void {
  const section = draft.section;
  if (section === undefined) {
    throw new ConfigError(
      draft.file,
      pair.line,
      pair.key,
      "stands before any section; the line [Interface] is missing above it",
    );
  }
  const key = pair.key.toLowerCase();
  const { services = () => undefined, tables = () => undefined } =
    draft.options;
  const owner = section === "Interface"
    ? draft.interface!
    : draft.peers.at(-1)!;
  const read = section === "Interface"
    ? INTERFACE_READERS.get(key)?.bind(null, draft.interface!)
    : PEER_READERS.get(key)?.bind(null, draft.peers.at(-1)!);
  if (read) {
    warnOfRepetition(draft, owner.seen, pair);
    read(pair, { services, tables, warnings: draft.warnings });
  } else if (isAppKey(key)) {
    warn(draft, pair, "only phone apps know this; it is ignored");
  } else throw problemOf(pair, unknownKeyProblem(pair.key, section));
}

/** Keys of which a section has one value. */
const SINGLE =
  /^(privatekey|listenport|fwmark|mtu|table|saveconfig|publickey|presharedkey|endpoint|persistentkeepalive)$/;

function warnOfRepetition(
  draft: Draft,
  seen: Map<string, number>,
  pair: Pair,
): void {
  const key = pair.key.toLowerCase();
  const before = seen.get(key);
  seen.set(key, pair.line);
  if (before === undefined || !SINGLE.test(key)) return;
  const hint = key === "publickey" ? "; is a line [Peer] missing?" : "";
  warn(draft, pair, `stands on line ${before} too; this one is used${hint}`);
}

function warn(draft: Draft, pair: Pair, text: string): void {
  draft.warnings.push(problemOf(pair, text).message);
}

function finish(draft: Draft): Config {
  const { file, warnings } = draft;
  if (draft.interface === undefined) {
    throw new ConfigError(file, 0, "", "the section [Interface] is missing");
  }
  checkInterface(draft.interface, file);
  const drafts = draft.peers.map((peer) => finishPeer(peer, file));
  const { config } = draft.interface;
  const publicKey = config.privateKey &&
    draft.options.publicKeyOf?.(config.privateKey);
  warnOfPeers(drafts, file, publicKey, warnings);
  return { interface: config, peers: withoutTwins(drafts), warnings };
}
