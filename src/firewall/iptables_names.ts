/**
 * Names that stand for numbers in rules: protocols and services, so that a machine
 * without /etc/protocols and /etc/services understands them too.
 *
 * iptables lists ports as numbers, protocols by their names.
 *
 * @module
 */

import { IptablesError, type Lookups } from "./iptables_rule.ts";

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const ICMP6 = 58;
export const SCTP = 132;
export const UDPLITE = 136;
const DCCP = 33;

/** Protocols whose ports `-m multiport` takes. */
export const WITH_PORTS: readonly number[] = [TCP, UDP, DCCP, SCTP, UDPLITE];

/** The first name of a number is the one that is listed. */
const PROTOCOLS: readonly (readonly [string, number])[] = [
  ["tcp", TCP],
  ["sctp", SCTP],
  ["udp", UDP],
  ["udplite", UDPLITE],
  ["icmp", ICMP],
  ["ipv6-icmp", ICMP6],
  ["icmpv6", ICMP6],
  ["esp", 50],
  ["ah", 51],
  ["mobility-header", 135],
  ["ipv6-mh", 135],
  ["mh", 135],
  ["igmp", 2],
  ["ipencap", 4],
  ["ipv4", 4],
  ["dccp", DCCP],
  ["ipv6", 41],
  ["ipv6-route", 43],
  ["ipv6-frag", 44],
  ["rsvp", 46],
  ["gre", 47],
  ["ipv6-nonxt", 59],
  ["ipv6-opts", 60],
  ["eigrp", 88],
  ["ospf", 89],
  ["ipip", 94],
  ["etherip", 97],
  ["encap", 98],
  ["pim", 103],
  ["ipcomp", 108],
  ["vrrp", 112],
  ["l2tp", 115],
];

const SERVICES: Readonly<Record<string, number>> = {
  "ftp-data": 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  http: 80,
  www: 80,
  kerberos: 88,
  pop3: 110,
  sunrpc: 111,
  auth: 113,
  ntp: 123,
  "netbios-ns": 137,
  "netbios-dgm": 138,
  "netbios-ssn": 139,
  imap2: 143,
  imap: 143,
  snmp: 161,
  "snmp-trap": 162,
  bgp: 179,
  ldap: 389,
  https: 443,
  "microsoft-ds": 445,
  submissions: 465,
  isakmp: 500,
  syslog: 514,
  printer: 515,
  "dhcpv6-client": 546,
  "dhcpv6-server": 547,
  submission: 587,
  ipp: 631,
  ldaps: 636,
  "domain-s": 853,
  rsync: 873,
  imaps: 993,
  pop3s: 995,
  openvpn: 1194,
  "ms-sql-s": 1433,
  l2f: 1701,
  l2tp: 1701,
  radius: 1812,
  "radius-acct": 1813,
  nfs: 2049,
  mysql: 3306,
  svn: 3690,
  "ipsec-nat-t": 4500,
  sip: 5060,
  "sip-tls": 5061,
  "xmpp-client": 5222,
  "xmpp-server": 5269,
  mdns: 5353,
  postgresql: 5432,
  x11: 6000,
  git: 9418,
};

/** The number of a protocol: 0 is all of them. @throws IptablesError */
export function protocolNumber(text: string, lookups: Lookups): number {
  const name = text.toLowerCase();
  if (name === "all") return 0;
  const number = /^\d+$/.test(name)
    ? Number(name)
    : PROTOCOLS.find(([known]) => known === name)?.[1] ??
      lookups.protocol(name);
  if (number === undefined || number > 255) {
    throw new IptablesError(`unknown protocol "${text}" specified`);
  }
  return number;
}

/** A protocol as it is listed. */
export function protocolName(number: number): string {
  if (number === 0) return "all";
  return PROTOCOLS.find(([, known]) => known === number)?.[0] ?? `${number}`;
}

/** A port: 0 to 65535, or the name of a service. @throws IptablesError */
export function portNumber(text: string, lookups: Lookups): number {
  const port = /^(0x[0-9a-f]+|\d+)$/i.test(text)
    ? Number(text)
    : SERVICES[text] ?? lookups.service(text);
  if (port === undefined || port > 0xffff) {
    throw new IptablesError(`invalid port/service \`${text}' specified`);
  }
  return port;
}

/** `PORT`, `FIRST:LAST`, `FIRST:` or `:LAST`. @throws IptablesError */
export function portRange(
  text: string,
  lookups: Lookups,
  separator = ":",
): [first: number, last: number] {
  const [first = "", last] = text.split(separator);
  if (last === undefined) {
    const port = portNumber(first, lookups);
    return [port, port];
  }
  const range: [number, number] = [
    first === "" ? 0 : portNumber(first, lookups),
    last === "" ? 0xffff : portNumber(last, lookups),
  ];
  if (range[0] > range[1]) {
    throw new IptablesError(`invalid portrange (min > max) "${text}"`);
  }
  return range;
}

/** As {@linkcode portRange} reads it. */
export function formatRange(
  first: number,
  last: number,
  separator = ":",
): string {
  return first === last ? `${first}` : `${first}${separator}${last}`;
}
