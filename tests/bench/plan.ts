/**
 * What a run will measure, section by section, and how long it will take. Pure.
 *
 * | section | groups | whom with |
 * |---|---|---|
 * | the first outside and the first MTU | tcp, udp, ping | all |
 * | the same, with many peers | peers | the first |
 * | every other outside, with the first MTU | tcp, udp | the first |
 * | every other MTU, with the first outside | tcp, udp | the first |
 * | without a tunnel | cipher, handshakes | OpenSSL; wireguard-go |
 *
 * @module
 */

import type { Shape } from "./pair.ts";

/** Groups that are measured in a tunnel, in the order in which they run. */
const TUNNEL_GROUPS = ["tcp", "udp", "ping", "peers"];

/** Groups that need none. */
const LONE_GROUPS = ["cipher", "handshakes"];

/** All groups. */
export const GROUPS = [...TUNNEL_GROUPS, ...LONE_GROUPS];

/** Groups that run under every condition. */
const EVERYWHERE = ["tcp", "udp"];

/** The title of the section without a tunnel. */
export const ALONE = "Without a tunnel";

/** What is measured under the same conditions. */
export interface Section {
  title: string;
  outside: Shape["outside"];
  mtu: number;
  groups: string[];
  /** Names of implementations, Caktus first. */
  implementations: string[];
}

/** What was asked for. */
export interface Wanted {
  groups: readonly string[];
  outsides: readonly Shape["outside"][];
  mtus: readonly number[];
  others: readonly string[];
}

/** The sections in the order in which they run. */
export function sectionsOf(wanted: Wanted): Section[] {
  const [outside = "v4", ...outsides] = wanted.outsides;
  const [mtu = 1420, ...mtus] = wanted.mtus;
  const inTunnel = wanted.groups.filter((name) => TUNNEL_GROUPS.includes(name));
  const everywhere = inTunnel.filter((name) => EVERYWHERE.includes(name));
  const section = (
    outside: Shape["outside"],
    mtu: number,
    groups: string[],
    others: readonly string[],
  ): Section => ({
    title: `IP${outside} outside, MTU ${mtu.toLocaleString("en")}`,
    ...{ outside, mtu, groups, implementations: ["caktus", ...others] },
  });
  const first = wanted.others.slice(0, 1);
  // boringtun and gotatun answer 100 initiations a second, the rest with cookies.
  const able = wanted.others.filter((name) => name === "wireguard-go");
  const alone = wanted.groups.filter((name) => LONE_GROUPS.includes(name));
  const plain = inTunnel.filter((name) => name !== "peers");
  const peers = section(
    outside,
    mtu,
    inTunnel.filter((name) => name === "peers"),
    first,
  );
  return [
    section(outside, mtu, plain, wanted.others),
    { ...peers, title: `${peers.title}, many peers` },
    ...outsides.map((each) => section(each, mtu, everywhere, first)),
    ...mtus.map((each) => section(outside, each, everywhere, first)),
    { ...section(outside, mtu, alone, able), title: ALONE },
  ].filter(({ groups }) => groups.length > 0);
}

/** Who is measured in which order: the other way round in every other round. */
export function orderOf(section: Section, round: number): string[] {
  const names = [...section.implementations];
  return round % 2 === 0 ? names.reverse() : names;
}

/** Seconds as people say them: `40 s`, `4 min`. */
export function duration(seconds: number): string {
  return seconds < 90
    ? `${Math.round(seconds)} s`
    : `${Math.round(seconds / 60)} min`;
}
