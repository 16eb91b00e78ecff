import { deepStrictEqual, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import type { DeviceStatus } from "../../src/config/config.ts";
import { parseEndpoint } from "../../src/config/endpoint.ts";
import { parsePrefix } from "../../src/config/prefix.ts";
import { formatGet, parseGet } from "../../src/config/uapi_get.ts";
import type {
  PresharedKey,
  PrivateKey,
  PublicKey,
} from "../../src/noise/keys.ts";
import { deviceStatus } from "./arbitraries.ts";

const filled = (byte: number) => new Uint8Array(32).fill(byte);

const STATUS: DeviceStatus = {
  privateKey: filled(0x48) as PrivateKey,
  listenPort: 51820,
  fwmark: 51820,
  peers: [{
    publicKey: filled(0xaa) as PublicKey,
    presharedKey: filled(0xbb) as PresharedKey,
    endpoint: parseEndpoint("[fe80::1%2]:7"),
    lastHandshake: { seconds: 1_790_000_000, nanoseconds: 5 },
    receivedBytes: 2 ** 52,
    sentBytes: 1,
    persistentKeepaliveSeconds: 25,
    allowedIps: [
      parsePrefix("10.0.0.2/32").prefix,
      parsePrefix("fd00::/64").prefix,
    ],
    drops: [],
  }, {
    publicKey: filled(0xcc) as PublicKey,
    receivedBytes: 0,
    sentBytes: 0,
    persistentKeepaliveSeconds: 0,
    allowedIps: [],
    drops: [],
  }],
  drops: [],
};

/** In the order of wireguard-go's IpcGetOperation. */
const TEXT = [
  `private_key=${"48".repeat(32)}`,
  "listen_port=51820",
  "fwmark=51820",
  `public_key=${"aa".repeat(32)}`,
  `preshared_key=${"bb".repeat(32)}`,
  "protocol_version=1",
  "endpoint=[fe80::1%2]:7",
  "last_handshake_time_sec=1790000000",
  "last_handshake_time_nsec=5",
  "tx_bytes=1",
  "rx_bytes=4503599627370496",
  "persistent_keepalive_interval=25",
  "allowed_ip=10.0.0.2/32",
  "allowed_ip=fd00::/64",
  `public_key=${"cc".repeat(32)}`,
  `preshared_key=${"00".repeat(32)}`,
  "protocol_version=1",
  "last_handshake_time_sec=0",
  "last_handshake_time_nsec=0",
  "tx_bytes=0",
  "rx_bytes=0",
  "persistent_keepalive_interval=0",
  "errno=0",
  "\n",
].join("\n");

Deno.test("formatGet() writes the lines of wireguard-go in their order", () => {
  strictEqual(formatGet(STATUS), TEXT);
});

Deno.test("formatGet() says nothing of a device that has nothing", () => {
  const empty = { listenPort: 0, fwmark: 0, peers: [], drops: [] };
  strictEqual(formatGet(empty), "errno=0\n\n");
});

Deno.test("parseGet() reads what formatGet() writes", () => {
  deepStrictEqual(parseGet(TEXT), STATUS);
  fc.assert(fc.property(deviceStatus, (status) => {
    deepStrictEqual(parseGet(formatGet(status)), status);
  }));
});

Deno.test("parseGet() passes over keys of later versions", () => {
  const text = "future=1\n" + TEXT.replace("tx_bytes", "toString=1\ntx_bytes");
  deepStrictEqual(parseGet(text), STATUS);
});

Deno.test("parseGet() throws what the daemon answered, and no key", () => {
  throws(() => parseGet("errno=-22\n\n", { source: "wg0" }), {
    name: "ConfigError",
    message: "wg0:1: errno: the daemon answered with error -22",
  });
  throws(() => parseGet(`private_key=${"a".repeat(63)}\n`), {
    message: "UAPI:1: private_key: the daemon's answer is not understood",
  });
  throws(() => parseGet(`${"ab".repeat(32)}\n`), {
    message: "UAPI:1: the daemon's answer is not understood",
  });
});
