/**
 * The program as `wg`: its subcommands, help, usage and exit statuses.
 *
 * ```text
 * wg                             as wg show
 * wg COMMAND …                   a subcommand of the table
 * wg help, -h, --help            the table, status 0
 * wg version, -v, --version      one line, of which the second word is the version
 * anything else                  the table on standard error, status 1
 * ```
 *
 * @module
 */

import { runKeys } from "./keys.ts";
import { complain, print, report } from "./output.ts";
import { VERSION } from "./version.ts";

/** What wg(8) of this version does is done here; scripts read it. */
const TOOLS_VERSION = "v1.0.20260223";

const SUMMARIES: readonly (readonly [string, string])[] = [
  ["show", "what interfaces and their peers are and do"],
  [
    "showconf",
    "an interface's configuration, in the form that `setconf' reads",
  ],
  ["set", "changes an interface, or adds, changes and removes its peers"],
  ["setconf", "makes an interface what a configuration file says"],
  ["addconf", "adds what a configuration file says to an interface"],
  ["syncconf", "as setconf, but leaves alone the peers that stay as they are"],
  ["genkey", "makes a private key"],
  ["genpsk", "makes a preshared key"],
  ["pubkey", "the public key of the private key on standard input"],
];

const USAGE = `Usage: wg <cmd> [<args>]

Available subcommands:
${SUMMARIES.map(([name, summary]) => `  ${name}: ${summary}`).join("\n")}
\`--help' behind a subcommand says how it is used.`;

/**
 * Runs what the words behind `wg` say.
 *
 * @returns the exit status
 */
export async function runWg(words: readonly string[]): Promise<number> {
  const [command = "show", ...rest] = words;
  if (rest.length === 0 && isHelp(command)) {
    print(`${USAGE}\n`);
    return 0;
  }
  if (words.length === 1 && /^(version|-v|--version)$/.test(command)) {
    print(`wireguard-tools ${TOOLS_VERSION} - caktus ${VERSION}\n`);
    return 0;
  }
  try {
    return await runCommand(command, rest);
  } catch (error) {
    return report(error);
  }
}

async function runCommand(command: string, words: string[]): Promise<number> {
  switch (command) {
    case "show":
      return await (await import("./show.ts")).show(words);
    case "showconf":
      return await (await import("./show.ts")).showconf(words);
    case "set":
      return await (await import("./set.ts")).set(words);
    case "setconf":
    case "addconf":
    case "syncconf":
      return await (await import("./setconf.ts")).setconf(command, words);
    case "genkey":
    case "genpsk":
    case "pubkey":
      if (words.length === 0) return runKeys(command);
      complain(`Usage: wg ${command}`);
      return 1;
  }
  complain(`Invalid subcommand: \`${command}'`);
  complain(USAGE);
  return 1;
}

function isHelp(word: string): boolean {
  return /^(help|-h|--help)$/.test(word);
}
