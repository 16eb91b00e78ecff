/**
 * The targets that translate addresses and ports.
 *
 * ```text
 * nf_nat_ipv4_multi_range_compat   0 count u32 = 1   4 flags u32    8 first address 4    12 last   16 first port, last u16 BE
 * nf_nat_range                     0 flags u32                      4 first address 16   20 last   36 first port, last
 * nf_nat_range2                    the same, and 40 base of the ports
 * ```
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import {
  type Context,
  type Extension,
  needOption,
  type Option,
  valueOf,
} from "./iptables_extension.ts";
import { formatRange, portRange, WITH_PORTS } from "./iptables_names.ts";
import { type Family, IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import {
  formatNetwork,
  masked,
  needAddress,
  parseMask,
} from "./iptables_values.ts";

const MAPS_ADDRESSES = 1;
const MAPS_PORTS = 2;
const RANDOM = 4;
const PERSISTENT = 8;
const FULLY_RANDOM = 16;

/** In the order in which they are listed. */
const FLAGS = [
  ["random", RANDOM],
  ["random-fully", FULLY_RANDOM],
  ["persistent", PERSISTENT],
] as const;

/** Where a struct has its fields. */
interface Layout {
  readonly length: number;
  readonly flags: number;
  readonly first: number;
  readonly last: number;
  readonly ports: number;
}

const COMPAT: Layout = { length: 20, flags: 4, first: 8, last: 12, ports: 16 };
const RANGE: Layout = { length: 40, flags: 0, first: 4, last: 20, ports: 36 };
const RANGE2: Layout = { ...RANGE, length: 44 };

/** A target and its kinds, one a family. */
interface Kind {
  readonly name: string;
  readonly family: Family;
  readonly revision: number;
  readonly layout: Layout;
}

export const SNAT = [
  toAddress({ name: "SNAT", family: 4, revision: 0, layout: COMPAT }, "source"),
  toAddress({ name: "SNAT", family: 6, revision: 1, layout: RANGE }, "source"),
];
export const DNAT = [
  toAddress(
    { name: "DNAT", family: 4, revision: 2, layout: RANGE2 },
    "destination",
  ),
  toAddress(
    { name: "DNAT", family: 6, revision: 2, layout: RANGE2 },
    "destination",
  ),
];
export const MASQUERADE = [
  toPorts({ name: "MASQUERADE", family: 4, revision: 0, layout: COMPAT }),
  toPorts({ name: "MASQUERADE", family: 6, revision: 0, layout: RANGE }),
];
export const REDIRECT = [
  toPorts({ name: "REDIRECT", family: 4, revision: 0, layout: COMPAT }),
  toPorts({ name: "REDIRECT", family: 6, revision: 0, layout: RANGE }),
];
export const NETMAP = [
  toNetwork({ name: "NETMAP", family: 4, revision: 0, layout: COMPAT }),
  toNetwork({ name: "NETMAP", family: 6, revision: 0, layout: RANGE }),
];

/** SNAT and DNAT: `--to-source ADDRESS[-ADDRESS][:PORT[-PORT]]`. */
function toAddress(kind: Kind, side: "source" | "destination"): Extension {
  const { name, family, revision, layout } = kind;
  const option = `to-${side}`;
  return {
    name,
    family,
    revision,
    options: { [option]: 1, ...flagOptions("random", "persistent") },
    encode(options, context) {
      const struct = empty(layout);
      const to = options.find((each) => each.name === option);
      needOption(to === undefined ? [] : [to], name, option);
      setPlace(struct, layout, valueOf(to!), context);
      setFlags(struct, layout, options);
      return struct.info;
    },
    words: (struct) => [
      `--${option}`,
      placeText(struct, layout, family),
      ...flagWords(struct, layout),
    ],
  };
}

/** MASQUERADE and REDIRECT: `[--to-ports PORT[-PORT]]`. */
function toPorts({ name, family, revision, layout }: Kind): Extension {
  return {
    name,
    family,
    revision,
    options: {
      "to-ports": 1,
      ...(name === "MASQUERADE"
        ? flagOptions("random", "random-fully")
        : flagOptions("random")),
    },
    encode(options, context) {
      const struct = empty(layout);
      const ports = options.find((each) => each.name === "to-ports");
      if (ports !== undefined) {
        setPorts(struct, layout, valueOf(ports), context);
      }
      setFlags(struct, layout, options);
      return struct.info;
    },
    words: (struct) => [
      ...(struct.u32(layout.flags) & MAPS_PORTS
        ? ["--to-ports", portsText(struct, layout)]
        : []),
      ...flagWords(struct, layout),
    ],
  };
}

/** NETMAP: `--to NETWORK`, host by host. */
function toNetwork({ name, family, revision, layout }: Kind): Extension {
  return {
    name,
    family,
    revision,
    options: { to: 1 },
    encode(options) {
      needOption(options, name, "to");
      const [address = "", bits] = valueOf(options[0]!).split("/");
      const mask = parseMask(bits, family);
      const first = masked(needAddress(address, family), mask).address;
      const last = first.map((byte, i) => byte | ~mask[i]! & 0xff);
      return empty(layout).set32(layout.flags, MAPS_ADDRESSES)
        .set(layout.first, first).set(layout.last, last).info;
    },
    words(struct) {
      const [address, last] = addressesOf(struct, layout, family);
      const mask = address.map((byte, i) => ~(byte ^ last[i]!) & 0xff);
      const text = formatNetwork({ address, mask });
      return ["--to", text.replace(family === 4 ? /\/32$/ : /\/128$/, "")];
    },
  };
}

function flagOptions(...names: string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

function empty(layout: Layout): Struct {
  const struct = new Struct(layout.length);
  return layout === COMPAT ? struct.set32(0, 1) : struct;
}

function setFlags(
  struct: Struct,
  layout: Layout,
  options: readonly Option[],
): void {
  for (const [name, bit] of FLAGS) {
    if (options.some((option) => option.name === name)) {
      struct.add32(layout.flags, bit);
    }
  }
}

function flagWords(struct: Struct, layout: Layout): string[] {
  const flags = struct.u32(layout.flags);
  return FLAGS.filter(([, bit]) => flags & bit).map(([name]) => `--${name}`);
}

/** `A`, `A-B`, `A:80`, `:80-90`, `[A]:80`, `[A-B]:80`. */
function setPlace(
  struct: Struct,
  layout: Layout,
  text: string,
  context: Context,
): void {
  const { family } = context;
  const found = family === 4
    ? /^([^:]*)(?::(.+))?$/.exec(text)
    : /^\[([^\]]*)\](?::(.+))?$/.exec(text) ??
      /^()(?::(\d[\d-]*))$/.exec(text) ??
      /^([^\[\]]*)()$/.exec(text);
  const [, addresses = "", ports = ""] = found ?? [];
  if (addresses === "" && ports === "") {
    throw new IptablesError(`bad address "${text}"`);
  }
  if (addresses !== "") {
    const [first = "", last = first] = addresses.split("-");
    struct.add32(layout.flags, MAPS_ADDRESSES);
    struct.set(layout.first, needAddress(first, family));
    struct.set(layout.last, needAddress(last, family));
  }
  if (ports !== "") setPorts(struct, layout, ports, context);
}

function setPorts(
  struct: Struct,
  layout: Layout,
  text: string,
  { protocol, lookups }: Context,
): void {
  if (!WITH_PORTS.includes(protocol)) {
    throw new IptablesError(
      "ports need -p tcp, udp, sctp, dccp or udplite with them",
    );
  }
  const [first, last] = portRange(text, lookups, "-");
  struct.add32(layout.flags, MAPS_PORTS);
  struct.setWire16(layout.ports, first).setWire16(layout.ports + 2, last);
}

function addressesOf(
  struct: Struct,
  { first, last }: Layout,
  family: Family,
): [Uint8Array, Uint8Array] {
  const length = family === 4 ? 4 : 16;
  return [struct.slice(first, length), struct.slice(last, length)];
}

function placeText(struct: Struct, layout: Layout, family: Family): string {
  const flags = struct.u32(layout.flags);
  const [first, last] = addressesOf(struct, layout, family).map(formatAddress);
  const addresses = first === last ? first : `${first}-${last}`;
  const ports = flags & MAPS_PORTS ? `:${portsText(struct, layout)}` : "";
  if (!(flags & MAPS_ADDRESSES)) return ports;
  return family === 6 && ports !== ""
    ? `[${addresses}]${ports}`
    : `${addresses}${ports}`;
}

function portsText(struct: Struct, { ports }: Layout): string {
  return formatRange(struct.wire16(ports), struct.wire16(ports + 2), "-");
}
