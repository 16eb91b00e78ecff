/**
 * `-m icmp` and `-m icmp6`: types and codes of ICMP by number or name.
 *
 * ```text
 * struct ipt_icmp, ip6t_icmp   0 type u8 (255: any, IPv4)   1 code, first and last u8[2]   3 inverted u8
 * ```
 *
 * @module
 */

import {
  type Extension,
  needOption,
  type Option,
  valueOf,
  word,
} from "./iptables_extension.ts";
import { ICMP, ICMP6 } from "./iptables_names.ts";
import { IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";

const ANY = 255;

/** Name: type, or type and code. */
type Types = Readonly<Record<string, readonly [type: number, code?: number]>>;

const ICMP_TYPES: Types = {
  any: [ANY],
  "echo-reply": [0],
  pong: [0],
  "destination-unreachable": [3],
  "network-unreachable": [3, 0],
  "host-unreachable": [3, 1],
  "protocol-unreachable": [3, 2],
  "port-unreachable": [3, 3],
  "fragmentation-needed": [3, 4],
  "source-route-failed": [3, 5],
  "network-unknown": [3, 6],
  "host-unknown": [3, 7],
  "network-prohibited": [3, 9],
  "host-prohibited": [3, 10],
  "TOS-network-unreachable": [3, 11],
  "TOS-host-unreachable": [3, 12],
  "communication-prohibited": [3, 13],
  "host-precedence-violation": [3, 14],
  "precedence-cutoff": [3, 15],
  "source-quench": [4],
  redirect: [5],
  "network-redirect": [5, 0],
  "host-redirect": [5, 1],
  "TOS-network-redirect": [5, 2],
  "TOS-host-redirect": [5, 3],
  "echo-request": [8],
  ping: [8],
  "router-advertisement": [9],
  "router-solicitation": [10],
  "time-exceeded": [11],
  "ttl-exceeded": [11],
  "ttl-zero-during-transit": [11, 0],
  "ttl-zero-during-reassembly": [11, 1],
  "parameter-problem": [12],
  "ip-header-bad": [12, 0],
  "required-option-missing": [12, 1],
  "timestamp-request": [13],
  "timestamp-reply": [14],
  "address-mask-request": [17],
  "address-mask-reply": [18],
};

const ICMP6_TYPES: Types = {
  "destination-unreachable": [1],
  "no-route": [1, 0],
  "communication-prohibited": [1, 1],
  "beyond-scope": [1, 2],
  "address-unreachable": [1, 3],
  "port-unreachable": [1, 4],
  "failed-policy": [1, 5],
  "reject-route": [1, 6],
  "packet-too-big": [2],
  "time-exceeded": [3],
  "ttl-exceeded": [3],
  "ttl-zero-during-transit": [3, 0],
  "ttl-zero-during-reassembly": [3, 1],
  "parameter-problem": [4],
  "bad-header": [4, 0],
  "unknown-header-type": [4, 1],
  "unknown-option": [4, 2],
  "echo-request": [128],
  ping: [128],
  "echo-reply": [129],
  pong: [129],
  "mld-listener-query": [130],
  "mld-listener-report": [131],
  "mld-listener-done": [132],
  "mld-listener-reduction": [132],
  "router-solicitation": [133],
  "router-advertisement": [134],
  "neighbour-solicitation": [135],
  "neighbor-solicitation": [135],
  "neighbour-advertisement": [136],
  "neighbor-advertisement": [136],
  redirect: [137],
};

export const ICMP_MATCH: Extension = {
  name: "icmp",
  revision: 0,
  family: 4,
  options: { "icmp-type": 1 },
  encode(options, { protocol }) {
    if (protocol !== ICMP) {
      throw new IptablesError('match "icmp" needs `-p icmp\'');
    }
    needOption(options, "icmp", "icmp-type");
    return encodeType(options[0]!, ICMP_TYPES);
  },
  words: (struct) => typeWords(struct, "icmp-type", true),
};

export const ICMP6_MATCH: Extension = {
  name: "icmp6",
  revision: 0,
  family: 6,
  options: { "icmpv6-type": 1 },
  encode(options, { protocol }) {
    if (protocol !== ICMP6) {
      throw new IptablesError('match "icmp6" needs `-p ipv6-icmp\'');
    }
    needOption(options, "icmp6", "icmpv6-type");
    return encodeType(options[0]!, ICMP6_TYPES);
  },
  words: (struct) => typeWords(struct, "icmpv6-type", false),
};

function encodeType(option: Option, types: Types): Uint8Array {
  const text = valueOf(option);
  const [type, code] = typeOf(text, types);
  return new Struct(4).set8(0, type)
    .set8(1, code ?? 0).set8(2, type === ANY ? ANY : code ?? ANY)
    .set8(3, option.inverted ? 1 : 0).info;
}

/** A number, `TYPE/CODE`, or the beginning of a name that only one has. */
function typeOf(
  text: string,
  types: Types,
): readonly [type: number, code?: number] {
  const numbers = /^(\d+)(?:\/(\d+))?$/.exec(text);
  if (numbers !== null && Number(numbers[1]) <= ANY) {
    const type = Number(numbers[1]);
    return numbers[2] === undefined ? [type] : [type, Number(numbers[2])];
  }
  const wanted = text.toLowerCase();
  const found = Object.entries(types).filter(([name]) =>
    name.toLowerCase().startsWith(wanted)
  );
  const exact = found.find(([name]) => name.toLowerCase() === wanted);
  const [, type] = exact ?? (found.length === 1 ? found[0]! : []);
  if (type !== undefined) return type;
  throw new IptablesError(`unknown ICMP type \`${text}'`);
}

function typeWords(struct: Struct, option: string, hasAny: boolean): string[] {
  const [type, first, last] = [struct.u8(0), struct.u8(1), struct.u8(2)];
  const inverted = struct.u8(3) === 1;
  if (hasAny && type === ANY) return word(inverted, option, "any");
  const codes = first === 0 && last === ANY ? "" : `/${first}`;
  return word(inverted, option, `${type}${codes}`);
}
