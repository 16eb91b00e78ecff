/**
 * Anything at all into the parsers of src/config: only a ConfigError may come
 * out, and no text that a user sees may hold a secret of the file, nor 12
 * characters of one.
 *
 * `FUZZ_SECONDS=600 deno test -A tests/fuzz` looks longer than half a second each.
 */

import { ok } from "node:assert";
import fc from "fast-check";
import { decodeConfig } from "../../src/config/conf_text.ts";
import { ConfigError } from "../../src/config/config.ts";
import { parseDrops } from "../../src/config/uapi_drops.ts";
import { parseGet } from "../../src/config/uapi_get.ts";
import { parseSet } from "../../src/config/uapi_set.ts";
import { parseConfig } from "../../src/config/wg_conf.ts";

const PRIVATE = "cHJpdmF0ZSBrZXkgb2YgdGhlIGxhcHRvcCBoZXJlLi4=";
const PRESHARED = "cHJlc2hhcmVkIGtleSBvZiBib3RoIGVuZHMgaGVyZS4=";
const HEX = "c8a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e4f";
const PUBLIC = "cHVibGljIGtleSBvZiBwZWVyIEEgaW4gdGVzdHMuLi4=";

const CONF = `# laptop
[Interface]
PrivateKey = ${PRIVATE}
Address = 10.0.0.2/24, fd00::2/64
ListenPort = 51820
FwMark = 0xca6c
MTU = 1420
PreUp = echo "%i" # ready
PostDown = iptables -D FORWARD -i %i -j ACCEPT

[Peer]
PublicKey = ${PUBLIC}
PresharedKey = ${PRESHARED}
Endpoint = vpn.example.com:51820
AllowedIPs = 10.0.0.1/32, fd00::/64
PersistentKeepalive = 25
`;

const SET = `set=1
private_key=${HEX}
listen_port=51820
replace_peers=true
public_key=${"ab".repeat(32)}
preshared_key=${HEX}
endpoint=[fd00::1]:51820
persistent_keepalive_interval=25
replace_allowed_ips=true
allowed_ip=10.0.0.1/32
allowed_ip=-fd00::/64

`;

const GET = `private_key=${HEX}
listen_port=51820
public_key=${"ab".repeat(32)}
preshared_key=${HEX}
endpoint=192.0.2.1:51820
last_handshake_time_sec=1790000000
last_handshake_time_nsec=1
tx_bytes=1
rx_bytes=2
drop=replayed=3
allowed_ip=10.0.0.1/32
errno=0

`;

/** Pieces that mean something to one of the parsers. */
const PIECE = fc.oneof(
  fc.constantFrom(
    ..."\n\r\t =#;,/[]:-.%\\\"'<>\0\u00a0\u200b\udce9",
    "[Interface]\n",
    "[Peer]\n",
    "\nPublicKey = ",
    "\nEndpoint = ",
    "\nAllowedIPs = ",
    "\nAddress = ",
    "\nPostUp = ",
    "\nremove=true\n",
    "\npublic_key=",
    "__proto__",
    "constructor=",
    "::",
    "/0",
    "99999999999999999999",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);

/** A change of a text: what stands from `at` for `length` characters is replaced, or moved. */
const EDIT = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 0, max: 60 }),
  to: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  piece: PIECE,
});

/** The text with up to six changes; or no more than noise. */
function mutationsOf(text: string): fc.Arbitrary<string> {
  const edited = fc.array(EDIT, { minLength: 1, maxLength: 6 }).map((edits) => {
    let result = text;
    for (const { at, length, to, piece } of edits) {
      const start = Math.floor(at * result.length);
      const moved = result.slice(start, start + length);
      result = result.slice(0, start) + piece + result.slice(start + length);
      if (to === null) continue;
      const target = Math.floor(to * result.length);
      result = result.slice(0, target) + moved + result.slice(target);
    }
    return result;
  });
  const noise = fc.uint8Array({ maxLength: 300 }).map(decodeConfig);
  return fc.oneof({ weight: 9, arbitrary: edited }, noise);
}

const SECRET_PARTS = [PRIVATE, PRESHARED, HEX].flatMap((secret) =>
  Array.from({ length: secret.length - 11 }, (_, i) => secret.slice(i, i + 12))
);

function holdsNoSecret(text: string): boolean {
  return !SECRET_PARTS.some((part) => text.includes(part));
}

/** What the user sees: the error or the warnings. Anything but a ConfigError goes on. */
function shownBy(parse: () => string[] | void): string {
  try {
    return (parse() ?? []).join("\n");
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

function fuzz(text: string, parse: (text: string) => string[] | void): void {
  const seconds = Number(Deno.env.get("FUZZ_SECONDS") ?? 0.5);
  let runs = 0;
  const property = fc.property(mutationsOf(text), (text) => {
    runs++;
    return holdsNoSecret(shownBy(() => parse(text)));
  });
  fc.assert(property, {
    numRuns: 1e9,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  });
  ok(runs > 0);
}

Deno.test("parseConfig() throws nothing but a ConfigError, and shows no secret", () => {
  fuzz(CONF, (text) => parseConfig(text, "wg0.conf").warnings);
});

Deno.test("parseSet() throws nothing, and shows no secret", () => {
  fuzz(SET, (text) => [JSON.stringify(parseSet(text).error ?? "")]);
});

Deno.test("parseGet() throws nothing but a ConfigError, and shows no secret", () => {
  fuzz(GET, (text) => void parseGet(text));
});

Deno.test("parseDrops() throws nothing but a ConfigError, and shows no secret", () => {
  fuzz(GET, (text) => void parseDrops(text));
});
