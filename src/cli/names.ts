/**
 * The names by which the program can be called, and what each makes of it.
 *
 * ```text
 * ln -s caktus /usr/local/bin/wg        wg show        the first argument says "wg"
 * -wg, /usr/local/bin/wg                               so do a login shell's, and a path
 * caktus wg show                                       the same without a link
 * ```
 *
 * Deno does not tell the name, so it is read from /proc/self/cmdline. Where
 * that cannot be read the program is caktus. From source it is Deno that is
 * called, so only the last form works there.
 *
 * @module
 */

const NAMES = [
  "wg",
  "wg-quick",
  "wireguard-go",
  "iptables",
  "ip6tables",
  "iptables-save",
  "ip6tables-save",
  "iptables-restore",
  "ip6tables-restore",
  "sysctl",
] as const;

/** A program that this one stands in for. */
export type OtherName = typeof NAMES[number];

/** What the program was called as, and the words that are left for it. */
export interface Call {
  /** Undefined for caktus itself. */
  readonly name: OtherName | undefined;
  readonly words: readonly string[];
}

let called: OtherName | undefined;

/** What this process is called, for usage and errors: caktus, or the name of the program that it stands in for. */
export function programName(): string {
  return called ?? "caktus";
}

/**
 * Finds out what this process was called as; {@linkcode programName} says it from then on.
 *
 * @param words what stands behind the name on the command line
 */
export function readCall(words: readonly string[]): Call {
  const call = callOf(firstArgument(), words);
  called = call.name;
  return call;
}

/** From here on the process is called that: a lone word may have meant it. */
export function callItself(name: OtherName): void {
  called = name;
}

/** What a command line means; its first argument is a path, or a name, with the dash of a login shell or without. */
export function callOf(first: string, words: readonly string[]): Call {
  const path = first.replace(/^-/, "");
  const base = path.slice(path.lastIndexOf("/") + 1);
  const linked = nameOf(base);
  if (linked !== undefined) return { name: linked, words };
  const named = nameOf(words[0] ?? "");
  if (named !== undefined) return { name: named, words: words.slice(1) };
  return { name: undefined, words };
}

function nameOf(word: string): OtherName | undefined {
  return NAMES.find((name) => name === word);
}

/** The name that the caller gave this process, as execve(2) takes it; "" where /proc is not there. */
function firstArgument(): string {
  try {
    const [first = ""] = Deno.readTextFileSync("/proc/self/cmdline").split(
      "\0",
    );
    return first;
  } catch {
    return "";
  }
}
