/**
 * What the packet filter refuses, in words for the person who typed the command.
 *
 * | the kernel says                 | it means                         | the way out             |
 * |---------------------------------|----------------------------------|-------------------------|
 * | no such protocol or subsystem   | nf_tables and iptables are missing | have one, or Table = off |
 * | ENOENT for a rule or a chain    | a part of it is missing          | load its modules        |
 * | EPERM                           | not root                         | be root                 |
 *
 * @module
 */

import { ENOENT, EPERM } from "../../ffi/errno.ts";
import { lacksNfTables } from "../../ffi/nf_tables.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { LegacyTables } from "./legacy.ts";

/** What went wrong and the way out. */
export class FirewallError extends Error {
  override name = "FirewallError";

  /** @param hint the way out, one line a step; "" where there is none to offer */
  constructor(message: string, readonly hint: string, cause?: unknown) {
    super(message, { cause });
  }
}

/**
 * An error of nf_tables in words; any other error as it is.
 *
 * @param purpose what was attempted: "set the firewall rules of wg0"
 * @param modules of the kernel that it needs besides nf_tables
 */
export function explain(
  error: unknown,
  purpose: string,
  modules: string,
  legacy: LegacyTables | undefined,
): unknown {
  if (!(error instanceof SystemError)) return error;
  if (lacksNfTables(error)) {
    return new FirewallError(
      `cannot ${purpose}: this kernel has no nf_tables`,
      withoutNfTables(legacy),
      error,
    );
  }
  return new FirewallError(
    `cannot ${purpose}: ${error.message}`,
    hintFor(error, modules),
    error,
  );
}

function withoutNfTables(legacy: LegacyTables | undefined): string {
  const ways =
    "load it: modprobe nf_tables; or install iptables; or set Table = off and add the routes and rules in PostUp";
  if (legacy === undefined) return ways;
  const used = [...new Set([...legacy.ip, ...legacy.ip6])].join(", ");
  return `the machine filters packets with iptables-legacy (tables ${used}), but its program iptables-restore is missing\n${ways}`;
}

function hintFor({ errno, call }: SystemError, modules: string): string {
  if (errno === EPERM) return "run it as root";
  if (errno === ENOENT && /^NFT_MSG_NEW(RULE|CHAIN)/.test(call)) {
    return `the kernel lacks a part of nf_tables: modprobe -a ${modules}`;
  }
  return "";
}
