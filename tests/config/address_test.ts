import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import { formatAddress, parseAddress } from "../../src/config/address.ts";

const bytes4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });
/** Addresses with runs of zeros, which random bytes hardly have. */
const sparse16 = fc.array(fc.constantFrom(0, 0, 0, 1, 0xff, 0xffff), {
  minLength: 8,
  maxLength: 8,
}).map((groups) => Uint8Array.from(groups.flatMap((g) => [g >> 8, g & 0xff])));

Deno.test("formatAddress() writes what inet_ntop(3) writes (RFC 5952 §4)", () => {
  const cases: [string, string][] = [
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["2001:0DB8:0:0:0:0:0:0001", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
    ["::ffff:a00:1", "::ffff:10.0.0.1"],
    ["::10.0.0.1", "::10.0.0.1"],
    ["1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"],
    ["192.0.2.255", "192.0.2.255"],
  ];
  for (const [written, printed] of cases) {
    strictEqual(formatAddress(parseAddress(written)!), printed);
  }
});

Deno.test("parseAddress() is as strict as inet_pton(3)", () => {
  const wrong = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "1..3.4",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    "1.2.3.4::",
    "::1.2.3.256",
    "fe80::1%eth0",
    "[::1]",
  ];
  deepStrictEqual(wrong.filter((text) => parseAddress(text)), []);
});

Deno.test("parseAddress() reads what formatAddress() writes", () => {
  fc.assert(fc.property(fc.oneof(bytes4, bytes16, sparse16), (address) => {
    deepStrictEqual(parseAddress(formatAddress(address)), address);
  }));
});
