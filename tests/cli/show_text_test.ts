/**
 * What `show` prints for a person: tables, with a clock of the test's own.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import {
  bytesText,
  durationText,
  interfaceText,
} from "../../src/cli/show_text.ts";
import { plain } from "../../src/cli/terminal.ts";
import { parseGet } from "../../src/config/uapi_get.ts";

const DURATIONS: [number, string][] = [
  [1, "1 second"],
  [59, "59 seconds"],
  [60, "1 minute"],
  [65, "1 minute, 5 seconds"],
  [3600, "1 hour"],
  [86401, "1 day, 1 second"],
  [365 * 86400 * 2 + 7200, "2 years, 2 hours"],
];

for (const [seconds, text] of DURATIONS) {
  Deno.test(`durationText() of ${seconds} s is ${text}`, () => {
    strictEqual(plain(durationText(seconds)), text);
  });
}

const BYTES: [number, string][] = [
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.00 KiB"],
  [1536, "1.50 KiB"],
  [1152, "1.12 KiB"],
  [1408, "1.38 KiB"],
  [1664, "1.62 KiB"],
  [1048575, "1024.00 KiB"],
  [1048576, "1.00 MiB"],
  [1.5 * 2 ** 30, "1.50 GiB"],
  [2 ** 50, "1024.00 TiB"],
];

for (const [bytes, text] of BYTES) {
  Deno.test(`bytesText() of ${bytes} is ${text}`, () => {
    strictEqual(plain(bytesText(bytes)), text);
  });
}

Deno.test("interfaceText() sorts by the last handshake, and tells a clock that went backward", () => {
  const peers = [[1, 0], [2, 990], [3, 1005], [4, 1000], [5, 0]] as const;
  const answer = peers.map(([byte, seconds]) =>
    `public_key=${
      byte.toString(16).padStart(2, "0").repeat(32)
    }\nlast_handshake_time_sec=${seconds}\n`
  ).join("");
  const text = plain(interfaceText(
    "wg0",
    parseGet(`listen_port=7\n${answer}errno=0\n\n`),
    { nowSeconds: 1000, hideKeys: true },
  ));
  const key = (digits: string) => `peer: ${digits}`;
  strictEqual(
    text.replace(/=$/gm, "").replace(/(peer: ..).*/g, "$1"),
    [
      "interface: wg0",
      "  listening port: 7",
      "",
      key("Aw"),
      "  allowed ips: (none)",
      "  latest handshake: (System clock wound backward; connection problems may ensue.)",
      "",
      key("BA"),
      "  allowed ips: (none)",
      "  latest handshake: Now",
      "",
      key("Ag"),
      "  allowed ips: (none)",
      "  latest handshake: 10 seconds ago",
      "",
      key("AQ"),
      "  allowed ips: (none)",
      "",
      key("BQ"),
      "  allowed ips: (none)",
      "",
    ].join("\n"),
  );
});
