/** The words of `wg set`: order, values, and what is said of those that are out of place. */

import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { parseSetWords } from "../../src/config/set_words.ts";
import { WordError } from "../../src/config/wg_only_words.ts";
import { decodeKey } from "../../src/noise/keys.ts";

const A = "TtrHAq0EbhHwWWqWVBpHJ0lcWzpBhXCqEqTPGExaw1c=";
const B = "j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8=";
const FILE_KEY = new Uint8Array(32).fill(8);

const parse = (...words: string[]) =>
  parseSetWords(words, {
    services: () => undefined,
    readKeyFile: (path) => path === "key" ? FILE_KEY : new Uint8Array(32),
  });

Deno.test("parseSetWords() takes the device's words and several peers", () => {
  const draft = parse(
    ...["listen-port", "7", "fwmark", "0x10", "private-key", "key"],
    ...["peer", A, "remove"],
    ...["peer", B, "preshared-key", "none", "endpoint", "h:9"],
    ...["persistent-keepalive", "off", "allowed-ips", " 10.0.0.0/8 "],
  );
  deepStrictEqual([draft.listenPort, draft.fwmark], [7, 16]);
  deepStrictEqual(draft.privateKey, FILE_KEY);
  deepStrictEqual(draft.peers[0], {
    publicKey: decodeKey(A),
    allowedIps: [],
    remove: true,
  });
  const { presharedKey, endpoint, persistentKeepaliveSeconds } = draft
    .peers[1]!;
  deepStrictEqual([presharedKey, persistentKeepaliveSeconds], [null, 0]);
  deepStrictEqual(endpoint, { host: "h", port: 9, written: "h:9" });
  strictEqual(draft.peers[1]!.replaceAllowedIps, true);
});

Deno.test("parseSetWords() goes by the last allowed-ips of a peer", () => {
  const replaces = (...words: string[]) =>
    parse("peer", A, ...words.flatMap((word) => ["allowed-ips", word]))
      .peers[0]!
      .replaceAllowedIps ?? false;
  strictEqual(replaces("+10.0.0.0/8"), false);
  strictEqual(replaces("+10.0.0.0/8", "10.1.0.0/16"), true);
  strictEqual(replaces("10.1.0.0/16", "-10.0.0.0/8"), false);
});

const REFUSED: [string[], string, string][] = [
  [["peer", A, "fwmark", "1"], "fwmark", "it stands before the first peer"],
  [["remove"], "remove", "it stands behind peer KEY"],
  [["allowed-ips", "x"], "allowed-ips", "it stands behind peer KEY"],
  [["peer"], "peer", "peer has no value"],
  [["peer", A, "endpoint"], "endpoint", "endpoint has no value"],
  [["peer", A, "alowed-ips", "x"], "alowed-ips", "did you mean allowed-ips?"],
  [[A], "…=", ""],
];

Deno.test("parseSetWords() names the word that is out of place", () => {
  for (const [words, shown, hint] of REFUSED) {
    throws(() => parse(...words), (error) => {
      if (!(error instanceof WordError)) throw error;
      strictEqual(error.message, `Invalid argument: ${shown}`);
      strictEqual(error.hint.endsWith(hint), true, error.hint);
      return true;
    });
  }
});
