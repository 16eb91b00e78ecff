/**
 * `set`: changes of an interface by words, as `wg set` takes them.
 *
 * ```text
 * caktus set wg0 listen-port 51820 private-key /etc/wireguard/key
 * caktus set wg0 peer KEY endpoint vpn.example.com:51820 allowed-ips 10.0.0.0/24
 * caktus set wg0 peer KEY allowed-ips +10.0.1.0/24,-10.0.0.0/24
 * caktus set wg0 peer KEY remove
 * ```
 *
 * All words are read before anything is changed. Errors begin with wg's words;
 * indented lines below them say where and what to do.
 *
 * @module
 */

import { parseSetWords } from "../config/set_words.ts";
import type { DeviceChange } from "../config/config.ts";
import type { ChangeDraft } from "../config/wg_only_draft.ts";
import { WordError } from "../config/wg_only_words.ts";
import { udpPort } from "./configuration.ts";
import { DeviceError, setDevice } from "./devices.ts";
import { programName } from "./names.ts";
import { complain, printHint } from "./output.ts";
import { resolveDraft, systemLookup } from "./set_endpoints.ts";
import { readKeyFile } from "./set_key_file.ts";

/** What `set` takes, as its usage names it. */
export const SET_WORDS =
  "<interface> [listen-port <port>] [fwmark <mark>] [private-key <file path>] " +
  "[peer <base64 public key> [remove] [preshared-key <file path>] [endpoint <ip>:<port>] " +
  "[persistent-keepalive <interval seconds>] " +
  "[allowed-ips [+|-]<ip1>/<cidr1>[,[+|-]<ip2>/<cidr2>]...] ]...";

/**
 * `set NAME …`
 *
 * @returns the exit status
 */
export async function set(words: readonly string[]): Promise<number> {
  const [name, ...more] = words;
  if (name === undefined || more.length === 0) {
    complain(`Usage: ${programName()} set ${SET_WORDS}`);
    return 1;
  }
  return await refusing(async () => {
    const context = { services: udpPort, readKeyFile };
    const draft = parseSetWords(more, context);
    await applyChange(name, await prepareChange(draft));
  });
}

/** Says the draft's warnings, and finds out where its peers are. @throws WordError */
export async function prepareChange(draft: ChangeDraft): Promise<DeviceChange> {
  for (const warning of draft.warnings) complain(warning);
  return await resolveDraft(draft, systemLookup, complain);
}

/** Changes the interface. @throws WordError in wg's words */
export async function applyChange(
  name: string,
  change: DeviceChange,
): Promise<void> {
  try {
    await setDevice(name, change);
  } catch (error) {
    throw inWords("Unable to modify interface", error);
  }
}

/** What wg says where an interface refuses. */
export function inWords(what: string, error: unknown): unknown {
  if (!(error instanceof DeviceError)) return error;
  return new WordError(`${what}: ${error.reason}`, error.hint);
}

/** Runs a command; prints why it was refused, and returns the exit status. */
export async function refusing(command: () => Promise<void>): Promise<number> {
  try {
    await command();
    return 0;
  } catch (error) {
    if (!(error instanceof WordError)) throw error;
    complain(error.message);
    printHint(error.hint);
    if (error.conclusion !== "") complain(error.conclusion);
    return 1;
  }
}
