/** Where names lead. @module */

import { deepStrictEqual } from "node:assert";
import { formatEndpoint } from "../../src/config/endpoint.ts";
import type { PublicKey } from "../../src/noise/keys.ts";
import { endpointsOf } from "../../src/driver/name_resolver.ts";

const publicKey = new Uint8Array(32) as PublicKey;
const v4 = (last: number) => ({
  address: Uint8Array.of(192, 0, 2, last),
  scope: 0,
});
const v6 = (last: number) => {
  const address = new Uint8Array(16).fill(0);
  address.set([0xfe, 0x80], 0);
  address[15] = last;
  return { address, scope: 3 };
};

async function texts(host: string, found: ReturnType<typeof v4>[] | Error) {
  const resolve = () =>
    found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  const endpoints = await endpointsOf({ publicKey, host, port: 7 }, resolve);
  return endpoints.map((endpoint) => formatEndpoint(endpoint));
}

Deno.test("endpointsOf() keeps the resolver's order, and lets the families take turns", async () => {
  const found = [v6(1), v6(2), v6(3), v4(1)];
  deepStrictEqual(await texts("vpn.example.com", found), [
    "[fe80::1%3]:7",
    "192.0.2.1:7",
    "[fe80::2%3]:7",
    "[fe80::3%3]:7",
  ]);
  deepStrictEqual(await texts("vpn.example.com", [v4(9), v4(8), v6(1)]), [
    "192.0.2.9:7",
    "[fe80::1%3]:7",
    "192.0.2.8:7",
  ]);
});

Deno.test("endpointsOf() asks nobody for an address, and finds nothing where nobody answers", async () => {
  const failing = new Error("asked");
  deepStrictEqual(await texts("192.0.2.1", failing), ["192.0.2.1:7"]);
  deepStrictEqual(await texts("2001:db8::1", failing), ["[2001:db8::1]:7"]);
  deepStrictEqual(await texts("vpn.example.com", failing), []);
});
