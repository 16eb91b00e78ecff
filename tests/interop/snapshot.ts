/**
 * What a tunnel could have changed in a host, as text that is equal exactly when nothing changed.
 *
 * | section | what is left out, because it changes by itself |
 * |---|---|
 * | addresses, links | lifetimes, `tentative`, queue statistics |
 * | routes | expiry times |
 * | rules | |
 * | nftables | counters and handles |
 * | sysctls | those of interfaces that come and go are kept: an interface left behind shows |
 * | files | locks, which must stay to be locks; contents, but that of resolv.conf |
 *
 * @module
 */

/** Sections by name; each a list of lines. */
export type Snapshot = Map<string, string[]>;

/** Runs a program in a host. */
type Must = (...command: string[]) => Promise<string>;

const SECTIONS: [name: string, script: string][] = [
  ["addresses", "ip address show | sed -E '/valid_lft/d; s/ tentative//'"],
  ["routes", "ip route show table all | sed -E 's/ expires [0-9]+sec//'"],
  ["routes v6", "ip -6 route show table all | sed -E 's/ expires [0-9]+sec//'"],
  ["rules", "ip rule show"],
  ["rules v6", "ip -6 rule show"],
  ["nftables", "nft -s list ruleset"],
  [
    "sysctls",
    "sysctl -a 2>/dev/null | grep -E '^net\\.ipv[46]\\.(ip_forward|conf\\.[^ ]*\\.(forwarding|src_valid_mark|rp_filter|addr_gen_mode|disable_ipv6|accept_ra|accept_local|mtu)) ='",
  ],
  [
    "files",
    "cd /; find etc/wireguard run/caktus run/wireguard ! -name '*.lock' 2>/dev/null | sort; cat etc/resolv.conf",
  ],
];

/** Looks at a host. One shell, so that it takes some 30 ms. */
export async function takeSnapshot(must: Must): Promise<Snapshot> {
  const mark = "=== ";
  const script = SECTIONS.map(([name, command]) =>
    `echo '${mark}${name}'; ${command}`
  ).join("\n");
  const parts = (await must("bash", "-c", script)).split(
    new RegExp(`^${mark}`, "m"),
  ).slice(1);
  return new Map(parts.map((part) => {
    const [name = "", ...lines] = part.split("\n");
    return [
      name,
      lines.map((line) => line.trimEnd()).filter((line) => line !== ""),
    ];
  }));
}

/** What was taken away and what was added, one line each, in the order of the sections; empty where nothing changed. */
export function difference(before: Snapshot, after: Snapshot): string[] {
  const lines: string[] = [];
  for (const [name, old] of before) {
    const now = after.get(name) ?? [];
    lines.push(...without(old, now).map((line) => `${name}: - ${line}`));
    lines.push(...without(now, old).map((line) => `${name}: + ${line}`));
  }
  return lines;
}

/** Lines of the first list that the second has not, or not as often. */
function without(lines: string[], others: string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
