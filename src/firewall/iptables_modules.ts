/**
 * All matches and targets that are understood, by their names on the command
 * line and in the kernel.
 *
 * @module
 */

import { CONNTRACK, STATE_MATCH } from "./iptables_conntrack.ts";
import { CONNLIMIT, LIMIT, RECENT, STATISTIC } from "./iptables_counting.ts";
import { DSCP_MATCH, HELPER, SOCKET, STRING } from "./iptables_content.ts";
import { NFQUEUE, TPROXY } from "./iptables_divert.ts";
import type { Extension } from "./iptables_extension.ts";
import { HASHLIMIT } from "./iptables_hashlimit.ts";
import { ICMP6_MATCH, ICMP_MATCH } from "./iptables_icmp.ts";
import {
  CONNMARK_MATCH,
  CONNMARK_TARGET,
  MARK_MATCH,
  MARK_TARGET,
} from "./iptables_marks.ts";
import {
  ADDRTYPE,
  COMMENT,
  HL_MATCH,
  IPRANGE,
  LENGTH_MATCH,
  MAC,
  PHYSDEV,
  PKTTYPE,
  RPFILTER,
  TCPMSS_MATCH,
  TTL_MATCH,
} from "./iptables_matches.ts";
import { ICMP, ICMP6, TCP, UDP } from "./iptables_names.ts";
import { DNAT, MASQUERADE, NETMAP, REDIRECT, SNAT } from "./iptables_nat.ts";
import { OWNER } from "./iptables_owner.ts";
import { POLICY } from "./iptables_policy.ts";
import { MULTIPORT, TCP_MATCH, UDP_MATCH } from "./iptables_ports.ts";
import { type Family, IptablesError, type Part } from "./iptables_rule.ts";
import {
  CHECKSUM,
  CLASSIFY,
  CT_TARGET,
  DSCP_TARGET,
  HL_TARGET,
  LOG,
  NOTRACK,
  REJECT,
  TCPMSS,
  TTL_TARGET,
} from "./iptables_targets.ts";

const MATCHES: readonly Extension[] = [
  CONNTRACK,
  STATE_MATCH,
  TCP_MATCH,
  UDP_MATCH,
  MULTIPORT,
  COMMENT,
  MARK_MATCH,
  CONNMARK_MATCH,
  ADDRTYPE,
  TCPMSS_MATCH,
  ICMP_MATCH,
  ICMP6_MATCH,
  LIMIT,
  IPRANGE,
  OWNER,
  MAC,
  LENGTH_MATCH,
  PKTTYPE,
  TTL_MATCH,
  HL_MATCH,
  RPFILTER,
  PHYSDEV,
  STATISTIC,
  CONNLIMIT,
  RECENT,
  HASHLIMIT,
  POLICY,
  STRING,
  DSCP_MATCH,
  HELPER,
  SOCKET,
];

const TARGETS: readonly Extension[] = [
  ...MASQUERADE,
  ...SNAT,
  ...DNAT,
  ...REDIRECT,
  ...NETMAP,
  MARK_TARGET,
  CONNMARK_TARGET,
  TCPMSS,
  REJECT,
  LOG,
  CT_TARGET,
  NOTRACK,
  TTL_TARGET,
  HL_TARGET,
  CLASSIFY,
  DSCP_TARGET,
  CHECKSUM,
  TPROXY,
  NFQUEUE,
];

/** Targets that iptables has and Caktus has not: they are no chains either. */
const REFUSED = new Set(
  [
    ...["AUDIT", "CLUSTERIP", "CONNSECMARK", "DNPT", "ECN", "HMARK"],
    ...["IDLETIMER", "LED", "NFLOG", "QUEUE", "RATEEST"],
    ...["SECMARK", "SET", "SNPT", "SYNPROXY", "TCPOPTSTRIP", "TEE"],
    ...["TOS", "TRACE", "ULOG"],
  ],
);

/** The match that `-m` names. @throws IptablesError */
export function matchNamed(name: string, family: Family): Extension {
  const wanted = /^(icmpv6|ipv6-icmp)$/.test(name) ? "icmp6" : name;
  const found = MATCHES.find((each) => fits(each, wanted, family));
  if (found !== undefined) return found;
  throw new IptablesError(`match -m ${name} is not understood`);
}

/** The target that `-j` names; undefined where it may be a chain. @throws IptablesError */
export function targetNamed(
  name: string,
  family: Family,
): Extension | undefined {
  const found = TARGETS.find((each) => fits(each, name, family));
  if (found === undefined && REFUSED.has(name)) {
    throw new IptablesError(`target -j ${name} is not understood`);
  }
  return found;
}

/** Whether `-j` takes the word for something else than a chain. */
export function isTargetName(name: string): boolean {
  return /^(ACCEPT|DROP|RETURN)$/.test(name) || REFUSED.has(name) ||
    TARGETS.some((each) => each.name === name);
}

/** The match whose options a protocol brings along. */
export function protocolMatch(
  protocol: number,
  family: Family,
): Extension | undefined {
  switch (protocol) {
    case TCP:
      return TCP_MATCH;
    case UDP:
      return UDP_MATCH;
    case ICMP:
      return family === 4 ? ICMP_MATCH : undefined;
    case ICMP6:
      return family === 6 ? ICMP6_MATCH : undefined;
  }
}

/** The match whose struct this is, as far as it is known. */
export function moduleOfMatch(
  { name, revision }: Part,
  family: Family,
): Extension | undefined {
  return moduleOf(MATCHES, name, revision, family);
}

/** The target whose struct this is, as far as it is known. */
export function moduleOfTarget(
  { name, revision }: Part,
  family: Family,
): Extension | undefined {
  return moduleOf(TARGETS, name, revision, family);
}

function fits(extension: Extension, name: string, family: Family): boolean {
  return extension.name === name &&
    (extension.family === undefined || extension.family === family);
}

function moduleOf(
  extensions: readonly Extension[],
  name: string,
  revision: number,
  family: Family,
): Extension | undefined {
  return extensions.find((each) =>
    (each.module ?? each.name) === name && each.revision === revision &&
    (each.family === undefined || each.family === family)
  );
}
