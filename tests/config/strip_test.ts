/** `strip`, on files that stock wg-quick strips otherwise; tests/interop/strip_test.ts has the others. */

import { strictEqual, throws } from "node:assert";
import { stripConfig } from "../../src/config/strip.ts";
import { INTERFACE, PEER } from "./conf_files.ts";

Deno.test("stripConfig() leaves out wg-quick's keys of [Interface], and nothing of [Peer]", () => {
  strictEqual(
    stripConfig(
      `# laptop\n${INTERFACE}  aDDress = 10.0.0.2/24 # home\nPostUp = echo "x = y # z"\n\n${PEER}MTU = 7`,
      "wg0.conf",
    ),
    `# laptop\n${INTERFACE}\n${PEER}MTU = 7\n\n`,
  );
});

Deno.test("stripConfig() knows [ Interface ] with blanks, and what only phone apps know", () => {
  strictEqual(
    stripConfig(
      "[ Interface ]\nAddress = 10.0.0.2\nExcludedApplications = a.b\n[ Peer ]\nIncludedApplications = c\n",
      "wg0.conf",
    ),
    "[ Interface ]\n[ Peer ]\n\n",
  );
});

Deno.test("stripConfig() refuses a SaveConfig that is neither true nor false, and takes none for false", () => {
  strictEqual(
    stripConfig("[Interface]\nSaveConfig =\nsaveconfig = TRUE # yes\n", "f"),
    "[Interface]\n\n",
  );
  throws(() => stripConfig("[Interface]\n\nSaveConfig = yes\n", "wg0.conf"), {
    name: "ConfigError",
    message: "wg0.conf:3: SaveConfig: `yes' is neither true nor false",
  });
});
