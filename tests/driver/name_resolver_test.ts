/** Where names lead. @module */

import { deepStrictEqual } from "node:assert";
import { ResolveError } from "../../ffi/resolve.ts";
import { formatEndpoint } from "../../src/config/endpoint.ts";
import type { PublicKey } from "../../src/noise/keys.ts";
import { endpointsOf } from "../../src/driver/name_resolver.ts";

type Found = { address: Uint8Array; scope: number }[];

const publicKey = new Uint8Array(32) as PublicKey;
const v4 = (last: number) => ({
  address: Uint8Array.of(192, 0, 2, last),
  scope: 0,
});
const v6 = (last: number) => {
  const address = new Uint8Array(16);
  address.set([0xfe, 0x80]);
  address[15] = last;
  return { address, scope: 3 };
};
const NEVER = new Promise<never>(() => {});

/** Where a name leads, if the machine's resolver and the direct way say so. */
async function texts(
  host: string,
  machine: Promise<Found> | Error,
  direct: Found = [],
) {
  const endpoints = await endpointsOf({ publicKey, host, port: 7 }, {
    resolve: () => machine instanceof Error ? Promise.reject(machine) : machine,
    askDirectly: () => Promise.resolve(direct),
    patience: 5,
  });
  return endpoints.map((endpoint) => formatEndpoint(endpoint));
}

Deno.test("endpointsOf() keeps the resolver's order, and lets the families take turns", async () => {
  const found = Promise.resolve([v6(1), v6(2), v6(3), v4(1)]);
  deepStrictEqual(await texts("vpn.example.com", found), [
    "[fe80::1%3]:7",
    "192.0.2.1:7",
    "[fe80::2%3]:7",
    "[fe80::3%3]:7",
  ]);
  const other = Promise.resolve([v4(9), v4(8), v6(1)]);
  deepStrictEqual(await texts("vpn.example.com", other), [
    "192.0.2.9:7",
    "[fe80::1%3]:7",
    "192.0.2.8:7",
  ]);
});

Deno.test("endpointsOf() asks nobody for an address", async () => {
  deepStrictEqual(await texts("192.0.2.1", NEVER), ["192.0.2.1:7"]);
  deepStrictEqual(await texts("2001:db8::1", NEVER), ["[2001:db8::1]:7"]);
});

Deno.test("endpointsOf() asks directly where the machine's resolver fails or takes long, and only there", async () => {
  const direct = [v4(5)], host = "vpn.example.com";
  deepStrictEqual(await texts(host, NEVER, direct), ["192.0.2.5:7"]);
  const failing = new ResolveError(true);
  deepStrictEqual(await texts(host, failing, direct), ["192.0.2.5:7"]);
  deepStrictEqual(await texts(host, new ResolveError(false), direct), []);
  const found = Promise.resolve([v4(1)]);
  deepStrictEqual(await texts(host, found, direct), ["192.0.2.1:7"]);
});

Deno.test("endpointsOf() takes what the machine's resolver says late where nobody else says anything", async () => {
  const late = new Promise<Found>((resolve) =>
    setTimeout(() => resolve([v4(1)]), 20)
  );
  deepStrictEqual(await texts("vpn.example.com", late), ["192.0.2.1:7"]);
  deepStrictEqual(await texts("vpn.example.com", new ResolveError(true)), []);
});
