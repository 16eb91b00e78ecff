/**
 * Whether iptables-legacy is in use, and what is said where the kernel cannot
 * do what is asked.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { SystemError } from "../../ffi/system_error.ts";
import { explain, FirewallError } from "../../src/firewall/firewall_error.ts";
import { findLegacy } from "../../src/firewall/legacy.ts";
import {
  addTunnelRules,
  removeTunnelRules,
} from "../../src/firewall/tunnel_firewall.ts";
import { namespaceTest, sh, tryShell } from "../ffi/namespace.ts";
import { refuseSockets } from "./refuse_sockets.ts";

const FILE = import.meta.url;
const RULES = { families: [4, 6] as const, addresses: [], mark: 51820 };

namespaceTest(
  "findLegacy() tells the tables that iptables-legacy has used in this namespace",
  FILE,
  () => {
    sh("iptables -S && iptables -t nat -S"); // iptables-nft leaves no trace there
    strictEqual(findLegacy(), undefined);
    const legacy = tryShell(
      "iptables-legacy -S && ip6tables-legacy -t mangle -S",
    );
    // A kernel may come without the older interface: then there is none to find.
    const expected = legacy.code === 0
      ? { ip: ["filter"], ip6: ["mangle"] }
      : undefined;
    deepStrictEqual(findLegacy(), expected, legacy.stderr);
    const folder = Deno.makeTempDirSync();
    strictEqual(findLegacy(folder), undefined);
    Deno.writeTextFileSync(`${folder}/ip_tables_names`, "nat\nfilter\n");
    deepStrictEqual(findLegacy(folder), { ip: ["nat", "filter"], ip6: [] });
    Deno.removeSync(folder, { recursive: true });
  },
);

namespaceTest(
  "addTunnelRules() on a kernel without nf_tables says so; removeTunnelRules() finds nothing to remove",
  FILE,
  () => {
    const NETLINK_NETFILTER = 12, EPROTONOSUPPORT = 93;
    refuseSockets(2, NETLINK_NETFILTER, EPROTONOSUPPORT);
    strictEqual(removeTunnelRules("wg0"), false);
    throws(
      () => addTunnelRules("wg0", RULES),
      (error: unknown) =>
        error instanceof FirewallError &&
        /^cannot set the firewall rules of wg0: this kernel has no nf_tables$/
          .test(error.message) &&
        error.hint.includes("modprobe nf_tables"),
    );
  },
);

Deno.test("explain() names iptables-legacy where that is in use instead of nf_tables", () => {
  const missing = [
    new SystemError("socket", 93),
    new SystemError("NFNL_MSG_BATCH_BEGIN", 95),
    new SystemError("NFT_MSG_GETTABLE", 22),
  ];
  const legacy = { ip: ["filter", "nat"], ip6: ["filter"] };
  for (const error of missing) {
    const told = explain(error, "do it", "m", legacy) as FirewallError;
    strictEqual(told.message, "cannot do it: this kernel has no nf_tables");
    ok(told.hint.includes("iptables-legacy (tables filter, nat)"));
    strictEqual(told.cause, error);
  }
});

Deno.test("explain() keeps the kernel's words, and names modules where a part is missing", () => {
  const call = "NFT_MSG_NEWRULE ip wg-quick-wg0 preraw";
  const told = explain(
    new SystemError(call, 2),
    "do it",
    "nft_fib_ipv4",
    undefined,
  ) as FirewallError;
  strictEqual(
    told.message,
    `cannot do it: ${call}: no such file or directory`,
  );
  ok(told.hint.endsWith("modprobe -a nft_fib_ipv4"));
  const denied = explain(new SystemError(call, 1), "do it", "m", undefined);
  strictEqual((denied as FirewallError).hint, "run it as root");
  const other = new TypeError("x");
  strictEqual(explain(other, "do it", "m", undefined), other);
});
