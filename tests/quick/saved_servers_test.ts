/** The resolvers of an interface, from a resolvconf(8) made up for the test. */

import { deepStrictEqual, strictEqual } from "node:assert";
import { serversOf } from "../../src/quick/saved_servers.ts";

/** What is found where `resolvconf` is this script, or is not there. */
async function found(script?: string): Promise<string[] | undefined> {
  const folder = await Deno.makeTempDir();
  const path = Deno.env.get("PATH") ?? "";
  try {
    if (script !== undefined) {
      const text = `#!/bin/sh\n${script}\n`;
      await Deno.writeTextFile(`${folder}/resolvconf`, text, { mode: 0o755 });
    }
    Deno.env.set("PATH", `${folder}:${path}`);
    return await serversOf("caktus-none");
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("serversOf() reads what resolvconf lists for the interface", async () => {
  const servers = await found(
    `[ "$1" = -l ] || exit 1
     case "$2" in *caktus-none) printf 'nameserver 10.0.0.1\\nsearch home\\nnameserver fd00::1\\n' ;; esac`,
  );
  deepStrictEqual(servers, ["10.0.0.1", "fd00::1"]);
});

Deno.test("serversOf() knows nothing where resolvconf does not", async () => {
  strictEqual(await found("exit 1"), undefined);
  strictEqual(await found("echo '# nothing'"), undefined);
});
