/**
 * The programs that keep a machine's name servers: resolvconf(8) and resolvectl(1).
 *
 * resolvconf is openresolv's, Debian's, or systemd's resolvectl under that name. Debian's sorts by
 * a prefix of the record's name, which stands in /etc/resolvconf/interface-order; that file may be
 * left over where resolvconf has become a link to resolvectl, which would not know the prefix
 * (wg-quick(8) of 2025).
 *
 * systemd-resolved is asked by itself only where /etc/resolv.conf leads to it: elsewhere programs
 * would go on asking the servers of that file.
 *
 * @module
 */

import { Failure, messageOf } from "./failure.ts";
import { findInPath } from "./hooks.ts";
import type { ResolvConf } from "./resolv_conf.ts";

const INTERFACE_ORDER = "/etc/resolvconf/interface-order";
/** A program that asks a service which does not answer gives up later than a person does. */
const LONGEST_MILLISECONDS = 10_000;

/** Name of the interface's record; undefined where there is no resolvconf. */
export function resolvconfRecord(name: string): string | undefined {
  const program = findInPath("resolvconf");
  if (program === undefined) return undefined;
  const isLink = Deno.lstatSync(program).isSymlink;
  return (isLink ? "" : recordPrefix(readIfThere(INTERFACE_ORDER))) + name;
}

/** The prefix that sorts first of those of which any record may follow, as `tun.` of the line `tun*`. */
export function recordPrefix(order: string): string {
  const prefix = /^([A-Za-z0-9-]+)\*$/m.exec(order)?.[1];
  return prefix === undefined ? "" : `${prefix}.`;
}

/** Whether programs that read this resolv.conf ask systemd-resolved, and it can be told. */
export function resolvedIsAsked({ link, text }: ResolvConf): boolean {
  const leads = /\/systemd\/resolve\//.test(link ?? "") ||
    /^nameserver[ \t]+127\.0\.0\.5[34]\s*$/m.test(text ?? "");
  return leads && findInPath("resolvectl") !== undefined;
}

/**
 * Runs a program to its end; what it says goes to the terminal.
 *
 * @throws Failure when it cannot be started, takes too long, or its status is not 0; the signal's reason
 */
export async function runProgram(
  [program = "", ...args]: readonly string[],
  input: string,
  signal?: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(LONGEST_MILLISECONDS);
  const child = new Deno.Command(findInPath(program) ?? program, {
    args,
    stdin: "piped",
    stdout: "null",
    stderr: "inherit",
    signal: signal === undefined ? late : AbortSignal.any([signal, late]),
  }).spawn();
  const [status] = await Promise.all([child.status, feed(child, input)]);
  signal?.throwIfAborted();
  if (status.success) return;
  throw new Failure(
    late.aborted
      ? `${program} does not come to an end`
      : `${program} ${args[0]} failed with status ${status.code}`,
  );
}

/** A program may end without reading. */
async function feed(child: Deno.ChildProcess, input: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch (error) {
    if (!/broken pipe/i.test(messageOf(error))) throw error;
  }
}

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
