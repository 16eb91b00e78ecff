import { strictEqual } from "node:assert";
import { parseAddress } from "../../src/config/address.ts";
import { holdsOwnDatagrams } from "../../src/config/full_tunnel.ts";
import { parsePrefix } from "../../src/config/prefix.ts";

const CASES: [prefix: string, endpoints: string[], holds: boolean][] = [
  ["0.0.0.0/0", [], true],
  ["::/0", ["192.0.2.1"], true],
  ["0.0.0.0/1", ["192.0.2.1"], true],
  ["128.0.0.0/1", [], true],
  ["8000::/1", [], true],
  ["192.0.0.0/2", [], false],
  ["192.0.2.0/24", ["192.0.2.7"], true],
  ["192.0.2.7/32", ["192.0.2.7"], true],
  ["192.0.2.0/24", ["192.0.3.7"], false],
  ["192.0.2.0/24", ["192.0.3.7", "192.0.2.255"], true],
  ["2001:db8::/32", ["2001:db8:1::1"], true],
  ["2001:db8::/32", ["192.0.2.7"], false],
  ["10.0.0.0/8", [], false],
];

for (const [prefix, endpoints, holds] of CASES) {
  Deno.test(`holdsOwnDatagrams() of ${prefix}, endpoints [${endpoints}]: ${holds}`, () => {
    strictEqual(
      holdsOwnDatagrams(
        parsePrefix(prefix).prefix,
        endpoints.map((text) => parseAddress(text)!),
      ),
      holds,
    );
  });
}
