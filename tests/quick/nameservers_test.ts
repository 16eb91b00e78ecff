/** The name servers that a machine asks. @module */

import { deepStrictEqual } from "node:assert";
import { formatAddress } from "../../src/config/address.ts";
import { machineNameservers } from "../../src/quick/nameservers.ts";

/** What is found where /etc/resolv.conf and systemd-resolved's own file say this. */
function found(resolv: string, resolved = "nameserver 192.0.2.99\n"): string[] {
  const read = (path: string) =>
    path === "/etc/resolv.conf" ? resolv : resolved;
  return machineNameservers(read).map(formatAddress);
}

Deno.test("machineNameservers() reads resolv.conf, three at most", () => {
  deepStrictEqual(
    found(
      "# nameserver 1.1.1.1\nsearch x\n nameserver\t192.0.2.1\nnameserver fd00::1\nnameserver fe80::1%eth0\n",
    ),
    ["192.0.2.1", "fd00::1"],
  );
  const four = [1, 2, 3, 4].map((i) => `nameserver 192.0.2.${i}\n`).join("");
  deepStrictEqual(found(four).length, 3);
});

Deno.test("machineNameservers() asks systemd-resolved for its own where it stands in between", () => {
  deepStrictEqual(found("nameserver 127.0.0.53\noptions edns0\n"), [
    "192.0.2.99",
  ]);
  deepStrictEqual(found("nameserver ::1\n", ""), []);
  deepStrictEqual(found("", ""), []);
});
