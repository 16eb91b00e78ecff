/**
 * Ways out that change: by a made-up kernel, and on a real one.
 *
 * @module
 */

import { deepStrictEqual, strictEqual } from "node:assert";
import { formatAddress } from "../../src/config/address.ts";
import { parseEndpoint } from "../../src/config/endpoint.ts";
import { Ways } from "../../src/driver/ways.ts";
import { until } from "../interop/process.ts";
import { hostTest, Pair, PORT } from "./hosts.ts";

const A = parseEndpoint("192.0.2.1:1"), B = parseEndpoint("192.0.2.2:1");
const SIX = parseEndpoint("[2001:db8::9]:1");

Deno.test("changed() names the endpoints whose way is another one", () => {
  let ways: Record<string, string> = {};
  const look = new Ways((address) => ways[formatAddress(address)] ?? "eth0");
  const seen = (...endpoints: typeof A[]) => [...look.changed(endpoints)];
  deepStrictEqual(
    seen(A, B),
    [],
    "new ones, and the way to anywhere is the same",
  );
  deepStrictEqual(seen(A, B), []);
  ways = { "192.0.2.2": "eth1" };
  deepStrictEqual(seen(A, B), [B]);
  ways = { "192.0.2.2": "" };
  deepStrictEqual(seen(A, B), [], "there is no way");
  ways = { "192.0.2.2": "eth1" };
  deepStrictEqual(seen(A, B), [B], "there is one again");
  ways = { "203.0.113.1": "wlan0" };
  deepStrictEqual(
    seen(A, SIX),
    [],
    "A has the way that it had, and IPv6 goes as it went",
  );
  ways = { "203.0.113.1": "eth0", "2001:db8::1": "wlan0" };
  deepStrictEqual(
    seen(parseEndpoint("[2001:db8::8]:1")).length,
    1,
    "a new one by a new way",
  );
});

hostTest(
  "who is spoken with hears at once that the way to him is another one, though nothing is to be sent",
  async () => {
    await using pair = await Pair.up();
    const { left, right, network } = pair;
    await network.wire(
      { host: left.host, interface: "eth1", addresses: ["10.78.0.1/24"] },
      { host: right.host, interface: "eth1", addresses: ["10.78.0.2/24"] },
    );
    await left.host.must("ping", "-c", "1", "-W", "5", right.v4);
    const endpoint = async () =>
      (await right.host.must("wg", "show", "wg0", "endpoints")).split("\t")[1]!
        .trim();
    strictEqual(await endpoint(), `10.8.0.1:${PORT}`);
    await left.host.must("ip", "route", "add", "10.8.0.2", "via", "10.78.0.2");
    await until(
      "the peer sees the other address",
      2_000,
      async () => await endpoint() === `10.78.0.1:${PORT}` || undefined,
    );
  },
);
