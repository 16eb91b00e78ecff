/**
 * Called as `sysctl`: what hooks find where the machine has none (sysctl(8) of procps).
 *
 * ```text
 * sysctl [-n | -q] net.ipv4.ip_forward …       read
 * sysctl [-w] [-q] net.ipv4.ip_forward=1 …     write
 * sysctl -p [FILE …]   --system                the lines of files
 * sysctl -a [-r PATTERN]                       all there is
 * ```
 *
 * A name has dots or slashes: the first that stands in it is the one that separates,
 * and the other is the one that a name may hold (`net/ipv4/conf/eth0.5/forwarding`).
 *
 * @module
 */

import { complain, print } from "./output.ts";

const ROOT = "/proc/sys/";
const DEFAULT_FILE = "/etc/sysctl.conf";
/** A file in an earlier folder hides those of its name in later ones. */
const SYSTEM_FOLDERS = [
  "/etc/sysctl.d",
  "/run/sysctl.d",
  "/usr/local/lib/sysctl.d",
  "/usr/lib/sysctl.d",
  "/lib/sysctl.d",
];

/** What the options say. */
interface Style {
  /** Every word is a setting. */
  write: boolean;
  quiet: boolean;
  /** Names that are not there are no error. */
  ignore: boolean;
  shows: "both" | "value" | "name" | "bare value";
  pattern: RegExp | undefined;
  source: "words" | "files" | "system" | "all";
}

/** Options by their letter and long name; one with `=` takes a word. */
const OPTIONS: Readonly<Record<string, (style: Style, value: string) => void>> =
  {
    "-n --values": (style) => style.shows = "value",
    "-N --names": (style) => style.shows = "name",
    "-b --binary": (style) => style.shows = "bare value",
    "-e --ignore": (style) => style.ignore = true,
    "-q --quiet": (style) => style.quiet = true,
    "-w --write": (style) => style.write = true,
    "-a -A -X --all": (style) => style.source = "all",
    "-p -f --load": (style) => style.source = "files",
    "--system": (style) => style.source = "system",
    "-o -x --deprecated": () => {},
    "-r= --pattern=": (style, value) => style.pattern = new RegExp(value),
  };

/** Where results and complaints go. */
export interface Speaker {
  print(text: string): void;
  complain(line: string): void;
}

/** A word that is no option that is known, or a pattern that is none. */
class Misuse extends Error {}

/**
 * Does what the words say.
 *
 * @returns the exit status: 0, or 1 where anything failed; the rest is done all the same
 */
export function runSysctl(
  words: readonly string[],
  speaker: Speaker = { print, complain },
): Promise<number> {
  try {
    return Promise.resolve(run(words, speaker));
  } catch (error) {
    if (!(error instanceof Misuse || error instanceof SyntaxError)) throw error;
    speaker.complain(`sysctl: ${error.message}`);
    return Promise.resolve(1);
  }
}

function run(words: readonly string[], speaker: Speaker): number {
  if (words.some((word) => /^(-V|--version)$/.test(word))) {
    speaker.print("sysctl as procps-ng 4.0.2 has it, in caktus\n");
    return 0;
  }
  const [style, rest] = readOptions(words);
  const session = new Session(style, speaker);
  switch (style.source) {
    case "all":
      session.show(ROOT);
      break;
    case "system":
      systemFiles().forEach((file) => session.load(file));
      break;
    case "files":
      (rest.length === 0 ? [DEFAULT_FILE] : rest).forEach((file) =>
        session.load(file)
      );
      break;
    case "words":
      if (rest.length === 0) throw new Misuse("no variables specified");
      rest.forEach((word) => session.take(word));
  }
  return session.status;
}

function readOptions(words: readonly string[]): [Style, string[]] {
  const style: Style = {
    write: false,
    quiet: false,
    ignore: false,
    shows: "both",
    pattern: undefined,
    source: "words",
  };
  const rest: string[] = [];
  const queue = words.flatMap(splitWord);
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (!/^-./.test(word)) {
      rest.push(word);
      continue;
    }
    const [names, take] = Object.entries(OPTIONS).find(([names]) =>
      names.split(" ").some((name) =>
        name.replace("=", "") === word
      )
    ) ?? [];
    if (names === undefined || take === undefined) {
      throw new Misuse(`option ${word} is not understood`);
    }
    take(style, names.includes("=") ? queue.shift() ?? "" : "");
  }
  return [style, rest];
}

/** `-qw` is `-q -w`, `-pFILE` is `-p FILE`, `--load=FILE` is `--load FILE`. */
function splitWord(word: string): string[] {
  const long = /^(--[a-z]+)=(.*)$/.exec(word);
  if (long !== null) return long.slice(1);
  if (!/^-[^-]./.test(word)) return [word];
  const end = word.search(/[pfr]/);
  const letters = end < 0 ? word.slice(1) : word.slice(1, end + 1);
  const value = end < 0 ? "" : word.slice(end + 1);
  const options = Array.from(letters, (letter) => `-${letter}`);
  return value === "" ? options : [...options, value];
}

/** One call's work; a failure is told and the rest goes on. */
class Session {
  status = 0;
  readonly #style: Style;
  readonly #speaker: Speaker;

  constructor(style: Style, speaker: Speaker) {
    this.#style = style;
    this.#speaker = speaker;
  }

  /** A name to show, or a setting. */
  take(word: string): void {
    const equals = word.indexOf("=");
    if (equals > 0) {
      this.#set(word.slice(0, equals).trim(), word.slice(equals + 1).trim());
    } else if (equals === 0 || this.#style.write) {
      this.#fail(`command line(0): invalid syntax, continuing...`);
    } else {
      this.show(pathOf(word));
    }
  }

  /** The settings in a file, one a line; `#` and `;` begin a comment. */
  load(file: string): void {
    let lines: string[];
    try {
      lines = readLines(file);
    } catch (error) {
      return this.#fail(`cannot open "${file}": ${reasonOf(error)}`);
    }
    if (this.#style.source === "system" && !this.#style.quiet) {
      this.#speaker.print(`* Applying ${file} ...\n`);
    }
    for (const [i, line] of lines.entries()) {
      const text = line.trim();
      if (text === "" || /^[#;]/.test(text)) continue;
      const [, lenient, name, value] = /^(-?)\s*([^=]+?)\s*=\s*(.*)$/.exec(
        text,
      ) ?? [];
      if (name === undefined) {
        this.#fail(`${file}(${i + 1}): invalid syntax, continuing...`);
      } else {
        this.#set(name, value ?? "", lenient === "-");
      }
    }
  }

  /** A value, or all below a folder. */
  show(path: string): void {
    try {
      if (Deno.statSync(path).isDirectory) {
        for (const name of namesIn(path)) this.#showBelow(`${path}/${name}`);
      } else {
        this.#print(path, readValue(path));
      }
    } catch (error) {
      this.#failAt(path, error, false);
    }
  }

  #showBelow(path: string): void {
    if (!isReadable(path)) return;
    this.show(path.replaceAll("//", "/"));
  }

  #set(name: string, value: string, lenient = false): void {
    const { pattern } = this.#style;
    const path = pathOf(name);
    if (pattern !== undefined && !pattern.test(nameOf(path))) return;
    try {
      Deno.statSync(path);
      Deno.writeTextFileSync(path, `${value}\n`, { create: false });
    } catch (error) {
      return this.#failAt(path, error, lenient);
    }
    if (!this.#style.quiet) this.#print(path, value);
  }

  #print(path: string, value: string | undefined): void {
    const { shows, pattern } = this.#style;
    const name = nameOf(path);
    if (value === undefined || (pattern && !pattern.test(name))) return;
    const { print } = this.#speaker;
    if (shows === "name") return print(`${name}\n`);
    if (shows === "bare value") return print(value);
    for (const line of value.split("\n")) {
      print(shows === "value" ? `${line}\n` : `${name} = ${line}\n`);
    }
  }

  #failAt(path: string, error: unknown, lenient: boolean): void {
    if (error instanceof Deno.errors.NotFound) {
      if (this.#style.ignore || lenient) return;
      return this.#fail(`cannot stat ${path}: ${reasonOf(error)}`);
    }
    if (lenient) return;
    this.#fail(`setting key "${nameOf(path)}": ${reasonOf(error)}`);
  }

  #fail(message: string): void {
    this.#speaker.complain(`sysctl: ${message}`);
    this.status = 1;
  }
}

/** Where a setting is; the first separator is the one that the name goes by. */
function pathOf(name: string): string {
  const separator = /[./]/.exec(name)?.[0] ?? ".";
  if (separator === "/") return ROOT + name;
  const swapped = Array.from(
    name,
    (each) => each === "." ? "/" : each === "/" ? "." : each,
  );
  return ROOT + swapped.join("");
}

function nameOf(path: string): string {
  const swapped = Array.from(
    path.slice(ROOT.length),
    (each) => each === "/" ? "." : each === "." ? "/" : each,
  );
  return swapped.join("");
}

/** Undefined for what can only be written. */
function readValue(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).replace(/\n$/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
    return undefined;
  }
}

function readLines(file: string): string[] {
  return Deno.readTextFileSync(file === "-" ? "/dev/stdin" : file).split("\n");
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

function isReadable(path: string): boolean {
  const { isDirectory, mode } = Deno.statSync(path);
  return isDirectory || ((mode ?? 0) & 0o444) !== 0;
}

/** The files of `--system` in their order. */
function systemFiles(): string[] {
  const found = new Map<string, string>();
  for (const folder of SYSTEM_FOLDERS) {
    try {
      for (const name of namesIn(folder)) {
        if (name.endsWith(".conf") && !found.has(name)) {
          found.set(name, `${folder}/${name}`);
        }
      }
    } catch {
      // Not every machine has each folder.
    }
  }
  const sorted = [...found].sort(([a], [b]) => a < b ? -1 : 1);
  return [...sorted.map(([, path]) => path), DEFAULT_FILE];
}

/** "No such file or directory" of "No such file or directory (os error 2): …". */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error.*$/s, "");
}
