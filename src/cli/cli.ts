/**
 * The command line: a table of commands, and what is said where no command fits.
 *
 * Exit statuses: 0 done, 1 any error, 129, 130 and 143 interrupted by HUP, INT and TERM.
 * Only this folder prints, and only main.ts ends the program.
 *
 * @module
 */

import { Command, CommanderError } from "commander";
import { Failure } from "../quick/failure.ts";
import type { KeyCommand } from "./keys.ts";
import { mistakes, nearest } from "./nearest.ts";
import { print, report } from "./output.ts";
import { VERSION } from "./version.ts";

/** One command. What it needs is loaded when it runs. */
interface Entry {
  readonly name: string;
  /** Words behind the name, as usage shows them. */
  readonly words: string;
  readonly summary: string;
  /** Flags and what they mean. */
  readonly options?: readonly (readonly [string, string])[];
  readonly details?: string;
  /** Whether all words behind the first are its own, also those that look like options. */
  readonly takesAll?: boolean;
  run(words: string[], options: Record<string, unknown>): Promise<number>;
}

const PLACES = `
Without a word it is ./wg0.conf, else /etc/wireguard/wg0.conf; a name such as
wg0 is /etc/wireguard/wg0.conf; with a slash or .conf it is a path.`;

const SET_DETAILS = `

  listen-port PORT            private-key FILE      fwmark MARK | off
  peer KEY
    remove                    preshared-key FILE    endpoint HOST:PORT
    allowed-ips PREFIX,...    persistent-keepalive SECONDS | off

allowed-ips replaces all that the peer has; with + or - before a prefix it adds
and takes away. A file that is empty, or /dev/null, clears the key.`;

const COMMANDS: readonly Entry[] = [
  {
    name: "up",
    words: "[NAME | FILE.conf]",
    summary: "bring an interface up, as its configuration says",
    options: [
      ["--foreground", "stay, and take it down at the end"],
      [
        "--confirm <time>",
        "take it down after so long (60s), unless confirmed",
      ],
    ],
    details: PLACES,
    run: async (words, { foreground, confirm }) =>
      await (await import("./up.ts")).runUp(
        words,
        foreground === true,
        confirm as string | undefined,
      ),
  },
  {
    name: "down",
    words: "[NAME | FILE.conf]",
    summary: "take it down, and undo all that up did",
    details: "\nThe file is not read: up wrote down what it did.",
    run: async (words) => await (await import("./up.ts")).runDown(words),
  },
  {
    name: "reload",
    words: "[NAME | FILE.conf]",
    summary: "bring a running interface to what its file says now",
    details:
      "\nSessions that did not change go on. Hooks are not run; those of down are the\nnew file's from then on. A file with a mistake changes nothing.",
    run: async (words) => await (await import("./reload.ts")).runReload(words),
  },
  {
    name: "confirm",
    words: "[NAME | FILE.conf]",
    summary: "let an interface stay that came up with --confirm",
    run: async (words) =>
      await (await import("./confirm.ts")).runConfirm(words),
  },
  {
    name: "show",
    words: "[all | interfaces | NAME] [FIELD | dump]",
    summary: "show interfaces and their peers, as wg(8) does",
    options: [
      ["--drops", "show which packets were dropped, and why"],
      ["--json", "as JSON"],
    ],
    run: async (words, { drops, json }) => {
      const flags = { json: json === true };
      return drops
        ? await (await import("./show_drops.ts")).showDrops(words, flags)
        : await (await import("./show.ts")).show(words, flags);
    },
  },
  {
    name: "showconf",
    words: "NAME",
    summary: "print the running configuration, keys included",
    options: [["--json", "as JSON"]],
    run: async (words, { json }) =>
      await (await import("./show.ts")).showconf(words, {
        json: json === true,
      }),
  },
  {
    name: "set",
    words: "NAME [OPTION VALUE]... [peer KEY [OPTION VALUE]...]...",
    summary: "change an interface and its peers, as wg(8) does",
    details: SET_DETAILS,
    takesAll: true,
    run: async (words) => await (await import("./set.ts")).set(words),
  },
  {
    name: "setconf",
    words: "NAME FILE",
    summary: "make an interface what a file says, all peers anew",
    run: async (words) =>
      await (await import("./setconf.ts")).setconf("setconf", words),
  },
  {
    name: "addconf",
    words: "NAME FILE",
    summary: "add what a file says to an interface",
    run: async (words) =>
      await (await import("./setconf.ts")).setconf("addconf", words),
  },
  {
    name: "syncconf",
    words: "NAME FILE",
    summary: "make an interface what a file says, touching only what differs",
    run: async (words) =>
      await (await import("./setconf.ts")).setconf("syncconf", words),
  },
  {
    name: "save",
    words: "[NAME | FILE.conf]",
    summary: "write what an interface is now into its file",
    details:
      "\nComments, host names and all that did not change stay as they are.",
    run: async (words) => await (await import("./save.ts")).runSave(words),
  },
  {
    name: "strip",
    words: "[NAME | FILE.conf]",
    summary: "print a file without what wg(8) does not know",
    details: "\nAs in: wg syncconf wg0 <(caktus strip wg0)",
    run: async (words) => (await import("./strip.ts")).runStrip(words),
  },
  {
    name: "install",
    words: "[NAME]",
    summary: "install the systemd service caktus@, and enable it for NAME",
    options: [["--root <folder>", "into a folder that is not this machine"]],
    run: async (words, { root }) =>
      await (await import("./install.ts")).runInstall(
        words,
        root as string | undefined,
      ),
  },
  {
    name: "uninstall",
    words: "",
    summary: "remove the systemd service",
    options: [["--root <folder>", "from a folder that is not this machine"]],
    run: async (_words, { root }) =>
      await (await import("./install.ts")).runUninstall(
        root as string | undefined,
      ),
  },
  {
    name: "genkey",
    words: "",
    summary: "make a private key",
    run: async (words) => await runKeys("genkey", words),
  },
  {
    name: "genpsk",
    words: "",
    summary: "make a preshared key",
    run: async (words) => await runKeys("genpsk", words),
  },
  {
    name: "pubkey",
    words: "",
    summary: "the public key of the private key on standard input",
    run: async (words) => await runKeys("pubkey", words),
  },
];

const EXAMPLES = `
Examples:
  caktus genkey | tee private.key | caktus pubkey > public.key
  sudo caktus up wg0            bring up /etc/wireguard/wg0.conf
  sudo caktus show              see handshakes and traffic
  sudo caktus show --drops      see why nothing comes through
  sudo caktus down wg0`;

/**
 * Runs what the words on the command line say.
 *
 * @returns the exit status
 */
export async function run(words: readonly string[]): Promise<number> {
  if (words.length === 1 && words[0] === "version") words = ["--version"];
  const [first = "help"] = words;
  try {
    if (isUnknown(first)) {
      if (words.length === 1 && isFallback()) return await runAsDaemon(words);
      throw unknownCommand(first, words.slice(1));
    }
    return await runCommand(words.length === 0 ? ["help"] : words);
  } catch (error) {
    return report(error);
  }
}

async function runCommand(words: readonly string[]): Promise<number> {
  let status = 0;
  const program = programOf((result) => status = result);
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw misuse(error, words[0]);
  }
  return status;
}

/** The table as commander takes it. It neither prints errors nor exits. */
function programOf(done: (status: number) => void): Command {
  const program = new Command("caktus")
    .description("A WireGuard tunnel in one binary")
    .version(`caktus ${VERSION}`, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this, or how to use a command")
    .helpCommand("help [command]", "print this, or how to use a command")
    .configureHelp({
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`,
    })
    .addHelpText("after", EXAMPLES)
    .configureOutput({ writeOut: print, outputError: () => {} })
    .enablePositionalOptions()
    .exitOverride();
  for (const entry of COMMANDS) {
    const command = program.command(`${entry.name} ${argumentsOf(entry)}`)
      .summary(entry.summary)
      .usage(`${entry.options ? "[options] " : ""}${entry.words}`)
      .description(sentence(entry))
      .action(async (...given) => {
        const [words, options] = entry.words === ""
          ? [[], given[0]]
          : [given[0], given[1]];
        done(await entry.run(words, options));
      });
    if (entry.takesAll) command.passThroughOptions().allowUnknownOption();
    for (const [flag, meaning] of entry.options ?? []) {
      command.option(flag, meaning);
    }
  }
  return program;
}

/** Each command counts its words itself: show has to do it as wg does. */
function argumentsOf({ words }: Entry): string {
  return words === "" ? "" : "[words...]";
}

function sentence({ summary, details = "" }: Entry): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.${details}`;
}

function isUnknown(word: string): boolean {
  return !word.startsWith("-") && word !== "help" &&
    !COMMANDS.some(({ name }) => name === word);
}

/**
 * Whether the wg-quick script has been told to use a program in place of
 * wireguard-go, and may be calling it: `caktus wg0`.
 */
function isFallback(): boolean {
  return (Deno.env.get("WG_QUICK_USERSPACE_IMPLEMENTATION") ?? "") !== "";
}

async function runAsDaemon(words: readonly string[]): Promise<number> {
  return await (await import("./wireguard_go.ts")).runWireguardGo(words);
}

/** Else a word is never taken for an interface: a mistyped command must start nothing. */
function unknownCommand(word: string, rest: readonly string[]): Failure {
  const command = nearest(word, COMMANDS.map(({ name }) => name));
  const hints = [`did you mean: caktus ${[command, ...rest].join(" ")}`];
  if (mistakes(word, command) > 2) {
    hints.push(
      `to bring up an interface: caktus up ${word}`,
      "all commands: caktus --help",
    );
  }
  return new Failure(`there is no command ${word}`, { hint: hints.join("\n") });
}

function misuse(error: CommanderError, command = ""): Failure {
  const message = error.message.replace(/^error: /, "").split("\n")[0]!
    .replaceAll("'", "").replace(/\.$/, "");
  return new Failure(message, {
    hint: `see how it is used: caktus ${command} --help`.replace("  ", " "),
  });
}

async function runKeys(command: KeyCommand, words: string[]) {
  return (await import("./keys.ts")).runKeys(command, words);
}
