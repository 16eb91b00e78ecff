import { deepStrictEqual, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import {
  endpointsEqual,
  formatEndpoint,
  literalEndpoint,
  parseEndpoint,
  parseEndpointText,
  sameDestination,
  withoutSource,
} from "../../src/config/endpoint.ts";

const endpoint = fc.record({
  address: fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  ),
  port: fc.integer({ min: 0, max: 65535 }),
  scope: fc.integer({ min: 0, max: 99 }),
}).map((endpoint) => ({
  ...endpoint,
  scope: endpoint.address.length === 4 ? 0 : endpoint.scope,
}));

Deno.test("parseEndpointText() splits host and port, and resolves nothing", () => {
  const cases: [string, string, number][] = [
    ["vpn.example.com:51820", "vpn.example.com", 51820],
    ["vpn.example.com.:1", "vpn.example.com.", 1],
    ["localhost:65535", "localhost", 65535],
    ["my_host-1:1", "my_host-1", 1],
    ["192.0.2.1:51820", "192.0.2.1", 51820],
    ["[2001:DB8::1]:51820", "2001:DB8::1", 51820],
    ["[fe80::1%eth0]:51820", "fe80::1%eth0", 51820],
    ["[192.0.2.1]:51820", "192.0.2.1", 51820],
    ["192.0.2.1:domain", "192.0.2.1", 53],
  ];
  const services = (name: string) => name === "domain" ? 53 : undefined;
  for (const [text, host, port] of cases) {
    deepStrictEqual(parseEndpointText(text, services), { host, port });
  }
});

Deno.test("parseEndpointText() says what is wrong", () => {
  const port = "the port is missing, as in vpn.example.com:51820";
  const bracket =
    "an IPv6 address stands in brackets, its port behind them, as [fd00::1]:51820";
  const name = "a host name has only letters, digits, hyphens and dots";
  const cases: [string, string][] = [
    ["vpn.example.com", port],
    ["vpn.example.com:", port],
    ["192.0.2.1", port],
    ["[fd00::1]", "the port is missing, as in [fd00::1]:51820"],
    ["[fd00::1]:", "the port is missing, as in [fd00::1]:51820"],
    ["[fd00::1", "the bracket ] is missing"],
    ["fd00::1:51820", bracket],
    ["fd00::1", bracket],
    ["vpn.example.com:0", "port is 0, must be 1 to 65535"],
    ["vpn.example.com:65536", "port is 65536, must be 1 to 65535"],
    ["vpn.example.com:http", "port must be a number of 1 to 65535"],
    ["vpn.example.com:99999999999999", "port must be 1 to 65535"],
    [":51820", "the host before the port is missing"],
    ["[]:51820", "the host before the port is missing"],
    ["192.0.2.256:1", "an IPv4 address is four numbers of 0 to 255"],
    ["192.0.2:1", "an IPv4 address is four numbers of 0 to 255"],
    ["[fd00:::1]:1", "not an IPv6 address, as fd00::1"],
    ["vpn example:1", name],
    ["-vpn.example:1", name],
    ["vpn..example:1", name],
    [`${"a".repeat(64)}.example:1`, name],
    [`${"a.".repeat(127)}a:1`, "the host name is too long"],
    ["https://vpn.example:1", "remove https://: only HOST:PORT"],
  ];
  for (const [text, message] of cases) {
    throws(() => parseEndpointText(text), { name: "SyntaxError", message });
  }
});

Deno.test("parseEndpoint() takes what Go's netip.ParseAddrPort takes", () => {
  const right = [
    "1.2.3.4:0",
    "1.2.3.4:065535",
    "[::1]:1",
    "[::ffff:1.2.3.4]:1",
  ];
  for (const text of right) strictEqual(parseEndpoint(text).scope, 0);
  const wrong = [
    "",
    "1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:65536",
    "1.2.3.4:-1",
    "1.2.3.4:+1",
    "[1.2.3.4]:1",
    "::1:1",
    "[::1]",
    "[::1]1",
    "[::1%]:1",
    "localhost:1",
    "1.2.3.4:1:1",
  ];
  for (const text of wrong) {
    throws(() => parseEndpoint(text), { name: "SyntaxError" }, text);
  }
});

Deno.test("parseEndpoint() asks for the index of a named zone", () => {
  const scopeOf = (name: string) => name === "eth0" ? 2 : undefined;
  strictEqual(parseEndpoint("[fe80::1%eth0]:1", scopeOf).scope, 2);
  strictEqual(parseEndpoint("[fe80::1%7]:1").scope, 7);
  throws(() => parseEndpoint("[fe80::1%eth9]:1", scopeOf), SyntaxError);
});

Deno.test("parseEndpoint() reads what formatEndpoint() writes", () => {
  fc.assert(fc.property(endpoint, (endpoint) => {
    deepStrictEqual(parseEndpoint(formatEndpoint(endpoint)), endpoint);
  }));
});

Deno.test("formatEndpoint() names the interface of a scope where it can", () => {
  const endpoint = parseEndpoint("[fe80::1%2]:51820");
  strictEqual(formatEndpoint(endpoint), "[fe80::1%2]:51820");
  const named = formatEndpoint(endpoint, () => "eth0");
  strictEqual(named, "[fe80::1%eth0]:51820");
});

Deno.test("literalEndpoint() leaves names to the resolver", () => {
  strictEqual(literalEndpoint({ host: "vpn.example", port: 1 }), undefined);
  strictEqual(literalEndpoint({ host: "1.2.3.4%eth0", port: 1 }), undefined);
  const endpoint = literalEndpoint({ host: "192.0.2.1", port: 51820 })!;
  strictEqual(formatEndpoint(endpoint), "192.0.2.1:51820");
});

Deno.test("endpointsEqual() minds the source, sameDestination() does not", () => {
  const bare = parseEndpoint("192.0.2.1:1");
  const from = { ...bare, source: Uint8Array.of(192, 0, 2, 2) };
  const again = { ...bare, source: Uint8Array.of(192, 0, 2, 2) };
  strictEqual(endpointsEqual(from, again), true);
  strictEqual(endpointsEqual(from, bare), false);
  strictEqual(sameDestination(from, bare), true);
  strictEqual(sameDestination(bare, parseEndpoint("192.0.2.1:2")), false);
  strictEqual(sameDestination(bare, parseEndpoint("192.0.2.3:1")), false);
});

Deno.test("withoutSource() leaves the rest, and returns itself where there is none", () => {
  const bare = parseEndpoint("[fe80::1%3]:1");
  strictEqual(withoutSource(bare), bare);
  const from = { ...bare, source: new Uint8Array(16) };
  deepStrictEqual(withoutSource(from), bare);
});
