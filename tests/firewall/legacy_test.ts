/**
 * Whether iptables-legacy is in use, that it is used where the kernel has no
 * nf_tables, and what is said where neither can do what is asked.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { addresses } from "../../ffi/address.ts";
import { linkByName } from "../../ffi/link.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { explain, FirewallError } from "../../src/firewall/firewall_error.ts";
import { findLegacy } from "../../src/firewall/legacy.ts";
import {
  legacyDeletions,
  tunnelComment,
} from "../../src/firewall/legacy_rules.ts";
import {
  addSegmentClamp,
  addTunnelRules,
  removeSegmentClamp,
  removeTunnelRules,
} from "../../src/firewall/tunnel_firewall.ts";
import { namespaceTest, sh, tryShell } from "../ffi/namespace.ts";
import { refuseSockets } from "../ffi/refuse_sockets.ts";
import { stock, stockHost, writeConfig } from "./stock.ts";

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

/** What stands for the packet filter's socket on a kernel without nf_tables. */
function withoutNfTables(): void {
  const NETLINK_NETFILTER = 12, EPROTONOSUPPORT = 93;
  refuseSockets(2, NETLINK_NETFILTER, EPROTONOSUPPORT);
}

namespaceTest(
  "addTunnelRules() without nf_tables and iptables says so; removeTunnelRules() finds nothing to remove",
  FILE,
  () => {
    sh("mount -t tmpfs tmpfs /usr/sbin"); // of this test alone
    withoutNfTables();
    strictEqual(removeTunnelRules("wg0"), false);
    strictEqual(removeSegmentClamp("wg0"), false);
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

/** All rules of iptables-legacy. */
const save = () =>
  sh("iptables-legacy-save; ip6tables-legacy-save")
    .replaceAll(/^#.*\n/gm, "").replaceAll(/\[\d+:\d+\]/g, "");

namespaceTest(
  "addTunnelRules() without nf_tables makes by iptables-legacy what stock wg-quick makes there",
  FILE,
  () => {
    const refused = tryShell("iptables-legacy -t raw -S").stderr;
    if (refused !== "") { // the kernel has neither
      withoutNfTables();
      throws(() => addTunnelRules("wgq0", RULES), /iptables-legacy-restore: ./);
      return;
    }
    stockHost("iptables-legacy");
    const other = '-m comment --comment "wg-quick(8) rule for wgq01" -j ACCEPT';
    for (const program of ["iptables-legacy", "ip6tables-legacy"]) {
      sh(`${program} -t raw -A PREROUTING ${other}`);
      sh(`${program} -t mangle -S`);
    }
    const before = save();
    const file = writeConfig(
      "Address = 10.9.0.1/24, 10.8.0.1/32, fd00::1/64",
      "0.0.0.0/0, ::/0",
    );
    stock("up", file);
    const made = save();
    ok(made.split(' for wgq0"').length >= 8, made);
    const index = linkByName("wgq0")!.index;
    const own = addresses(undefined, index).map(({ address }) => address);
    const wanted = {
      families: [4, 6] as const,
      addresses: own,
      mark: 51820,
    };
    sh("ip link delete wgq0");
    withoutNfTables();
    strictEqual(removeTunnelRules("wgq0"), true); // stock's
    strictEqual(save(), before);
    for (let times = 0; times < 2; times++) { // the second replaces the first
      addTunnelRules("wgq0", wanted);
      strictEqual(save(), made);
    }
    strictEqual(removeTunnelRules("wgq0"), true);
    strictEqual(removeTunnelRules("wgq0"), false);
    strictEqual(save(), before);
    addSegmentClamp("wgq0");
    strictEqual(save().split("-j TCPMSS --clamp-mss-to-pmtu").length, 5);
    strictEqual(removeSegmentClamp("wgq0"), true);
    strictEqual(save(), before);
    const bad = { ...wanted, mark: -1 };
    throws(
      () => addTunnelRules("wgq0", bad),
      /cannot set the firewall rules of wgq0: .*iptables-legacy-restore: /,
    );
    strictEqual(save(), before);
  },
);

Deno.test("legacyDeletions() deletes the rules of one comment, whatever else there is", () => {
  const comment = (name: string) =>
    `-m comment --comment "wg-quick(8) rule for ${name}"`;
  const saved = `# Generated
*raw
:PREROUTING ACCEPT [9:99]
-A PREROUTING -i wg01 ${comment("wg01")} -j DROP
COMMIT
*mangle
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -p udp ${comment("wg0")} -j CONNMARK --save-mark
-A POSTROUTING -p tcp -j ACCEPT
-A POSTROUTING ${comment("wg0")}
COMMIT
`;
  strictEqual(
    legacyDeletions(saved, tunnelComment("wg0")),
    `*mangle
-D POSTROUTING -p udp ${comment("wg0")} -j CONNMARK --save-mark
-D POSTROUTING ${comment("wg0")}
COMMIT
`,
  );
  strictEqual(legacyDeletions(saved, tunnelComment("wg")), undefined);
  strictEqual(legacyDeletions("", tunnelComment("wg0")), undefined);
});

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
