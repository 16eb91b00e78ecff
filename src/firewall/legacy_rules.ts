/**
 * The same rules for iptables-legacy, where the kernel has no nf_tables: what
 * `iptables-restore --noflush` reads, as wg-quick(8) writes it where it finds
 * no `nft`.
 *
 * ```text
 * *raw      PREROUTING   ! -i wg0 -d ADDRESS -m addrtype ! --src-type LOCAL -j DROP
 * *mangle   POSTROUTING  -p udp -m mark --mark MARK -j CONNMARK --save-mark
 *           PREROUTING   -p udp -j CONNMARK --restore-mark
 *           FORWARD      -o wg0 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
 * ```
 *
 * Each bears a comment with the interface's name, by which it is found again.
 * (The last one is for a tunnel that forwards, both ways, and no rule of wg-quick's.)
 *
 * Only writes text; legacy_program.ts runs the program.
 *
 * @module
 */

/** The comment of a rule that guards a tunnel: wg-quick's own, so that each removes the other's. */
export function tunnelComment(name: string): string {
  return `wg-quick(8) rule for ${name}`;
}

/** The comment of a rule that lowers segment sizes. */
export function clampComment(name: string): string {
  return `caktus rule for ${name}`;
}

/**
 * The rules that guard a tunnel, in one IP family.
 *
 * @param addresses of that family, as text
 */
export function legacyTunnelRules(
  name: string,
  addresses: readonly string[],
  mark: number,
): string {
  const comment = commented(tunnelComment(name));
  const raw = addresses.map((address) =>
    `-I PREROUTING ! -i ${name} -d ${address} -m addrtype ! --src-type LOCAL ${comment} -j DROP`
  );
  return restoreText([
    ["raw", raw],
    ["mangle", [
      `-I POSTROUTING -p udp -m mark --mark ${mark} ${comment} -j CONNMARK --save-mark`,
      `-I PREROUTING -p udp ${comment} -j CONNMARK --restore-mark`,
    ]],
  ]);
}

/** The rules that lower segment sizes, in one IP family. */
export function legacyClampRules(name: string): string {
  const comment = commented(clampComment(name));
  const rules = ["-o", "-i"].map((way) =>
    `-A FORWARD ${way} ${name} -p tcp --tcp-flags SYN,RST SYN ${comment} -j TCPMSS --clamp-mss-to-pmtu`
  );
  return restoreText([["mangle", rules]]);
}

/**
 * What deletes the rules of that comment.
 *
 * @param saved what `iptables-save` printed
 * @returns undefined where there are none
 */
export function legacyDeletions(
  saved: string,
  comment: string,
): string | undefined {
  const wanted = ` ${commented(comment)}`;
  const tables: [string, string[]][] = [];
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) tables.push([line.slice(1), []]);
    if (!line.startsWith("-A ") || !`${line} `.includes(`${wanted} `)) continue;
    tables.at(-1)?.[1].push(`-D ${line.slice(3)}`);
  }
  const found = tables.filter(([, rules]) => rules.length > 0);
  return found.length === 0 ? undefined : restoreText(found);
}

function commented(comment: string): string {
  return `-m comment --comment "${comment}"`;
}

function restoreText(
  tables: readonly (readonly [table: string, rules: readonly string[]])[],
): string {
  return tables.map(([table, rules]) =>
    [`*${table}`, ...rules, "COMMIT", ""].join("\n")
  ).join("");
}
