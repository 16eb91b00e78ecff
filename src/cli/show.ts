/**
 * `show` and `showconf`: what WireGuard interfaces are, Caktus's and all others.
 *
 * Arguments, output and exit statuses are those of `wg show` and `wg showconf`;
 * `--drops` and `--json` are our own, and the hints below an error.
 *
 * @module
 */

import type { DeviceStatus } from "../config/config.ts";
import { formatShowconf } from "../config/showconf.ts";
import { scopeName } from "../quick/scopes.ts";
import { DeviceError, getDevice, wireguardInterfaces } from "./devices.ts";
import { configurationJson, interfaceJson, jsonText } from "./json.ts";
import { programName } from "./names.ts";
import { complain, print, printHint } from "./output.ts";
import { FIELDS, fieldText } from "./show_fields.ts";
import { interfaceText } from "./show_text.ts";
import { colored } from "./terminal.ts";

/** How something is shown. */
export interface ShowFlags {
  /** As JSON, see docs/json.md. */
  readonly json?: boolean;
}

const JSON_OPTION = "--json";
const HELP = ["-h", "--help", "help"];

/**
 * `show [all | interfaces | NAME] [FIELD | dump]`
 *
 * @returns the exit status
 */
export async function show(
  given: readonly string[],
  flags: ShowFlags = {},
): Promise<number> {
  const { words, json } = withFlags(given, flags);
  const [which = "all", field] = words;
  if (words.length > 2) return usage();
  if (which === "all") return await showAll(field, json);
  if (which === "interfaces") {
    return field === undefined ? await showNames(json) : usage();
  }
  if (words.length === 1 && HELP.includes(which)) {
    usage();
    return 0;
  }
  const status = await statusOf(which, "interface");
  if (status === undefined) return 1;
  if (json) return printJson([[which, status]], field);
  return field === undefined
    ? printInterface(which, status)
    : printField(field, status, "");
}

/** `showconf NAME` */
export async function showconf(
  given: readonly string[],
  flags: ShowFlags = {},
): Promise<number> {
  const { words, json } = withFlags(given, flags);
  const [name, ...more] = words;
  if (name === undefined || more.length > 0) {
    complain(`Usage: ${programName()} showconf <interface>`);
    return 1;
  }
  const status = await statusOf(name, "interface");
  if (status === undefined) return 1;
  print(
    json
      ? jsonText([configurationJson(name, status, scopeName)])
      : formatShowconf(status, scopeName),
  );
  return 0;
}

/** As `wg` no one has looked for options among the words. */
function withFlags(words: readonly string[], { json = false }: ShowFlags) {
  return {
    words: words.filter((word) => word !== JSON_OPTION),
    json: json || words.includes(JSON_OPTION),
  };
}

async function showAll(
  field: string | undefined,
  json: boolean,
): Promise<number> {
  const names = await wireguardInterfaces();
  const found: [string, DeviceStatus][] = [];
  for (const [i, name] of names.entries()) {
    const status = await statusOf(name, `interface ${name}`);
    if (status === undefined) continue;
    found.push([name, status]);
    if (json) continue;
    if (field === undefined) {
      printInterface(name, status);
      if (i < names.length - 1) print("\n");
    } else if (printField(field, status, `${name}\t`) !== 0) return 1;
  }
  if (json && printJson(found, field) !== 0) return 1;
  return names.length === 0 || found.length > 0 ? 0 : 1;
}

async function showNames(json: boolean): Promise<number> {
  const names = await wireguardInterfaces();
  if (json) print(jsonText(names.map((name) => ({ name }))));
  else if (names.length > 0) print(names.join(" ") + "\n");
  return 0;
}

function printJson(
  devices: readonly [string, DeviceStatus][],
  field: string | undefined,
): number {
  if (field !== undefined && !FIELDS.includes(field)) return noField(field);
  const objects = devices.map(([name, status]) =>
    interfaceJson(name, status, field, hidesKeys(), scopeName)
  ).filter((object) => object !== undefined);
  print(jsonText(objects));
  return 0;
}

function printInterface(name: string, status: DeviceStatus): number {
  const text = interfaceText(name, status, {
    nowSeconds: Math.floor(Date.now() / 1000),
    hideKeys: hidesKeys(),
    scopeName,
  });
  print(colored(text));
  return 0;
}

function printField(
  field: string,
  status: DeviceStatus,
  before: string,
): number {
  const text = fieldText(field, status, before, scopeName);
  if (text === undefined) return noField(field);
  print(text);
  return 0;
}

function noField(field: string): number {
  complain(`Invalid parameter: \`${field}'`);
  return usage();
}

/** What an interface is; where it does not say, the reason is printed. */
async function statusOf(
  name: string,
  what: string,
): Promise<DeviceStatus | undefined> {
  try {
    return await getDevice(name);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    complain(`Unable to access ${what}: ${error.reason}`);
    printHint(error.hint);
    return undefined;
  }
}

function hidesKeys(): boolean {
  return Deno.env.get("WG_HIDE_KEYS") !== "never";
}

function usage(): number {
  complain(
    `Usage: ${programName()} show { <interface> | all | interfaces } [${
      FIELDS.join(" | ")
    }]`,
  );
  return 1;
}
