/**
 * What the daemon is told on its command line, in both directions: the hidden
 * command `daemon NAME [OPTION VALUE]…`.
 *
 * ```text
 * --tun N     descriptor of a TUN device that is open already
 * --uapi N    descriptor of a listening socket
 * --log N     descriptor that lines of the log are written to
 * --level L   silent, error or verbose
 * ```
 *
 * @module
 */

import { duplicateForChild } from "../../ffi/process.ts";
import type { DaemonOptions } from "../driver/daemon_options.ts";

const STANDARD_OUTPUT = 1;

/** The words that stand for these options, and the descriptors that the daemon needs. */
export function wordsOf(
  { tun, uapi, level, speaks }: DaemonOptions,
): { words: string[]; descriptors: number[] } {
  const log = speaks && level !== "silent"
    ? duplicateForChild(STANDARD_OUTPUT)
    : undefined;
  const words: string[] = [];
  const descriptors: number[] = [];
  for (
    const [option, fd] of [["--tun", tun], ["--uapi", uapi], [
      "--log",
      log,
    ]] as const
  ) {
    if (fd === undefined) continue;
    words.push(option, `${fd}`);
    descriptors.push(fd);
  }
  if (level !== undefined) words.push("--level", level);
  return { words, descriptors };
}

/** The options that words stand for. @throws TypeError where they are none */
export function optionsOf(words: readonly string[]): DaemonOptions {
  const options: { -readonly [K in keyof DaemonOptions]: DaemonOptions[K] } =
    {};
  for (let i = 0; i < words.length; i += 2) {
    const [option, value = ""] = words.slice(i, i + 2);
    const fd = /^\d+$/.test(value) ? Number(value) : undefined;
    if (option === "--tun" && fd !== undefined) options.tun = fd;
    else if (option === "--uapi" && fd !== undefined) options.uapi = fd;
    else if (option === "--log" && fd !== undefined) options.log = fd;
    else if (option === "--level" && isLevel(value)) options.level = value;
    else throw new TypeError("usage: caktus daemon NAME");
  }
  return options;
}

function isLevel(text: string): text is "silent" | "error" | "verbose" {
  return /^(silent|error|verbose)$/.test(text);
}
