/**
 * Called as iptables where the machine filters by iptables-legacy: its own program
 * does it, or nf_tables with a warning.
 *
 * @module
 */

import { match, strictEqual } from "node:assert";
import { rules } from "../../ffi/nf_tables.ts";
import { runIptables } from "../../src/cli/iptables.ts";
import { findLegacy } from "../../src/firewall/legacy.ts";
import { namespaceTest, sh, tryShell } from "../ffi/namespace.ts";
import { CAKTUS } from "../program.ts";

const ADD = "-A FORWARD -i wg0 -j ACCEPT".split(" ");

namespaceTest(
  "iptables-legacy does it where it is in use; without its program nf_tables does",
  import.meta.url,
  async () => {
    if (tryShell("iptables-legacy -S").code !== 0) { // a kernel without it
      strictEqual(findLegacy(), undefined);
      strictEqual(await runIptables("iptables", ADD), 0);
      strictEqual(rules("ip", "filter", "FORWARD").length, 1);
      return;
    }
    strictEqual(await runIptables("iptables", ADD), 0);
    match(sh("iptables-legacy -S FORWARD"), /^-A FORWARD -i wg0 -j ACCEPT$/m);
    strictEqual(rules("ip").length, 0);
    // Of IPv6 there is none of it.
    strictEqual(await runIptables("ip6tables", ADD), 0);
    strictEqual(rules("ip6", "filter", "FORWARD").length, 1);

    sh("mount -t tmpfs tmpfs /usr/sbin"); // of this test alone
    const { code, stderr } = tryShell(
      [...CAKTUS, "iptables", ...ADD].join(" "),
    );
    strictEqual(code, 0, stderr);
    match(stderr, /also filters by iptables-legacy \(tables filter\)/);
    strictEqual(rules("ip", "filter", "FORWARD").length, 1);
  },
);
