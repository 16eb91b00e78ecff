/**
 * Targets that hand a packet to a program: TPROXY and NFQUEUE.
 *
 * ```text
 * xt_tproxy_target_info_v1   0 mark's mask u32   4 mark u32   8 address 16   24 port u16 BE
 * xt_NFQ_info_v3             0 first queue u16   2 how many u16   4 flags u16
 * ```
 *
 * @module
 */

import { formatAddress } from "../config/address.ts";
import { type Extension, needOption, valueOf } from "./iptables_extension.ts";
import { formatRange, portNumber, TCP, UDP } from "./iptables_names.ts";
import { IptablesError } from "./iptables_rule.ts";
import { Struct } from "./iptables_struct.ts";
import {
  hexadecimal,
  markOf,
  needAddress,
  numberOf,
} from "./iptables_values.ts";

const ALL = 0xffffffff;

export const TPROXY: Extension = {
  name: "TPROXY",
  revision: 1,
  options: { "on-port": 1, "on-ip": 1, "tproxy-mark": 1 },
  encode(options, { family, protocol, lookups }) {
    if (protocol !== TCP && protocol !== UDP) {
      throw new IptablesError("TPROXY needs `-p tcp' or `-p udp'");
    }
    const port = options.filter(({ name }) => name === "on-port");
    needOption(port, "TPROXY", "on-port");
    const struct = new Struct(28);
    for (const option of options) {
      const value = valueOf(option);
      if (option.name === "on-port") {
        struct.setWire16(24, portNumber(value, lookups));
      } else if (option.name === "on-ip") {
        struct.set(8, needAddress(value, family));
      } else {
        const { value: mark, mask = ALL } = markOf(value, "--tproxy-mark");
        struct.set32(0, mask).set32(4, mark);
      }
    }
    return struct.info;
  },
  words(struct, family) {
    const address = formatAddress(struct.slice(8, family === 4 ? 4 : 16));
    const mark = [struct.u32(4), struct.u32(0)].map(hexadecimal).join("/");
    return [
      ...["--on-port", `${struct.wire16(24)}`, "--on-ip", address],
      ...["--tproxy-mark", mark],
    ];
  },
};

const BYPASS = 1;
const FANOUT = 2;

export const NFQUEUE: Extension = {
  name: "NFQUEUE",
  revision: 3,
  options: {
    ...{ "queue-num": 1, "queue-balance": 1 },
    ...{ "queue-bypass": 0, "queue-cpu-fanout": 0 },
  },
  encode(options) {
    const struct = new Struct(6).set16(2, 1);
    for (const option of options) {
      const what = `--${option.name}`;
      const [first = "", last = first] = valueOf(option).split(":");
      if (option.name === "queue-bypass") struct.add16(4, BYPASS);
      else if (option.name === "queue-cpu-fanout") struct.add16(4, FANOUT);
      else {
        const lowest = numberOf(first, what, 0xffff);
        const highest = numberOf(last, what, 0xffff);
        if (highest < lowest) throw new IptablesError(`${what}: bad range`);
        struct.set16(0, lowest).set16(2, highest - lowest + 1);
      }
    }
    return struct.info;
  },
  words(struct) {
    const [first, count, flags] = [struct.u16(0), struct.u16(2), struct.u16(4)];
    return [
      count === 1 ? "--queue-num" : "--queue-balance",
      formatRange(first, first + count - 1),
      ...flags & BYPASS ? ["--queue-bypass"] : [],
      ...flags & FANOUT ? ["--queue-cpu-fanout"] : [],
    ];
  },
};
