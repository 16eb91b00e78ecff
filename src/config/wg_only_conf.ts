/**
 * The files of `wg setconf`, `addconf` and `syncconf`: wg0.conf with wg's own
 * keys alone, as `wg showconf` and `wg-quick strip` write it.
 *
 * ```text
 * [Interface]   PrivateKey  ListenPort  FwMark
 * [Peer]        PublicKey  PresharedKey  AllowedIPs  Endpoint  PersistentKeepalive
 * ```
 *
 * Blanks do not count, anywhere; nor does the case of keys and sections; a comment
 * begins at `#`. AllowedIPs may stand more than once. Accepted beyond wg: a byte
 * order mark, blanks of other alphabets, AllowedIPs and PresharedKey without a
 * value, a comma at a list's end.
 *
 * @module
 */

import type { PublicKey } from "../noise/keys.ts";
import {
  isShowable,
  KEYS,
  type SectionName,
  sectionNamed,
  sectionOf,
  unknownKeyProblem,
} from "./conf_keys.ts";
import { surprise } from "./conf_values.ts";
import type { Services } from "./endpoint.ts";
import {
  addAllowedIps,
  type ChangeDraft,
  emptyDraft,
  type PeerDraft,
  presharedKeyOrNone,
  privateKeyOrNone,
} from "./wg_only_draft.ts";
import {
  readAllowedIps,
  readEndpoint,
  readFwmark,
  readKeepalive,
  readKey,
  readPort,
} from "./wg_only_values.ts";
import { shownLine, WordError } from "./wg_only_words.ts";

/** What wg says last of a line that is wrong. */
export const PARSING_ERROR = "Configuration parsing error";
const INVALID = "Invalid configuration";

/** A section with its values; a key that is missing leaves the device as it is. */
type Reader = (file: OpenFile, value: string) => void;

/** A file that is being read. */
interface OpenFile {
  readonly services: Services;
  readonly draft: ChangeDraft;
  section?: SectionName;
  /** The line that is being read, as `wg0.conf:7`. */
  place: string;
  /** Peers whose key is not known yet, and where their headers stand. */
  readonly sections: { peer: Partial<PeerDraft>; place: string }[];
}

const READERS: Record<SectionName, ReadonlyMap<string, Reader>> = {
  Interface: new Map<string, Reader>([
    ["privatekey", ({ draft }, value) => {
      draft.privateKey = privateKeyOrNone(readKey(value));
    }],
    ["listenport", ({ draft, services }, value) => {
      draft.listenPort = readPort(value, services);
    }],
    ["fwmark", ({ draft }, value) => {
      draft.fwmark = readFwmark(value);
    }],
  ]),
  Peer: new Map<string, Reader>([
    ["publickey", (file, value) => {
      lastPeer(file).publicKey = readKey(value) as PublicKey;
    }],
    ["presharedkey", (file, value) => {
      if (value === "") return;
      lastPeer(file).presharedKey = presharedKeyOrNone(readKey(value));
    }],
    ["allowedips", (file, value) => {
      const peer = lastPeer(file) as PeerDraft;
      addAllowedIps(file.draft, peer, readAllowedIps(value));
    }],
    ["endpoint", (file, value) => {
      const endpoint = readEndpoint(value, file.services);
      const { place } = file;
      lastPeer(file).endpoint = { ...endpoint, written: value, place };
    }],
    ["persistentkeepalive", (file, value) => {
      lastPeer(file).persistentKeepaliveSeconds = readKeepalive(value);
    }],
  ]),
};

/** Keys that may stand without a value: panels write them so. */
const MAY_BE_EMPTY = ["allowedips", "presharedkey"];

/**
 * Reads a file. What it does not name is absent from the draft; each peer's
 * allowed IPs replace what the device has.
 *
 * @param text what `decodeConfig` made of its bytes
 * @param name of the file, for hints
 * @throws WordError at the first line that is wrong
 */
export function parseWgOnlyConf(
  text: string,
  name: string,
  services: Services = () => undefined,
): ChangeDraft {
  const draft = emptyDraft();
  const file: OpenFile = { services, draft, place: name, sections: [] };
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*$/s, "").replace(/\s/g, "");
    file.place = `${name}:${i + 1}`;
    if (line !== "") readLine(file, line);
  }
  for (const { peer, place } of file.sections) {
    if (peer.publicKey !== undefined) {
      draft.peers.push(peer as PeerDraft);
      continue;
    }
    const where = `${place}: this [Peer] has no PublicKey`;
    throw new WordError("A peer is missing a public key", where, INVALID);
  }
  return draft;
}

/** The draft as `wg setconf` takes it: what the file does not name is cleared. */
export function asWhole(draft: ChangeDraft): ChangeDraft {
  return {
    ...draft,
    privateKey: draft.privateKey ?? null,
    listenPort: draft.listenPort ?? 0,
    fwmark: draft.fwmark ?? 0,
    replacePeers: true,
  };
}

function lastPeer(file: OpenFile): Partial<PeerDraft> {
  return file.sections.at(-1)!.peer;
}

function readLine(file: OpenFile, line: string): void {
  const header = /^\[(.*)\]$/.exec(line)?.[1];
  const named = header === undefined ? undefined : sectionNamed(header);
  if (named !== undefined) {
    file.section = named;
    if (named === "Peer") {
      const peer = { replaceAllowedIps: true, allowedIps: [] };
      file.sections.push({ peer, place: file.place });
    }
    return;
  }
  const equals = line.indexOf("=");
  const key = line.slice(0, Math.max(equals, 0));
  const value = line.slice(equals + 1);
  const read = file.section &&
    READERS[file.section].get(key.toLowerCase());
  const { place } = file;
  if (!read || value === "" && !MAY_BE_EMPTY.includes(key.toLowerCase())) {
    throw unrecognized(line, key, read !== undefined, file.section, place);
  }
  try {
    read(file, value);
  } catch (error) {
    if (!(error instanceof WordError)) throw error;
    const why = surprise(value) ?? error.hint;
    const hint = `${place}: ${key}` + (why === "" ? "" : `: ${why}`);
    throw new WordError(error.message, hint, PARSING_ERROR);
  }
}

function unrecognized(
  line: string,
  key: string,
  known: boolean,
  section: SectionName | undefined,
  place: string,
): WordError {
  const sign = /^(;|\/\/|--)/.exec(line)?.[0];
  const why = sign !== undefined
    ? `a comment starts with #, not ${sign}`
    : known
    ? `${key} has no value`
    : section === undefined
    ? "stands before any section; the line [Interface] is missing above it"
    : whyUnknown(key, section);
  return new WordError(
    `Line unrecognized: \`${shownLine(line)}'`,
    why === "" ? place : `${place}: ${why}`,
    PARSING_ERROR,
  );
}

function whyUnknown(key: string, section: SectionName): string {
  if (!isShowable(key)) return "";
  const known = KEYS[section].find((each) =>
    each.toLowerCase() === key.toLowerCase()
  );
  if (known !== undefined && sectionOf(key) === section) {
    return `${known} is wg-quick's, not wg's; caktus strip leaves it out: <(caktus strip NAME)`;
  }
  return unknownKeyProblem(key, section);
}
