/**
 * Endpoints: literals, names, and resolvers that do not answer.
 *
 * @module
 */

import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import { formatEndpoint } from "../../src/config/endpoint.ts";
import {
  resolveEndpoints,
  type Resolver,
  retriesFrom,
} from "../../src/quick/endpoints.ts";
import { conf } from "./samples.ts";

const never = new AbortController().signal;
const quiet = { step: () => {}, warn: () => {} };

/** A resolver that knows one host, and answers from the `answersAfter`th question on. */
function resolver(answersAfter = 0, retries = 3) {
  const delays: number[] = [];
  let asked = 0;
  const found: Resolver = {
    resolve: (host) => {
      const temporary = asked++ < answersAfter;
      if (!temporary && host === "vpn.example.com") {
        return Promise.resolve({
          address: Uint8Array.of(192, 0, 2, 7),
          scope: 0,
        });
      }
      const message = temporary ? "no answer" : "there is no such host";
      return Promise.reject(Object.assign(new Error(message), { temporary }));
    },
    scopeOf: (name) => name === "eth0" ? 2 : undefined,
    delay: (milliseconds) => Promise.resolve(void delays.push(milliseconds)),
    retries,
  };
  return { resolver: found, delays };
}

async function resolved(host: string, given: Resolver): Promise<string> {
  const config = conf("", `Endpoint = ${host}:51820`);
  const [endpoint] = await resolveEndpoints(
    config,
    "wg0.conf",
    given,
    quiet,
    never,
  );
  return formatEndpoint(endpoint!);
}

for (
  const [host, expected] of [
    ["192.0.2.1", "192.0.2.1:51820"],
    ["[2001:db8::1]", "[2001:db8::1]:51820"],
    ["[fe80::1%eth0]", "[fe80::1%2]:51820"],
    ["vpn.example.com", "192.0.2.7:51820"],
  ] as const
) {
  Deno.test(`resolveEndpoints() finds ${host}`, async () => {
    strictEqual(await resolved(host, resolver().resolver), expected);
  });
}

Deno.test("resolveEndpoints() asks again after growing delays", async () => {
  const { resolver: given, delays } = resolver(3);
  strictEqual(await resolved("vpn.example.com", given), "192.0.2.7:51820");
  deepStrictEqual(delays, [1000, 1200, 1440]);
});

Deno.test("resolveEndpoints() gives up after so many retries", async () => {
  const { resolver: given, delays } = resolver(Infinity, 40);
  await rejects(resolved("vpn.example.com", given), {
    message: "wg0.conf:6: Endpoint: vpn.example.com: no answer",
  });
  strictEqual(delays.length, 40);
  strictEqual(Math.max(...delays), 20_000);
});

Deno.test("resolveEndpoints() does not ask again for a host that is not", async () => {
  const { resolver: given, delays } = resolver();
  await rejects(resolved("nosuch.example.com", given), {
    message: "wg0.conf:6: Endpoint: nosuch.example.com: there is no such host",
  });
  deepStrictEqual(delays, []);
});

Deno.test("resolveEndpoints() waits for no resolver after an interrupt", async () => {
  const interrupt = new AbortController();
  const given: Resolver = {
    ...resolver().resolver,
    resolve: () => new Promise(() => interrupt.abort(new Error("interrupted"))),
  };
  await rejects(
    resolveEndpoints(
      conf("", "Endpoint = vpn.example.com:1"),
      "wg0.conf",
      given,
      quiet,
      interrupt.signal,
    ),
    { message: "interrupted" },
  );
});

Deno.test("retriesFrom() reads WG_ENDPOINT_RESOLUTION_RETRIES", () => {
  const values = [undefined, "", "x", "0", "7", "infinity"];
  deepStrictEqual(values.map(retriesFrom), [15, 15, 15, 0, 7, Infinity]);
});
