/**
 * The requests `names=1` and `set_names=1` as text.
 *
 * @module
 */

import { deepStrictEqual, strictEqual, throws } from "node:assert";
import type { PublicKey } from "../../src/noise/keys.ts";
import {
  formatNames,
  formatSetNames,
  parseNames,
  type PeerName,
  readNames,
} from "../../src/config/uapi_names.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte) as PublicKey;
const NAMES: PeerName[] = [
  { publicKey: key(1), host: "vpn.example.com", port: 51820 },
  { publicKey: key(2), host: "fe80::1%eth0", port: 7 },
  { publicKey: key(3), host: "192.0.2.1", port: 65535 },
];
const NAMESERVERS = [
  Uint8Array.of(192, 0, 2, 53),
  Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
];
const ALL = { names: NAMES, nameservers: NAMESERVERS };
const NONE = { names: [], nameservers: [] };
const LINES = [
  "nameserver=192.0.2.53",
  "nameserver=fd00::1",
  `public_key=${"01".repeat(32)}`,
  "name=vpn.example.com:51820",
  `public_key=${"02".repeat(32)}`,
  "name=[fe80::1%eth0]:7",
  `public_key=${"03".repeat(32)}`,
  "name=192.0.2.1:65535",
  "",
].join("\n");

Deno.test("formatSetNames() writes a request that readNames() reads", () => {
  const request = formatSetNames(ALL);
  strictEqual(request, `set_names=1\n${LINES}\n`);
  const [, ...body] = request.split("\n");
  deepStrictEqual(readNames(body.join("\n")), { ...ALL, errno: 0 });
  strictEqual(formatSetNames(NONE), "set_names=1\n\n");
});

Deno.test("formatNames() writes an answer that parseNames() reads", () => {
  const answer = formatNames(ALL);
  strictEqual(answer, `${LINES}errno=0\n\n`);
  deepStrictEqual(parseNames(answer), ALL);
  deepStrictEqual(parseNames("errno=0\n\n"), NONE);
});

for (
  const bad of [
    "name=vpn.example.com:1\n",
    "public_key=12\n",
    `public_key=${"01".repeat(32)}\nname=vpn.example.com\n`,
    `public_key=${"01".repeat(32)}\nendpoint=192.0.2.1:1\n`,
    "nameserver=x\n",
    "x\n",
  ]
) {
  Deno.test(`readNames() refuses ${JSON.stringify(bad)}`, () => {
    deepStrictEqual(readNames(bad), { ...NONE, errno: -22 });
    throws(() => parseNames(`${bad}errno=0\n\n`, "wg0"), {
      name: "ConfigError",
    });
  });
}

Deno.test("parseNames() understands no answer of another daemon", () => {
  for (const answer of ["", "errno=-22\n\n", "private_key=x\nerrno=0\n\n"]) {
    throws(() => parseNames(answer, "wg0"), {
      name: "ConfigError",
      message: "wg0: the daemon's answer is not understood",
    });
  }
});
