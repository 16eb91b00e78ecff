/**
 * `setconf`, `addconf` and `syncconf`: an interface as a file of wg's keys says.
 *
 * | command  | what the file does not name                                        |
 * |----------|--------------------------------------------------------------------|
 * | setconf  | is cleared, every peer anew                                        |
 * | addconf  | stays                                                              |
 * | syncconf | goes, and what is as the file says is not touched: sync_change.ts  |
 *
 * The file may be a pipe: `caktus syncconf wg0 <(caktus strip wg0)`.
 *
 * @module
 */

import { rules } from "../../ffi/rule.ts";
import { decodeConfig } from "../config/conf_text.ts";
import type { DeviceStatus } from "../config/config.ts";
import { isEmptyChange, syncChange } from "../config/sync_change.ts";
import { asWhole, parseWgOnlyConf } from "../config/wg_only_conf.ts";
import type { ChangeDraft } from "../config/wg_only_draft.ts";
import { udpPort } from "./configuration.ts";
import { getDevice } from "./devices.ts";
import { programName } from "./names.ts";
import { complain } from "./output.ts";
import { applyChange, inWords, prepareChange, refusing } from "./set.ts";
import { openError } from "./set_key_file.ts";

/** The commands of this file. */
export type ConfCommand = "setconf" | "addconf" | "syncconf";

/**
 * `setconf NAME FILE`, and the others likewise.
 *
 * @returns the exit status
 */
export async function setconf(
  command: ConfCommand,
  words: readonly string[],
): Promise<number> {
  const [name, file, ...more] = words;
  if (name === undefined || file === undefined || more.length > 0) {
    complain(
      `Usage: ${programName()} ${command} <interface> <configuration filename>`,
    );
    return 1;
  }
  return await refusing(async () => {
    const draft = parseWgOnlyConf(readFile(file), file, udpPort);
    if (command === "syncconf") return await sync(name, draft);
    const whole = command === "setconf" ? asWhole(draft) : draft;
    await applyChange(name, await prepareChange(whole));
  });
}

async function sync(name: string, draft: ChangeDraft): Promise<void> {
  const file = await prepareChange(draft);
  const device = await statusOf(name);
  const keepFwmark = file.fwmark === undefined && isRouted(device.fwmark);
  const change = syncChange(file, device, { keepFwmark });
  if (!isEmptyChange(change)) await applyChange(name, change);
}

async function statusOf(name: string): Promise<DeviceStatus> {
  try {
    return await getDevice(name);
  } catch (error) {
    throw inWords("Unable to retrieve current interface configuration", error);
  }
}

/**
 * Whether a rule looks for the mark: wg-quick sets one for a full tunnel that no
 * file names, and without it the tunnel's own datagrams would go into the tunnel.
 */
function isRouted(mark: number): boolean {
  return mark !== 0 && rules().some((rule) => rule.mark === mark);
}

function readFile(path: string): string {
  try {
    return decodeConfig(Deno.readFileSync(path));
  } catch (error) {
    throw openError(error, path);
  }
}
