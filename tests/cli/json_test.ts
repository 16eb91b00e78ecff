/** The schema of docs/json.md. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import {
  configurationJson,
  dropsJson,
  interfaceJson,
  type Json,
  jsonText,
} from "../../src/cli/json.ts";
import { FIELDS } from "../../src/cli/show_fields.ts";
import { parseDrops } from "../../src/config/uapi_drops.ts";
import { parseGet } from "../../src/config/uapi_get.ts";
import { encodeKey } from "../../src/noise/keys.ts";

const hex = (byte: number) => byte.toString(16).padStart(2, "0").repeat(32);
const base64 = (byte: number) => encodeKey(new Uint8Array(32).fill(byte));

const STATUS = parseGet([
  `private_key=${hex(8)}`,
  "listen_port=51820",
  "fwmark=51820",
  `public_key=${hex(1)}`,
  `preshared_key=${hex(9)}`,
  "endpoint=[fe80::1%3]:9",
  "last_handshake_time_sec=1000",
  "last_handshake_time_nsec=7",
  "rx_bytes=12",
  "tx_bytes=9007199254740991",
  "persistent_keepalive_interval=25",
  "allowed_ip=10.0.0.0/8",
  "allowed_ip=fd00::/64",
  `public_key=${hex(2)}`,
  "errno=0\n\n",
].join("\n"));

const shown = (field?: string, hideKeys = true) =>
  interfaceJson("wg0", STATUS, field, hideKeys, () => "eth0");

const FIRST = {
  publicKey: base64(1),
  hasPresharedKey: true,
  presharedKey: base64(9),
  endpoint: "[fe80::1%eth0]:9",
  allowedIps: ["10.0.0.0/8", "fd00::/64"],
  latestHandshakeUnixSeconds: 1000,
  receivedBytes: 12,
  sentBytes: 9007199254740991,
  persistentKeepaliveSeconds: 25,
};

const SECOND = {
  publicKey: base64(2),
  hasPresharedKey: false,
  presharedKey: null,
  endpoint: null,
  allowedIps: [],
  latestHandshakeUnixSeconds: null,
  receivedBytes: 0,
  sentBytes: 0,
  persistentKeepaliveSeconds: 0,
};

const WHOLE = {
  name: "wg0",
  publicKey: null,
  privateKey: base64(8),
  listenPort: 51820,
  fwmark: 51820,
  peers: [FIRST, SECOND],
};

Deno.test("interfaceJson() has everything, and keys only for who asks", () => {
  deepStrictEqual(shown(undefined, false), WHOLE);
  deepStrictEqual(shown("dump"), WHOLE);
  const text = JSON.stringify(shown());
  ok(!text.includes(base64(8)) && !text.includes(base64(9)));
  ok(!text.includes("privateKey") && !text.includes('"presharedKey'));
});

Deno.test("interfaceJson() has each field of show", () => {
  const of = (field: string) => shown(field) as Json;
  for (const field of FIELDS) strictEqual(of(field).name, "wg0", field);
  deepStrictEqual(of("private-key"), { name: "wg0", privateKey: base64(8) });
  deepStrictEqual(of("endpoints"), {
    name: "wg0",
    peers: [
      { publicKey: base64(1), endpoint: "[fe80::1%eth0]:9" },
      { publicKey: base64(2), endpoint: null },
    ],
  });
  deepStrictEqual((of("transfer").peers as Json[])[0], {
    publicKey: base64(1),
    receivedBytes: 12,
    sentBytes: 9007199254740991,
  });
  strictEqual(shown("toString"), undefined);
});

Deno.test("configurationJson() has what a file would hold", () => {
  const { privateKey, peers } = configurationJson("wg0", STATUS);
  strictEqual(privateKey, base64(8));
  deepStrictEqual((peers as Json[])[1], {
    publicKey: base64(2),
    presharedKey: null,
    allowedIps: [],
    endpoint: null,
    persistentKeepaliveSeconds: 0,
  });
});

Deno.test("dropsJson() has the most frequent reason first", () => {
  const drops = parseDrops(
    `drop=a=1\ndrop=b=3\ndrop=c=0\npublic_key=${hex(1)}\nerrno=0\n\n`,
  );
  deepStrictEqual(dropsJson("wg0", drops), {
    name: "wg0",
    drops: [{ reason: "b", count: 3 }, { reason: "a", count: 1 }],
    peers: [{ publicKey: base64(1), drops: [] }],
  });
});

Deno.test("the example of docs/json.md has the keys that are printed", () => {
  const docs = Deno.readTextFileSync(
    new URL("../../docs/json.md", import.meta.url),
  );
  const example = /```json\n([\s\S]*?)```/.exec(docs)![1]!;
  const keys = (text: string) =>
    [...text.matchAll(/"(\w+)":/g)].map(([, key]) => key);
  const one = parseGet(`public_key=${hex(1)}\nerrno=0\n\n`);
  const printed = jsonText([interfaceJson("wg0", one, undefined, true)!]);
  deepStrictEqual(keys(example), keys(printed));
});
