/** A file with both families on a machine whose IPv6 is switched off. */

import { deepStrictEqual, match, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { confText } from "./samples.ts";
import { Sandbox } from "./sandbox.ts";

rootTest(
  "up where IPv6 is switched off brings the v4 half up, with one warning",
  async () => {
    await using box = await Sandbox.create();
    await box.run(
      "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    );
    await box.write(
      "wg0.conf",
      confText(
        "Address = 10.0.0.2/24, fd00::2/64",
        "AllowedIPs = 0.0.0.0/0, ::/0, fd09::/64, 10.9.0.0/16",
      ),
    );
    const before = await box.snapshot();
    const { status, stderr } = await box.caktus("up");
    strictEqual(status, 0, stderr);
    const warnings = stderr.split("\n").filter((line) =>
      line.startsWith("caktus: warning: ")
    );
    strictEqual(warnings.length, 1, stderr);
    match(warnings[0]!, /IPv6 is switched off/);
    const { stdout } = await box.run(
      "ip -o address show wg0 | grep -o 'inet.*/[0-9]*'; ip -4 route show table 51820; ip -6 route show table all dev wg0",
    );
    deepStrictEqual(stdout.trim().split("\n").map((line) => line.trim()), [
      "inet 10.0.0.2/24",
      "default dev wg0 scope link",
    ]);
    const down = await box.caktus("down");
    strictEqual(down.status, 0, down.stderr);
    strictEqual(await box.snapshot(), before);
  },
);
