/** The values of wg(8): what is taken, what is refused in which words, and that no key is shown. */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { formatPrefix } from "../../src/config/prefix.ts";
import {
  readAllowedIps,
  readEndpoint,
  readFwmark,
  readKeepalive,
  readKey,
  readPort,
} from "../../src/config/wg_only_values.ts";
import {
  quoted,
  shownLine,
  WordError,
} from "../../src/config/wg_only_words.ts";

const KEY = "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=";
const services = (name: string) => name === "domain" ? 53 : undefined;

/** The error's first words and its hint. */
function refusal(read: () => unknown): [string, string] {
  try {
    read();
  } catch (error) {
    if (error instanceof WordError) return [error.message, error.hint];
    throw error;
  }
  throw new Error("it was taken");
}

/** All that is said of it; nothing where it is taken, as a piece of a key is for a host's name. */
function wordsAbout(read: () => unknown): string {
  try {
    read();
    return "";
  } catch (error) {
    if (!(error instanceof WordError)) throw error;
    return error.message + error.hint;
  }
}

Deno.test("readPort() takes numbers and services", () => {
  strictEqual(readPort("0", services), 0);
  strictEqual(readPort("65535", services), 65535);
  strictEqual(readPort("domain", services), 53);
});

// wg takes 70000 for 4464, and -1 for 65535.
Deno.test("readPort() refuses what does not fit into 16 bits", () => {
  strictEqual(
    refusal(() => readPort("70000", services))[0],
    "Port is not 0-65535: `70000'",
  );
  for (const text of ["-1", "0x10", "1.5", "nosuch", ""]) {
    throws(() => readPort(text, services), WordError);
  }
});

Deno.test("readFwmark() and readKeepalive() take off in any case", () => {
  deepStrictEqual(["off", "OFF", "0"].map(readFwmark), [0, 0, 0]);
  deepStrictEqual(["off", "Off", "00"].map(readKeepalive), [0, 0, 0]);
  deepStrictEqual(["0xca6c", "51820", "0xFFFFFFFF"].map(readFwmark), [
    0xca6c,
    51820,
    0xffffffff,
  ]);
});

Deno.test("readKey() says the length and never the key", () => {
  deepStrictEqual(refusal(() => readKey(KEY.slice(3))), [
    "Key is not the correct length or format",
    "it has 41 characters, a key has 44",
  ]);
  deepStrictEqual(refusal(() => readKey(`!${KEY.slice(1)}`)), [
    "Key is not the correct length or format",
    "it is not base64: letters, digits, + and /, and = at its end",
  ]);
});

const ENDPOINTS: [string, string, number][] = [
  ["192.0.2.1:51820", "192.0.2.1", 51820],
  ["[2001:db8::1]:1", "2001:db8::1", 1],
  ["[fe80::1%eth0]:1", "fe80::1%eth0", 1],
  ["vpn.example.com:domain", "vpn.example.com", 53],
  ["a_b:9", "a_b", 9],
];

Deno.test("readEndpoint() takes hosts and addresses", () => {
  for (const [text, host, port] of ENDPOINTS) {
    deepStrictEqual(readEndpoint(text, services), { host, port });
  }
});

// wg takes the first for ::1 with the port 51820, asks for the second 15 times, and cuts the third.
Deno.test("readEndpoint() refuses at once what wg mistakes", () => {
  for (const text of ["::1:51820", "host:nosuch", "host:65536", "host:0"]) {
    throws(() => readEndpoint(text, services), WordError, text);
  }
});

Deno.test("readAllowedIps() adds and takes away with signs (wg of 2025)", () => {
  const read = (text: string) => {
    const { changes, replace } = readAllowedIps(text);
    const list = changes.map(({ prefix, remove }) =>
      `${remove ? "-" : ""}${formatPrefix(prefix)}`
    );
    return [replace, ...list];
  };
  deepStrictEqual(read("10.0.0.0/8,fd00::1"), [
    true,
    "10.0.0.0/8",
    "fd00::1/128",
  ]);
  deepStrictEqual(read("+10.0.0.0/8,-10.1.0.0/16"), [
    false,
    "10.0.0.0/8",
    "-10.1.0.0/16",
  ]);
  deepStrictEqual(read("10.0.0.0/8,-10.1.0.0/16")[0], false);
  deepStrictEqual(read(""), [true]);
  deepStrictEqual(read("10.0.0.0/8,"), [true, "10.0.0.0/8"]);
  for (const text of ["+", "++10.0.0.0/8", "10.0.0.0/8,,10.1.0.0/16", "/8"]) {
    throws(() => readAllowedIps(text), WordError, text);
  }
});

Deno.test("readAllowedIps() masks host bits and says so", () => {
  deepStrictEqual(readAllowedIps("10.1.2.3/16,fd00::1/64,10.0.0.1").warnings, [
    "Warning: AllowedIP has nonzero host part: 10.1.2.3/16",
    "Warning: AllowedIP has nonzero host part: fd00::1/64",
  ]);
  deepStrictEqual(
    refusal(() => readAllowedIps("10.0.0.0/255.0.0.0")),
    [
      "AllowedIP is not in the correct format: `10.0.0.0/255.0.0.0'",
      "a netmask is written as its length: /8",
    ],
  );
});

Deno.test("no error shows a key that stands in the wrong place", () => {
  const readers: ((text: string) => unknown)[] = [
    readKey,
    readFwmark,
    readKeepalive,
    readAllowedIps,
    (text) => readPort(text, services),
    (text) => readEndpoint(text, services),
    (text) => readEndpoint(`${text}:x`, services),
    (text) => readEndpoint(`${text}:1`, services),
  ];
  const hex = "0f1e2d3c".repeat(8);
  for (const secret of [KEY, KEY.slice(0, -1), KEY.slice(2, 30), hex]) {
    for (const read of readers) {
      const words = wordsAbout(() => read(secret));
      for (let at = 0; at + 8 <= secret.length; at++) {
        ok(!words.includes(secret.slice(at, at + 8)), words);
      }
    }
  }
});

Deno.test("quoted() and shownLine() show words, and no keys", () => {
  strictEqual(quoted("vpn.example.com:70000"), "`vpn.example.com:70000'");
  strictEqual(quoted(`x${KEY}`), "`…='");
  strictEqual(shownLine("Address=10.0.0.2/24"), "Address=10.0.0.2/24");
  strictEqual(shownLine(`PrivatKey=${KEY}`), "PrivatKey=…");
  strictEqual(shownLine(KEY.slice(30)), "…");
  strictEqual(shownLine("xYz="), "…");
  strictEqual(shownLine("ListenPort="), "ListenPort=");
});
