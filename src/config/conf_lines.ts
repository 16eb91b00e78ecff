/**
 * The lines of a configuration file: section headers and `KEY = VALUE`.
 *
 * ```text
 * [ Interface ]            a header: blanks and case do not count
 * ListenPort = 51820 # x   a pair: a comment starts at # anywhere,
 * PostUp = echo '#1'       but not in a hook, whose value is the rest of the line
 * ```
 *
 * Errors here name no value: a line that is out of place may be a secret.
 *
 * @module
 */

import { ConfigError } from "./config.ts";
import {
  isHookKey,
  isKnownKey,
  isShowable,
  KEYS,
  nearest,
  type SectionName,
  sectionNamed,
} from "./conf_keys.ts";

/** `KEY = VALUE` and where it stands. */
export interface Pair {
  readonly file: string;
  readonly line: number;
  /** As the user wrote it. */
  readonly key: string;
  /** Without the blanks around it, and without a comment unless the key is a hook's. */
  readonly value: string;
}

/** `[SECTION]` and where it stands. */
export interface Header {
  readonly section: SectionName;
  readonly line: number;
}

/**
 * The headers and pairs of a file in their order.
 *
 * @throws ConfigError at the first line that is neither
 */
export function* readLines(
  text: string,
  file: string,
): Generator<Header | Pair> {
  let number = 0;
  for (const raw of text.replace(/^\uFEFF/, "").split("\n")) {
    number++;
    const bare = raw.replace(/#.*$/s, "").trim();
    if (bare === "") continue;
    if (bare.startsWith("[")) yield readHeader(bare, file, number);
    else yield readPair(raw, bare, file, number);
  }
}

/** The error for what is wrong with a pair. */
export function problemOf(pair: Pair, problem: string): ConfigError {
  return new ConfigError(pair.file, pair.line, pair.key, problem);
}

/** Names the first character that nobody can see; undefined where all are visible, or blanks. */
export function invisibleProblem(text: string): string | undefined {
  const code = /[^\P{C}\s]/u.exec(text)?.[0].codePointAt(0);
  if (code === undefined) return undefined;
  const byte = code - 0xdc00;
  const isByte = byte >= 0x80 && byte <= 0xff;
  const hex = (isByte ? byte : code).toString(16).toUpperCase();
  const what = isByte
    ? `the byte 0x${hex}, which is no UTF-8`
    : `an invisible character, U+${hex.padStart(4, "0")}`;
  return `holds ${what}; type it anew`;
}

function readHeader(bare: string, file: string, line: number): Header {
  const name = /^\[(.*)\]$/s.exec(bare)?.[1]?.replace(/\s+/g, "");
  if (name === undefined) {
    throw new ConfigError(
      file,
      line,
      "",
      "a section header is [Interface] or [Peer], and nothing else on its line",
    );
  }
  const section = sectionNamed(name);
  if (section !== undefined) return { section, line };
  const near = nearest(name, ["Interface", "Peer"]);
  const cure = near
    ? `did you mean [${near}]?`
    : "there are [Interface] and [Peer]";
  const shown = isShowable(name) ? ` [${name}]` : "";
  throw new ConfigError(file, line, "", `unknown section${shown}; ${cure}`);
}

function readPair(
  raw: string,
  bare: string,
  file: string,
  line: number,
): Pair {
  const equals = bare.indexOf("=");
  const key = bare.slice(0, Math.max(equals, 0)).replace(/\s+/g, "");
  const value = isHookKey(key)
    ? trimBlanks(raw.slice(raw.indexOf("=") + 1))
    : bare.slice(equals + 1).trim();
  // A lone piece of a secret ends in "=": it is not taken for an unknown key, and so not shown.
  if (!isKnownKey(key) && (value === "" || !isShowable(key))) {
    throw new ConfigError(file, line, "", lineProblem(bare));
  }
  return { file, line, key, value };
}

/** Only what bash takes for blanks: all else belongs to the command. */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t\r\v\f]+|[ \t\r\v\f]+$/g, "");
}

/** Why a line is no pair. Says only words that the file's grammar has. */
function lineProblem(bare: string): string {
  const invisible = invisibleProblem(bare);
  if (invisible !== undefined) return invisible;
  const sign = /^(;|\/\/|--)/.exec(bare)?.[0];
  if (sign !== undefined) return `a comment starts with #, not ${sign}`;
  const word = /^[A-Za-z]+/.exec(bare)?.[0] ?? "";
  const known = [...KEYS.Interface, ...KEYS.Peer].find((key) =>
    key.toLowerCase() === word.toLowerCase()
  );
  if (known !== undefined) return `write ${known} = VALUE on one line`;
  const name = sectionNamed(word);
  if (name !== undefined) {
    return `a section header stands in brackets: [${name}]`;
  }
  if (/=./.test(bare)) return "what stands before = is no key of such a file";
  return "this line is neither KEY = VALUE nor a section header; a value stands on the line of its key";
}
