/** The least change of `syncconf`: what differs and nothing else. */

import { deepStrictEqual, strictEqual } from "node:assert";
import type {
  DeviceChange,
  DeviceStatus,
  PeerChange,
  PeerStatus,
} from "../../src/config/config.ts";
import { parseEndpoint } from "../../src/config/endpoint.ts";
import { parsePrefix } from "../../src/config/prefix.ts";
import { isEmptyChange, syncChange } from "../../src/config/sync_change.ts";
import { formatSet } from "../../src/config/uapi_set.ts";
import type {
  PresharedKey,
  PrivateKey,
  PublicKey,
} from "../../src/noise/keys.ts";

const bytes = (fill: number) => new Uint8Array(32).fill(fill);
const key = (fill: number) => bytes(fill) as PublicKey;
const psk = (fill: number) => bytes(fill) as PresharedKey;
const own = (fill: number) => bytes(fill) as PrivateKey;
const prefixes = (texts: string[]) =>
  texts.map((text) => parsePrefix(text).prefix);

/** A peer as the file has it. */
function wanted(
  fill: number,
  allowedIps: string[],
  more: Partial<PeerChange> = {},
): PeerChange {
  return {
    publicKey: key(fill),
    replaceAllowedIps: true,
    allowedIps: prefixes(allowedIps).map((prefix) => ({ prefix })),
    ...more,
  };
}

/** A peer as the device has it. */
function there(
  fill: number,
  allowedIps: string[],
  more: Partial<PeerStatus> = {},
): PeerStatus {
  return {
    publicKey: key(fill),
    allowedIps: prefixes(allowedIps),
    receivedBytes: 0,
    sentBytes: 0,
    persistentKeepaliveSeconds: 0,
    drops: [],
    ...more,
  };
}

function device(
  peers: PeerStatus[],
  more: Partial<DeviceStatus> = {},
): DeviceStatus {
  return { listenPort: 7, fwmark: 0, peers, drops: [], ...more };
}

/** The lines of the request, keys of one byte as `N`. */
function sync(file: DeviceChange, status: DeviceStatus, keepFwmark = false) {
  const change = syncChange(file, status, { keepFwmark });
  const lines = formatSet(change).trim().split("\n").slice(1);
  strictEqual(isEmptyChange(change), lines.length === 0);
  return lines.map((line) => line.replace(/(..)\1{31}/, "$1"));
}

Deno.test("syncChange() touches nothing that is as the file says", () => {
  const endpoint = parseEndpoint("192.0.2.1:9");
  const file = {
    privateKey: own(8),
    listenPort: 7,
    peers: [
      wanted(1, ["10.0.0.0/8", "fd00::/64"], {
        presharedKey: psk(5),
        endpoint,
        persistentKeepaliveSeconds: 25,
      }),
      wanted(2, []),
    ],
  };
  const status = device([
    there(2, []),
    there(1, ["fd00::/64", "10.0.0.0/8"], {
      presharedKey: psk(5),
      endpoint: { ...endpoint, source: new Uint8Array(4) },
      persistentKeepaliveSeconds: 25,
    }),
  ], { privateKey: own(8) });
  deepStrictEqual(sync(file, status), []);
});

Deno.test("syncChange() adds, removes, and changes only what differs", () => {
  const file = {
    peers: [
      wanted(1, ["10.0.0.0/8"], { endpoint: parseEndpoint("192.0.2.2:9") }),
      wanted(2, ["10.2.0.0/16"]),
      wanted(3, ["10.3.0.0/16"]),
    ],
  };
  const status = device([
    there(1, ["10.0.0.0/8"], { endpoint: parseEndpoint("192.0.2.1:9") }),
    there(2, ["10.2.0.0/16", "10.5.0.0/16"]),
    there(4, ["10.4.0.0/16"]),
  ]);
  deepStrictEqual(sync(file, status), [
    "public_key=04",
    "remove=true",
    "public_key=01",
    "endpoint=192.0.2.2:9",
    "public_key=02",
    "replace_allowed_ips=true",
    "allowed_ip=10.2.0.0/16",
    "public_key=03",
    "replace_allowed_ips=true",
    "allowed_ip=10.3.0.0/16",
  ]);
});

// wg of 2021 leaves both on the device; since 2026 they go.
Deno.test("syncChange() clears a preshared key and a keepalive that left the file", () => {
  const status = device([
    there(1, [], { presharedKey: psk(5), persistentKeepaliveSeconds: 25 }),
  ]);
  deepStrictEqual(sync({ peers: [wanted(1, [])] }, status), [
    "public_key=01",
    "preshared_key=00",
    "persistent_keepalive_interval=0",
  ]);
});

// wg takes away the key, and asks for another port.
Deno.test("syncChange() leaves the key and the port that the file does not name", () => {
  const status = device([], { privateKey: own(8), listenPort: 7 });
  deepStrictEqual(sync({ peers: [] }, status), []);
  deepStrictEqual(
    sync({ privateKey: own(16), listenPort: 0, peers: [] }, status),
    ["private_key=10", "listen_port=0"],
  );
});

Deno.test("syncChange() clears a mark that left the file, unless routing needs it", () => {
  const status = device([], { fwmark: 51820 });
  deepStrictEqual(sync({ peers: [] }, status), ["fwmark=0"]);
  deepStrictEqual(sync({ peers: [] }, status, true), []);
  deepStrictEqual(sync({ fwmark: 7, peers: [] }, status, true), ["fwmark=7"]);
});

Deno.test("syncChange() gives a prefix of several peers to the last, as wg does", () => {
  const file = {
    peers: [wanted(1, ["10.0.0.0/8"]), wanted(2, ["10.0.0.0/8"])],
  };
  deepStrictEqual(
    sync(file, device([there(1, []), there(2, ["10.0.0.0/8"])])),
    [],
  );
  deepStrictEqual(
    sync(file, device([there(1, ["10.0.0.0/8"]), there(2, [])])),
    [
      "public_key=01",
      "replace_allowed_ips=true",
      "public_key=02",
      "replace_allowed_ips=true",
      "allowed_ip=10.0.0.0/8",
    ],
  );
});

Deno.test("syncChange() takes two sections of a peer for one, as wg does", () => {
  const file = {
    peers: [
      wanted(1, ["10.0.0.0/8"], { persistentKeepaliveSeconds: 25 }),
      wanted(1, ["10.1.0.0/16"], { presharedKey: psk(5) }),
    ],
  };
  deepStrictEqual(sync(file, device([there(1, ["10.1.0.0/16"])])), [
    "public_key=01",
    "preshared_key=05",
    "persistent_keepalive_interval=25",
  ]);
});

Deno.test("syncChange() passes on prefixes with signs", () => {
  const incremental: PeerChange = {
    publicKey: key(1),
    allowedIps: [{ prefix: parsePrefix("10.0.0.0/8").prefix, remove: true }],
  };
  deepStrictEqual(
    sync({ peers: [incremental] }, device([there(1, ["10.0.0.0/8"])])),
    ["public_key=01", "allowed_ip=-10.0.0.0/8"],
  );
});
