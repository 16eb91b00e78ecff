import { deepStrictEqual, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import {
  formatPrefix,
  maskPrefix,
  parseInterfaceAddress,
  parsePrefix,
  prefixContains,
  prefixesEqual,
} from "../../src/config/prefix.ts";

const prefix = fc.oneof(
  fc.tuple(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 32 }),
  ),
  fc.tuple(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.integer({ min: 0, max: 128 }),
  ),
).map(([address, length]) => maskPrefix(address, length));

Deno.test("parsePrefix() masks host bits and says that they were set", () => {
  const cases: [string, string, boolean][] = [
    ["10.0.0.1/24", "10.0.0.0/24", true],
    ["10.0.0.0/24", "10.0.0.0/24", false],
    ["10.0.0.1", "10.0.0.1/32", false],
    ["255.255.255.255/0", "0.0.0.0/0", true],
    ["10.255.0.0/9", "10.128.0.0/9", true],
    ["fd00::1", "fd00::1/128", false],
    ["fd00::1/64", "fd00::/64", true],
    ["8000::/1", "8000::/1", false],
  ];
  for (const [text, masked, hostBitsSet] of cases) {
    const parsed = parsePrefix(text);
    strictEqual(formatPrefix(parsed.prefix), masked);
    strictEqual(parsed.hostBitsSet, hostBitsSet, text);
  }
});

Deno.test("parsePrefix() says what is wrong", () => {
  const cases: [string, string][] = [
    ["10.0.0.0/33", "the length behind the slash must be 0 to 32"],
    ["fd00::/129", "the length behind the slash must be 0 to 128"],
    ["10.0.0.0/", "the length behind the slash must be 0 to 32"],
    ["10.0.0.0/-1", "the length behind the slash must be 0 to 32"],
    ["10.0.0.0/8/8", "the length behind the slash must be 0 to 32"],
    ["10.0.0.0/255.255.255.0", "a netmask is written as its length: /24"],
    [
      "10.0.0.0/255.0.255.0",
      "the length behind the slash must be 0 to 32",
    ],
    ["/24", "the address is missing"],
    [
      "10.0.0.300/24",
      "an IPv4 address is four numbers of 0 to 255, as 10.0.0.1",
    ],
    [
      "fd00:::1/64",
      "an IPv6 address is eight groups of hex digits, as fd00::1",
    ],
    ["lan/24", "not an IP address, as 10.0.0.1/24 or fd00::1/64"],
  ];
  for (const [text, message] of cases) {
    throws(() => parsePrefix(text), { name: "SyntaxError", message });
  }
});

Deno.test("parseInterfaceAddress() keeps host bits", () => {
  deepStrictEqual(parseInterfaceAddress("10.0.0.2/24"), {
    address: Uint8Array.of(10, 0, 0, 2),
    length: 24,
  });
});

Deno.test("parsePrefix() reads what formatPrefix() writes", () => {
  fc.assert(fc.property(prefix, (prefix) => {
    const parsed = parsePrefix(formatPrefix(prefix));
    deepStrictEqual(parsed, { prefix, hostBitsSet: false });
    strictEqual(prefixesEqual(parsed.prefix, prefix), true);
  }));
});

Deno.test("prefixContains() holds for what has the prefix's leading bits", () => {
  const holds = (text: string, address: string) =>
    prefixContains(
      parsePrefix(text).prefix,
      parseInterfaceAddress(address).address,
    );
  strictEqual(holds("10.0.0.0/9", "10.127.255.255"), true);
  strictEqual(holds("10.0.0.0/9", "10.128.0.0"), false);
  strictEqual(holds("0.0.0.0/0", "255.255.255.255"), true);
  strictEqual(holds("0.0.0.0/0", "::1"), false);
  strictEqual(holds("::/0", "10.0.0.1"), false);
  strictEqual(holds("fd00::1", "fd00::1"), true);
});
