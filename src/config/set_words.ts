/**
 * The words of `wg set`, behind the interface's name.
 *
 * ```text
 * [listen-port PORT] [fwmark MARK] [private-key FILE]
 * [peer KEY [remove] [preshared-key FILE] [endpoint HOST:PORT]
 *           [persistent-keepalive SECONDS] [allowed-ips [+|-]PREFIX,…] ]…
 * ```
 *
 * What concerns the device stands before the first peer. Keys come from files,
 * since everyone on the machine sees a command line; an empty one clears the key.
 *
 * @module
 */

import type { PublicKey } from "../noise/keys.ts";
import { nearest } from "./conf_keys.ts";
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
import { shown, WordError } from "./wg_only_words.ts";

/** What reading the words needs of the machine. */
export interface SetWordsContext {
  readonly services: Services;
  /**
   * The key that a file holds; 32 zeros where it is empty.
   *
   * @throws WordError where it holds none
   */
  readKeyFile(path: string, option: string): Uint8Array;
}

type DeviceOption = (
  draft: ChangeDraft,
  value: string,
  context: SetWordsContext,
) => void;

type PeerOption = (
  peer: PeerDraft,
  value: string,
  context: SetWordsContext,
  draft: ChangeDraft,
) => void;

const DEVICE_OPTIONS = new Map<string, DeviceOption>([
  ["listen-port", (draft, value, { services }) => {
    draft.listenPort = readPort(value, services);
  }],
  ["fwmark", (draft, value) => {
    draft.fwmark = readFwmark(value);
  }],
  ["private-key", (draft, value, context) => {
    const key = context.readKeyFile(value, "private-key");
    draft.privateKey = privateKeyOrNone(key);
  }],
]);

const PEER_OPTIONS = new Map<string, PeerOption>([
  ["preshared-key", (peer, value, context) => {
    const key = context.readKeyFile(value, "preshared-key");
    peer.presharedKey = presharedKeyOrNone(key);
  }],
  ["endpoint", (peer, value, { services }) => {
    peer.endpoint = { ...readEndpoint(value, services), written: value };
  }],
  ["persistent-keepalive", (peer, value) => {
    peer.persistentKeepaliveSeconds = readKeepalive(value);
  }],
  ["allowed-ips", (peer, value, _, draft) => {
    const word = readAllowedIps(value.replace(/[ \t\n\v\f\r]/g, ""));
    addAllowedIps(draft, peer, word);
  }],
]);

/**
 * Reads the words.
 *
 * @throws WordError at the first that is wrong
 */
export function parseSetWords(
  words: readonly string[],
  context: SetWordsContext,
): ChangeDraft {
  const draft = emptyDraft();
  for (let at = 0; at < words.length;) {
    at += readOption(draft, words[at]!, words[at + 1], context);
  }
  return draft;
}

/** @returns how many words were read */
function readOption(
  draft: ChangeDraft,
  option: string,
  value: string | undefined,
  context: SetWordsContext,
): number {
  const peer = draft.peers.at(-1);
  if (option === "remove" && peer) {
    peer.remove = true;
    return 1;
  }
  if (value === undefined) throw invalid(option, peer);
  if (option === "peer") {
    const publicKey = readKey(value) as PublicKey;
    draft.peers.push({ publicKey, allowedIps: [] });
  } else if (peer) {
    const read = PEER_OPTIONS.get(option);
    if (read === undefined) throw invalid(option, peer);
    read(peer, value, context, draft);
  } else {
    const read = DEVICE_OPTIONS.get(option);
    if (read === undefined) throw invalid(option, peer);
    read(draft, value, context);
  }
  return 2;
}

function invalid(option: string, peer: PeerDraft | undefined): WordError {
  return new WordError(
    `Invalid argument: ${shown(option)}`,
    whyInvalid(option, peer),
  );
}

function whyInvalid(option: string, peer: PeerDraft | undefined): string {
  const ofDevice = [...DEVICE_OPTIONS.keys()];
  const ofPeer = [...PEER_OPTIONS.keys(), "remove"];
  if (ofDevice.includes(option) && peer) {
    return `${option} is the interface's: it stands before the first peer`;
  }
  if (ofPeer.includes(option) && !peer) {
    return `${option} is a peer's: it stands behind peer KEY`;
  }
  if ([...ofDevice, ...ofPeer, "peer"].includes(option)) {
    return `${option} has no value`;
  }
  const near = nearest(option, [...ofDevice, "peer", ...ofPeer]);
  return near === undefined ? "" : `did you mean ${near}?`;
}
