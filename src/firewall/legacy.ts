/**
 * Whether this machine filters packets with iptables-legacy: the kernel's older
 * interface, beside which nf_tables runs but of which it shows nothing.
 *
 * Its kernel part lists the tables that somebody has used since the machine
 * started, in this network namespace, one name a line.
 *
 * Reads /proc.
 *
 * @module
 */

/** Tables of iptables-legacy in use, such as "filter". */
export interface LegacyTables {
  readonly ip: readonly string[];
  readonly ip6: readonly string[];
}

/**
 * The tables of iptables-legacy; `undefined` where it is not in use.
 *
 * @param proc where the kernel shows them
 */
export function findLegacy(proc = "/proc/net"): LegacyTables | undefined {
  const ip = names(`${proc}/ip_tables_names`);
  const ip6 = names(`${proc}/ip6_tables_names`);
  return ip.length + ip6.length === 0 ? undefined : { ip, ip6 };
}

function names(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((name) => name);
  } catch {
    return []; // A kernel without it, or nobody who may read it.
  }
}
