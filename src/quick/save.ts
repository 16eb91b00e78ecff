/**
 * `save`: the file of an interface becomes what the interface is now.
 *
 * ```text
 * file ──▶ text ──▶ config/save.ts ──▶ FILE.tmp, for root alone ──▶ sync ──▶ rename
 * ```
 *
 * Whoever reads the file meanwhile has the old one or the new one, whole. What
 * did not change is not written.
 *
 * @module
 */

import { addresses } from "../../ffi/address.ts";
import { linkByName } from "../../ffi/link.ts";
import { decodeConfig, encodeText } from "../config/conf_text.ts";
import type { DeviceStatus } from "../config/config.ts";
import type { LiveState, SaveOptions } from "../config/live_state.ts";
import { saveConfig } from "../config/save.ts";
import { parseGet } from "../config/uapi_get.ts";
import { request as ask } from "./control.ts";
import { serversOf } from "./saved_servers.ts";
import { Failure } from "./failure.ts";
import { scopeName, scopeOf } from "./scopes.ts";
import type { State } from "./state.ts";

const OWNER_ONLY = 0o600;
const LINK_LOCAL = 0xfe80;
const UTF8_MARK = [0xef, 0xbb, 0xbf];

/** An interface and its file. */
export interface SaveRequest {
  readonly name: string;
  /** Absolute path, no link. */
  readonly file: string;
  readonly device: DeviceStatus;
  /** The mark that `up` chose by itself. */
  readonly chosenMark?: number;
}

/**
 * Writes the file anew.
 *
 * @returns whether it changed
 * @throws ConfigError where it is no configuration; Failure where it cannot be written
 */
export async function save(
  request: SaveRequest,
  options: SaveOptions,
): Promise<boolean> {
  const { file } = request;
  const before = Deno.readFileSync(file);
  const live = liveState(request, await serversOf(request.name));
  const text = saveConfig(decodeConfig(before), file, live, {
    scopeOf,
    scopeName,
    ...options,
  });
  const after = withMark(encodeText(text), before);
  if (sameBytes(before, after)) return false;
  replaceFile(file, after);
  return true;
}

/** The mark that `up` gave an interface whose file names none. */
export function chosenMarkOf(
  state: State | undefined,
): { chosenMark?: number } {
  const change = state?.changes.find(({ kind }) => kind === "mark");
  return change?.kind === "mark" ? { chosenMark: change.mark } : {};
}

/** Saves what `up` brought up. */
export async function saveState(
  state: State,
  options: SaveOptions,
): Promise<void> {
  const { name, config } = state;
  const answer = await ask(name, "get=1\n\n");
  const device = parseGet(answer, { source: name, scopeOf });
  const request = { name, file: config, device, ...chosenMarkOf(state) };
  await save(request, options);
}

function liveState(
  request: SaveRequest,
  servers: readonly string[] | undefined,
): LiveState {
  const { name, device, chosenMark } = request;
  const link = linkByName(name);
  if (link === undefined) throw new Failure(`there is no interface ${name}`);
  return {
    device,
    addresses: addresses(undefined, link.index)
      .filter(({ address }) => !isLinkLocal(address))
      .map(({ address, prefixLength }) => ({ address, length: prefixLength })),
    mtu: link.mtu,
    ipv6: hasIPv6(name),
    ...chosenMark !== undefined && { chosenMark },
    ...servers && { servers },
  };
}

/** The kernel makes such addresses by itself, anew each time. */
function isLinkLocal(address: Uint8Array): boolean {
  return address.length === 16 &&
    ((address[0]! << 8 | address[1]!) & 0xffc0) === LINK_LOCAL;
}

function hasIPv6(name: string): boolean {
  try {
    const path = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
    return Deno.readTextFileSync(path).trim() === "0";
  } catch {
    return false;
  }
}

/** A byte order mark of UTF-8 stays where there was one. */
function withMark(text: Uint8Array, before: Uint8Array): Uint8Array {
  const marked = UTF8_MARK.every((byte, i) => before[i] === byte);
  return marked ? Uint8Array.of(...UTF8_MARK, ...text) : text;
}

/** In the file's own folder, since a rename crosses no file systems. */
function replaceFile(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  try {
    removeIfThere(temporary);
    writeSynced(temporary, bytes);
    Deno.renameSync(temporary, path);
  } catch (cause) {
    removeIfThere(temporary);
    throw new Failure(
      `${path} cannot be written: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const options = { write: true, createNew: true, mode: OWNER_ONLY };
  using file = Deno.openSync(path, options);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  file.syncSync();
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
