/**
 * The resolvers that were set for an interface, as resolvconf(8) knows them.
 *
 * ```text
 * resolvconf -l tun.wg0              openresolv
 * /run/resolvconf/interface/tun.wg0  Debian's, which has no -l
 * ```
 *
 * @module
 */

import { resolvconfRecord } from "./dns_programs.ts";
import { findInPath } from "./hooks.ts";

const LONGEST_MILLISECONDS = 5_000;
const FOLDERS = ["/run/resolvconf", "/etc/resolvconf/run"];

/** Addresses of the resolvers; undefined where nobody knows them. */
export async function serversOf(name: string): Promise<string[] | undefined> {
  const record = resolvconfRecord(name);
  if (record === undefined) return undefined;
  const text = await listed(record) ?? written(record);
  const found = text?.matchAll(/^nameserver ([a-zA-Z0-9_=+:%.-]+)$/gm) ?? [];
  const servers = [...found].map(([, server]) => server!);
  return servers.length > 0 ? servers : undefined;
}

async function listed(record: string): Promise<string | undefined> {
  try {
    const program = findInPath("resolvconf") ?? "resolvconf";
    const { success, stdout } = await new Deno.Command(program, {
      args: ["-l", record],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(LONGEST_MILLISECONDS),
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}

function written(record: string): string | undefined {
  for (const folder of FOLDERS) {
    try {
      return Deno.readTextFileSync(`${folder}/interface/${record}`);
    } catch {
      // It keeps its records elsewhere.
    }
  }
  return undefined;
}
