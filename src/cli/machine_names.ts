/**
 * What the machine knows by name: services, protocols, users, groups and hosts, for
 * the rules of iptables.
 *
 * @module
 */

import { resolveAddresses, ResolveError } from "../../ffi/resolve.ts";
import { IptablesError, type Lookups } from "../firewall/iptables_rule.ts";

/** A host's name that has to be resolved before the words can be read. */
export class Unresolved extends Error {
  constructor(readonly host: string, readonly family: 4 | 6) {
    super(host);
  }

  /** Its addresses of the family. @throws IptablesError */
  async resolve(): Promise<readonly Uint8Array[]> {
    const length = this.family === 4 ? 4 : 16;
    try {
      const found = (await resolveAddresses(this.host))
        .map(({ address }) => address)
        .filter((address) => address.length === length);
      if (found.length > 0) return found;
    } catch (error) {
      if (!(error instanceof ResolveError)) throw error;
    }
    throw new IptablesError(`host/network \`${this.host}' not found`);
  }
}

/** @param hosts that are resolved already; another one throws {@linkcode Unresolved} */
export function machineLookups(
  hosts: ReadonlyMap<string, readonly Uint8Array[]>,
): Lookups {
  return {
    service: (name) => numberIn("/etc/services", /\s+/, 1, name, [0, 2]),
    protocol: (name) => numberIn("/etc/protocols", /\s+/, 1, name, [0, 2]),
    user: (name) => numberIn("/etc/passwd", ":", 2, name, [0]),
    group: (name) => numberIn("/etc/group", ":", 2, name, [0]),
    host(name, family) {
      const found = hosts.get(name);
      if (found === undefined) throw new Unresolved(name, family);
      return found;
    },
  };
}

/**
 * The number in a line of a file of the machine.
 *
 * @param column of the number
 * @param names columns that may hold the name; from the last one on, every column does
 */
function numberIn(
  path: string,
  separator: string | RegExp,
  column: number,
  name: string,
  names: readonly number[],
): number | undefined {
  const [first = 0, aliases = Infinity] = names;
  for (const line of linesOf(path)) {
    const fields = line.replace(/#.*/, "").trim().split(separator);
    const isIt = fields[first] === name ||
      fields.slice(aliases).includes(name);
    if (isIt) return parseInt(fields[column] ?? "");
  }
  return undefined;
}

function linesOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n");
  } catch {
    return []; // A small image has none.
  }
}
