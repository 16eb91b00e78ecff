/**
 * Endpoints of a file as `up` finds them, with a resolver of one's own.
 *
 * @module
 */

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert";
import {
  endpointTexts,
  peerNames,
  resolveEndpoints,
  type Resolver,
} from "../../src/quick/endpoints.ts";
import { formatEndpoint } from "../../src/config/endpoint.ts";
import { ResolveError } from "../../ffi/resolve.ts";
import { conf, PUBLIC_KEY } from "./samples.ts";

const never = new Promise<never>(() => {});

/** A resolver that knows two hosts; for another it does what `other` does. */
function resolver(other: () => Promise<never>, delay = never): Resolver {
  const hosts: Record<string, number[]> = {
    "vpn.example.com": [192, 0, 2, 7],
    "six.example.com": [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
  };
  return {
    resolve: (host) => {
      const found = hosts[host];
      if (found === undefined) return other();
      return Promise.resolve({ address: Uint8Array.from(found), scope: 0 });
    },
    scopeOf: (name) => name === "eth0" ? 3 : undefined,
    delay: () => delay,
  };
}

const absent = () => Promise.reject(new ResolveError(false));
const unanswered = () => Promise.reject(new ResolveError(true));

/** What a file with this endpoint gets, and the warnings. */
async function resolved(
  endpoint: string,
  asks: Resolver,
  signal = new AbortController().signal,
) {
  const warnings: string[] = [];
  const config = conf("", `Endpoint = ${endpoint}`);
  const report = {
    step: () => {},
    warn: (text: string) => warnings.push(text),
  };
  const texts = endpointTexts(config);
  const places = await resolveEndpoints(
    texts,
    "wg0.conf",
    asks,
    report,
    signal,
  );
  return {
    found: [...places.values()].map((one) => formatEndpoint(one)),
    warnings,
  };
}

for (
  const [endpoint, expected] of [
    ["192.0.2.1:51820", "192.0.2.1:51820"],
    ["[2001:db8::1]:1", "[2001:db8::1]:1"],
    ["[fe80::1%eth0]:9", "[fe80::1%3]:9"],
    ["vpn.example.com:5", "192.0.2.7:5"],
    ["six.example.com:5", "[2001:db8::7]:5"],
  ]
) {
  Deno.test(`resolveEndpoints() finds ${endpoint}`, async () => {
    deepStrictEqual(await resolved(endpoint!, resolver(absent)), {
      found: [expected],
      warnings: [],
    });
  });
}

Deno.test("resolveEndpoints() leaves a name to the daemon when the resolver does not answer", async () => {
  const { found, warnings } = await resolved(
    "a.example:5",
    resolver(unanswered),
  );
  deepStrictEqual(found, []);
  strictEqual(warnings.length, 1);
  match(
    warnings[0]!,
    /^wg0\.conf:\d+: Endpoint: a\.example: the name server does not answer; the tunnel goes on/,
  );
});

Deno.test("resolveEndpoints() leaves a name to the daemon when the resolver takes too long", async () => {
  const slow = resolver(() => never, Promise.resolve() as Promise<never>);
  const { found, warnings } = await resolved("a.example:5", slow);
  deepStrictEqual(found, []);
  match(warnings.join(), /no answer in 5 s; the tunnel goes on asking/);
});

Deno.test("resolveEndpoints() refuses a host that is not", async () => {
  await rejects(resolved("a.example:5", resolver(absent)), {
    name: "ConfigError",
    message: /^wg0\.conf:\d+: Endpoint: a\.example: there is no such host$/,
  });
});

Deno.test("resolveEndpoints() waits for no resolver after an interrupt", async () => {
  const controller = new AbortController();
  const reason = new Error("interrupted");
  const waiting = resolved(
    "a.example:5",
    resolver(() => never),
    controller.signal,
  );
  controller.abort(reason);
  await rejects(waiting, reason);
});

Deno.test("peerNames() says where each peer is, as the file says it", () => {
  const names = peerNames(conf("", "Endpoint = [2001:db8::1]:7"));
  deepStrictEqual(
    names.map(({ publicKey, ...place }) => [publicKey.toBase64(), place]),
    [[PUBLIC_KEY, { host: "2001:db8::1", port: 7 }]],
  );
  deepStrictEqual(peerNames(conf("")), []);
});
