/**
 * The rules that stock wg-quick leaves where it finds no `nft`: in the tables
 * of iptables, known by their comment.
 *
 * ```text
 * -t raw    -A PREROUTING  … -m comment --comment "wg-quick(8) rule for wg0" -j DROP
 * -t mangle -A POSTROUTING … -m comment --comment "wg-quick(8) rule for wg0" -j CONNMARK --save-mark
 * -t mangle -A PREROUTING  … -m comment --comment "wg-quick(8) rule for wg0" -j CONNMARK --restore-mark
 * ```
 *
 * Only tells them apart; tunnel_firewall.ts removes them.
 *
 * @module
 */

import { textOf } from "../../ffi/memory.ts";
import type { Rule } from "../../ffi/nf_tables_command.ts";
import { commentOf } from "../../ffi/nf_tables_user_data.ts";
import { tunnelComment } from "./legacy_rules.ts";

/** Families and tables in which they can be. */
export const STOCK_TABLES = (["ip", "ip6"] as const).flatMap((family) =>
  (["raw", "mangle"] as const).map((table) => ({ family, table }))
);

/** Whether wg-quick made a rule for the interface `name`. */
export function isStockRule(rule: Rule, name: string): boolean {
  return comments(rule).includes(tunnelComment(name));
}

/** iptables writes a comment as a match; others write it into user data. */
function comments({ expressions, userData }: Rule): string[] {
  const matches = expressions.flatMap((each) =>
    each.name === "match" && each.extension === "comment" && each.info
      ? [textOf(each.info)]
      : []
  );
  return [...matches, commentOf(userData) ?? ""];
}
