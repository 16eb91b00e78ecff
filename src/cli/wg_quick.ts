/**
 * The program as `wg-quick`: its four actions with its words, errors and exit
 * statuses.
 *
 * ```text
 * wg-quick up NAME | FILE     what `caktus up` does
 * wg-quick down …             of whatever made the interface, as long as it is WireGuard's
 * wg-quick save …             the file becomes what the interface is
 * wg-quick strip …            the file without wg-quick's own keys
 * ```
 *
 * NAME is /etc/wireguard/NAME.conf. Only under this name the program asks sudo
 * to run it where it is not root. Unlike the script, `down` needs no file for
 * what this program brought up.
 *
 * @module
 */

import { Failure } from "../quick/failure.ts";
import { readState, RUNTIME_FOLDER } from "../quick/state.ts";
import { exists } from "./configuration.ts";
import { complain, report } from "./output.ts";
import { runBySudo } from "./sudo.ts";

const USAGE =
  `Usage: wg-quick [ up | down | save | strip ] [ CONFIG_FILE | INTERFACE ]

  CONFIG_FILE is a path that ends in NAME.conf, where NAME becomes the
  interface's. INTERFACE is a name alone: /etc/wireguard/INTERFACE.conf.
  The file is what wg(8) reads, and in [Interface] it may have besides:

  - Address: addresses with prefix lengths, separated by commas.
  - DNS: resolvers to use while the interface is up, and search domains.
  - MTU: the interface's; without it, what the way to the peers allows.
  - Table: the routing table for the peers' networks; \`off' for no routes,
    \`auto' or nothing for what is right.
  - PreUp, PostUp, PreDown, PostDown: commands for bash(1); \`%i' in them is
    the interface.
  - SaveConfig: with \`true' the file becomes what the interface is when it
    is taken down.

  The same and more: caktus --help`;

const ACTIONS = ["up", "down", "save", "strip"] as const;
type Action = typeof ACTIONS[number];

/** A file and the interface that it stands for. */
interface Place {
  readonly name: string;
  readonly file: string;
}

/**
 * Runs what the words behind `wg-quick` say.
 *
 * @returns the exit status
 */
export async function runWgQuick(words: readonly string[]): Promise<number> {
  const [first = "", word = ""] = words;
  const action = ACTIONS.find((known) => known === first);
  if (words.length !== 2 || action === undefined) {
    complain(USAGE);
    return words.length === 1 && /^(help|-h|--help)$/.test(first) ? 0 : 1;
  }
  if (Deno.uid() !== 0) return await runBySudo(words);
  try {
    return await run(action, word);
  } catch (error) {
    return report(error);
  }
}

async function run(action: Action, word: string): Promise<number> {
  const known = action === "down" ? upByUs(word) : undefined;
  if (known !== undefined) {
    return await (await import("./up.ts")).runDown([known]);
  }
  const place = placeOf(word);
  warnOfReaders(place.file);
  switch (action) {
    case "up":
      return await up(place);
    case "strip":
      return (await import("./strip.ts")).runStrip([pathOf(place)]);
    case "save":
      await checkWireGuard(place.name);
      return await (await import("./save.ts")).runSave([pathOf(place)]);
    case "down":
      await checkWireGuard(place.name);
      return await (await import("./foreign_down.ts")).runForeignDown(place);
  }
}

async function up(place: Place): Promise<number> {
  const { linkByName } = await import("../../ffi/link.ts");
  if (linkByName(place.name) !== undefined) {
    throw new Failure(`\`${place.name}' already exists`);
  }
  return await (await import("./up.ts")).runUp([pathOf(place)], false);
}

/** The interface that a word means, if this program brought it up: then no file is needed. */
function upByUs(word: string): string | undefined {
  const name = isName(word) ? word : nameIn(word);
  if (name === undefined) return undefined;
  return readState(RUNTIME_FOLDER, name) === undefined ? undefined : name;
}

/** @throws Failure in the words of wg-quick */
function placeOf(word: string): Place {
  const file = isName(word) ? `/etc/wireguard/${word}.conf` : word;
  if (!exists(file)) {
    throw new Failure(`\`${file}' does not exist`, { hint: hintFor(word) });
  }
  const name = nameIn(file);
  if (name !== undefined) return { name, file };
  throw new Failure(
    "The config file must be a valid interface name, followed by .conf",
  );
}

function hintFor(word: string): string {
  if (isName(word) && exists(word)) {
    return `for the file in this folder give its path: wg-quick up ./${word}`;
  }
  if (!isName(word) && !word.includes("/")) {
    return "an interface's name has 15 characters at most, letters, digits and _ = + . -";
  }
  return "";
}

async function checkWireGuard(name: string): Promise<void> {
  const { wireguardInterfaces } = await import("./devices.ts");
  if ((await wireguardInterfaces()).includes(name)) return;
  throw new Failure(`\`${name}' is not a WireGuard interface`);
}

function warnOfReaders(file: string): void {
  const real = Deno.realPathSync(file);
  const folder = real.slice(0, real.lastIndexOf("/") + 1);
  const [mode, above] = [real, folder].map((path) => Deno.statSync(path).mode);
  if (((mode ?? 0) & (above ?? 0) & 0o007) === 0) return;
  complain(`Warning: \`${real}' is world accessible`);
}

function isName(word: string): boolean {
  return /^[a-zA-Z0-9_=+.-]{1,15}$/.test(word);
}

function nameIn(file: string): string | undefined {
  return /(?:^|\/)([a-zA-Z0-9_=+.-]{1,15})\.conf$/.exec(file)?.[1];
}

/** A file in this folder as nothing but a path. */
function pathOf({ file }: Place): string {
  return file.includes("/") ? file : `./${file}`;
}
