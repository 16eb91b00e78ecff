/**
 * genkey, genpsk and pubkey: the same bytes and exit statuses as wg(8) for the
 * same input, and kinder words.
 *
 * ```text
 * genkey   32 random bytes, clamped          ──▶ base64 and a newline
 * genpsk   32 random bytes                   ──▶ base64 and a newline
 * pubkey   44 characters, then only blanks   ──▶ base64 and a newline
 * ```
 *
 * They are called from scripts, many times over, so they load nothing but the
 * platform's own X25519 (RFC 7748), which the tests hold against noble's. No
 * message shows any part of what was read. Unlike wg, which exits with 0 then,
 * a key that could not be written is an error.
 *
 * @module
 */

import { importPrivate, publicHalf } from "../driver/x25519_keys.ts";
import { clamp, decodeKey, encodeKey, type PublicKey } from "../noise/keys.ts";
import { programName } from "./names.ts";
import { complain, print } from "./output.ts";

/** The commands of this file. */
export type KeyCommand = "genkey" | "genpsk" | "pubkey";

/** The standard streams, and where randomness comes from. */
export interface Streams {
  /** Standard input, piece by piece; the pieces may share memory. */
  stdin(): Iterable<Uint8Array>;
  /** Writes all of the text, or throws. */
  stdout(text: string): void;
  /** Writes a line. */
  stderr(line: string): void;
  /** Permission bits where standard output is a regular file. */
  stdoutMode(): number | undefined;
  /** So many random bytes. */
  random(length: number): Uint8Array;
}

const KEY_LENGTH = 32;
const TEXT_LENGTH = 44;
/** Permission bits of everyone but the owner and the group. */
const OTHERS = 0o007;
/** What wg skips behind a key: NUL and what isspace() holds for. */
const BLANKS = /^[\0\t-\r ]*$/;

const COMMANDS = { genkey, genpsk, pubkey };

/**
 * Runs one of the commands on the streams of this process.
 *
 * @returns the exit status
 */
export function runKeys(
  command: KeyCommand,
  words: readonly string[] = [],
): number {
  try {
    return COMMANDS[command](processStreams, words);
  } catch (error) {
    complain(
      `${programName()}: ${error instanceof Error ? error.message : error}`,
    );
    return 1;
  }
}

/** Prints a new private key; returns the exit status. */
export function genkey(streams: Streams, words: readonly string[]): number {
  if (words.length > 0) return usage(streams, "genkey");
  warnOfReaders(streams);
  const random = streams.random(KEY_LENGTH);
  printKey(streams, clamp(random));
  random.fill(0);
  return 0;
}

/** Prints a new preshared key; returns the exit status. */
export function genpsk(streams: Streams, words: readonly string[]): number {
  if (words.length > 0) return usage(streams, "genpsk");
  warnOfReaders(streams);
  printKey(streams, streams.random(KEY_LENGTH));
  return 0;
}

/** Prints the public key of the private key on standard input; returns the exit status. */
export function pubkey(streams: Streams, words: readonly string[]): number {
  if (words.length > 0) return usage(streams, "pubkey");
  const read = readPrivateKey(streams);
  if (typeof read === "string") {
    streams.stderr(`${programName()}: ${read}`);
    streams.stderr("  give it a private key: caktus genkey | caktus pubkey");
    return 1;
  }
  printKey(streams, publicKeyOf(read));
  read.fill(0);
  return 0;
}

/** The key on standard input; or, as a text, what is wrong with it. */
function readPrivateKey(streams: Streams): Uint8Array | string {
  const text = readText(streams);
  if (text === undefined) return "standard input cannot be read";
  const key = decodeKey(text.slice(0, TEXT_LENGTH));
  if (key === undefined) return whatIsWrong(text);
  if (text.length > TEXT_LENGTH) return "more than a key on standard input";
  return key;
}

/** Standard input without the blanks behind a key; ends early once it is wrong. */
function readText(streams: Streams): string | undefined {
  let text = "";
  try {
    for (const piece of streams.stdin()) {
      text += String.fromCharCode(...piece);
      const key = text.slice(0, TEXT_LENGTH);
      const rest = text.slice(TEXT_LENGTH);
      if (!BLANKS.test(rest) || rest && !decodeKey(key)) break;
      text = key;
    }
    return text;
  } catch {
    return undefined;
  }
}

function whatIsWrong(text: string): string {
  if (BLANKS.test(text)) return "no key on standard input";
  if (BLANKS.test(text.slice(0, 1))) {
    return "something blank before the key on standard input";
  }
  const length = text.trimEnd().length;
  if (length < TEXT_LENGTH) {
    return `the key on standard input has ${length} characters, must have 44`;
  }
  return "what is on standard input is no key, 44 characters of base64";
}

/** The public half of a private key of 32 bytes; a new one. */
export function publicKeyOf(privateKey: Uint8Array): PublicKey {
  return publicHalf(importPrivate(privateKey));
}

/** Writes a key, and zeroes it. */
function printKey(streams: Streams, key: Uint8Array): void {
  streams.stdout(`${encodeKey(key)}\n`);
  key.fill(0);
}

function warnOfReaders(streams: Streams): void {
  if (((streams.stdoutMode() ?? 0) & OTHERS) === 0) return;
  streams.stderr(
    `${programName()}: warning: everyone may open the file of this key`,
  );
  streams.stderr("  set the umask to 077 and make a new one: umask 077");
}

function usage(streams: Streams, command: KeyCommand): number {
  const input = command === "pubkey" ? " < PRIVATE-KEY" : "";
  streams.stderr(`usage: caktus ${command}${input}`);
  return 1;
}

const processStreams: Streams = {
  *stdin() {
    const piece = new Uint8Array(4096);
    for (;;) {
      const length = Deno.stdin.readSync(piece);
      if (length === null) return;
      yield piece.subarray(0, length);
    }
  },
  stdout: print,
  stderr: complain,
  stdoutMode() {
    try {
      const file = Deno.statSync("/proc/self/fd/1");
      return file.isFile ? file.mode ?? undefined : undefined;
    } catch {
      return undefined; // closed
    }
  },
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
