/**
 * Keys out of files, as `wg set` reads them: 44 characters, then only blanks.
 *
 * A file may be a pipe (`<(echo KEY)`), so it is read once, from its beginning to
 * its end. An empty one, such as /dev/null, holds the key of zeros, which clears.
 * No message shows any part of what was read.
 *
 * @module
 */

import { decodeKey } from "../noise/keys.ts";
import { readKey } from "../config/wg_only_values.ts";
import { shown, WordError } from "../config/wg_only_words.ts";

const KEY_LENGTH = 32;
const TEXT_LENGTH = 44;
/** What wg skips behind a key. */
const BLANKS = /^[\t-\r ]*$/;

/**
 * The key that a file holds; 32 zeros where it is empty.
 *
 * @param option for which the file was named, for hints
 * @throws WordError
 */
export function readKeyFile(path: string, option: string): Uint8Array {
  const text = readText(path, option);
  if (text === "") return new Uint8Array(KEY_LENGTH);
  const place = `${option} ${shown(path)}`;
  if (text === undefined || text.length < TEXT_LENGTH) {
    throw new WordError(
      "Invalid length key in key file",
      text === undefined
        ? `${place}: it cannot be read`
        : `${place}: it has ${text.length} characters, a key has ${TEXT_LENGTH}`,
    );
  }
  if (!BLANKS.test(text.slice(TEXT_LENGTH))) {
    throw new WordError(
      "Found trailing character in key file",
      `${place}: only the key may stand in it`,
    );
  }
  try {
    return readKey(text.slice(0, TEXT_LENGTH));
  } catch (error) {
    if (!(error instanceof WordError)) throw error;
    throw new WordError(error.message, `${place}: ${error.hint}`);
  }
}

/** The file, without the blanks that follow a key; undefined where it cannot be read. */
function readText(path: string, option: string): string | undefined {
  using file = open(path, option);
  const piece = new Uint8Array(4096);
  let text = "";
  try {
    for (;;) {
      const length = file.readSync(piece);
      if (length === null) return text;
      text += String.fromCharCode(...piece.subarray(0, length));
      const rest = text.slice(TEXT_LENGTH);
      if (!BLANKS.test(rest)) return text;
      text = text.slice(0, TEXT_LENGTH + 1);
    }
  } catch {
    return undefined;
  } finally {
    piece.fill(0);
  }
}

function open(path: string, option: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    throw openError(error, path, option);
  }
}

/** Why a file cannot be opened, in wg's words. */
export function openError(
  error: unknown,
  path: string,
  option = "",
): WordError {
  const message = error instanceof Error ? error.message : String(error);
  const reason = /^(.*?) \(os error \d+\)/.exec(message)?.[1] ?? message;
  const isKey = decodeKey(path) !== undefined;
  const hint = isKey
    ? "the key itself cannot be given here, where everyone may read it: <(echo KEY)"
    : shown(path);
  const place = option === "" ? hint : `${option}: ${hint}`;
  return new WordError(`fopen: ${reason}`, place);
}
