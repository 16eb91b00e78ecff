/** Files of wg's own keys: the grammar, and what is said of lines that are not of it. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import fc from "fast-check";
import { literalEndpoint } from "../../src/config/endpoint.ts";
import { formatPrefix } from "../../src/config/prefix.ts";
import { formatShowconf } from "../../src/config/showconf.ts";
import { isEmptyChange, syncChange } from "../../src/config/sync_change.ts";
import { toChange } from "../../src/config/wg_only_draft.ts";
import { asWhole, parseWgOnlyConf } from "../../src/config/wg_only_conf.ts";
import { WordError } from "../../src/config/wg_only_words.ts";
import { decodeKey, encodeKey } from "../../src/noise/keys.ts";
import { deviceStatus } from "./arbitraries.ts";

const KEY = "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=";
const A = "TtrHAq0EbhHwWWqWVBpHJ0lcWzpBhXCqEqTPGExaw1c=";

const parse = (text: string) => parseWgOnlyConf(text, "wg0.conf");

Deno.test("parseWgOnlyConf() drops blanks and comments, and no case counts", () => {
  const draft = parse(
    `\t[ interface ] # x\r\nprivateKEY = ${KEY.slice(0, 9)} ${
      KEY.slice(9)
    }\r\n` +
      `[PEER]\r\npublickey=${A}\r\nallowedips = 10.0.0.0 / 8 , fd00::1\r\n` +
      `AllowedIPs\u00a0=\u00a010.1.0.0/16,\r\nPresharedKey =\r\nENDPOINT = h : 9`,
  );
  deepStrictEqual(draft.privateKey, decodeKey(KEY));
  strictEqual("listenPort" in draft, false);
  const [peer] = draft.peers;
  deepStrictEqual(
    peer!.allowedIps.map(({ prefix }) => formatPrefix(prefix)),
    ["10.0.0.0/8", "fd00::1/128", "10.1.0.0/16"],
  );
  deepStrictEqual(
    [peer!.replaceAllowedIps, peer!.presharedKey, peer!.endpoint],
    [true, undefined, {
      host: "h",
      port: 9,
      written: "h:9",
      place: "wg0.conf:8",
    }],
  );
});

Deno.test("asWhole() clears what the file does not name", () => {
  const { privateKey, listenPort, fwmark, replacePeers } = asWhole(parse(""));
  deepStrictEqual([privateKey, listenPort, fwmark, replacePeers], [
    null,
    0,
    0,
    true,
  ]);
});

/** A file, and the lines that are said of it. */
const REFUSED: [string, string[]][] = [
  ["[Interface]\nAddress = 10.0.0.2/24", [
    "Line unrecognized: `Address=10.0.0.2/24'",
    "wg0.conf:2: Address is wg-quick's, not wg's; caktus strip leaves it out: <(caktus strip NAME)",
    "Configuration parsing error",
  ]],
  ["[Interface]\nListenPrt = 1", [
    "Line unrecognized: `ListenPrt=1'",
    "wg0.conf:2: unknown key; did you mean ListenPort?",
    "Configuration parsing error",
  ]],
  [`[Interface]\nPrivatKey = ${KEY}`, [
    "Line unrecognized: `PrivatKey=…'",
    "wg0.conf:2: unknown key; did you mean PrivateKey?",
    "Configuration parsing error",
  ]],
  [`[Interface]\nPrivateKey = ${KEY}\n[Peer]\nPrivateKey = ${KEY}`, [
    "Line unrecognized: `PrivateKey=…'",
    "wg0.conf:4: belongs under [Interface], not [Peer]",
    "Configuration parsing error",
  ]],
  ["[Interface]\nFwMark =", [
    "Line unrecognized: `FwMark='",
    "wg0.conf:2: FwMark has no value",
    "Configuration parsing error",
  ]],
  ["ListenPort = 1", [
    "Line unrecognized: `ListenPort=1'",
    "wg0.conf:1: stands before any section; the line [Interface] is missing above it",
    "Configuration parsing error",
  ]],
  [`[Peer]\nPublicKey = ${A.slice(1)}`, [
    "Key is not the correct length or format",
    "wg0.conf:2: PublicKey: it has 43 characters, a key has 44",
    "Configuration parsing error",
  ]],
  [`[Interface]\n[Peer]\nEndpoint = h:1\n`, [
    "A peer is missing a public key",
    "wg0.conf:2: this [Peer] has no PublicKey",
    "Invalid configuration",
  ]],
  [`[Interface]\nPrivateKey = "${KEY}"`, [
    "Key is not the correct length or format",
    "wg0.conf:2: PrivateKey: remove the quotes around the value",
    "Configuration parsing error",
  ]],
  [`[Peer]\nAllowedIPs = <NETWORK>`, [
    "Unable to parse IP address: `<NETWORK>'",
    "wg0.conf:2: AllowedIPs: a placeholder still stands here; put the real value in its place",
    "Configuration parsing error",
  ]],
  ["; home\n[Interface]", [
    "Line unrecognized: `;home'",
    "wg0.conf:1: a comment starts with #, not ;",
    "Configuration parsing error",
  ]],
  [`[Interface]\n${KEY.slice(20)}`, [
    "Line unrecognized: `…'",
    "wg0.conf:2",
    "Configuration parsing error",
  ]],
];

Deno.test("parseWgOnlyConf() says wg's words, the line and the way out, and no key", () => {
  for (const [text, said] of REFUSED) {
    try {
      parse(text);
    } catch (error) {
      ok(error instanceof WordError);
      const { message, hint, conclusion } = error;
      deepStrictEqual([message, hint, conclusion], said);
      continue;
    }
    throw new Error(`taken: ${text}`);
  }
});

/** A state in which no key and no prefix stands twice, and every endpoint has a port. */
const plainStatus = deviceStatus.filter(({ peers }) => {
  const unique = peers.flatMap(({ publicKey, allowedIps }) => [
    encodeKey(publicKey),
    ...allowedIps.map(formatPrefix),
  ]);
  return new Set(unique).size === unique.length &&
    peers.every(({ endpoint }) => endpoint?.port !== 0);
});

Deno.test("parseWgOnlyConf() of what showconf prints leaves nothing to sync", () => {
  fc.assert(fc.property(plainStatus, (status) => {
    const draft = asWhole(parse(formatShowconf(status)));
    const endpoints = draft.peers.map(({ endpoint }) =>
      endpoint && literalEndpoint(endpoint)
    );
    const change = syncChange(toChange(draft, endpoints), status);
    ok(isEmptyChange(change));
  }));
});

Deno.test("parseWgOnlyConf() throws nothing but a WordError, and shows no key", () => {
  const word = fc.oneof(
    fc.constantFrom(
      ...[
        "[Interface]",
        "[Peer]",
        "\n",
        "\n",
        "=",
        "#",
        ",",
        "/",
        ":",
        "[",
        "]",
      ],
      ...["PrivateKey", "PublicKey", "PresharedKey", "Endpoint", "AllowedIPs"],
      ...["ListenPort", "FwMark", "PersistentKeepalive", "off", "+10.0.0.0/8"],
      ...[KEY, KEY.slice(1), `${KEY}${KEY}`, "1"],
    ),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 20 }), (words) => {
      try {
        parse(words.join(""));
      } catch (error) {
        ok(error instanceof WordError);
        ok(!`${error.message}${error.hint}`.includes(KEY.slice(8, 20)));
      }
    }),
    { numRuns: 2000 },
  );
});
