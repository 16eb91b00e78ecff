/** Endpoints of `set` and the files: how often a resolver is asked, and what is said meanwhile. */

import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import { ResolveError } from "../../ffi/resolve.ts";
import { type Lookup, resolveDraft } from "../../src/cli/set_endpoints.ts";
import { emptyDraft } from "../../src/config/wg_only_draft.ts";
import { WordError } from "../../src/config/wg_only_words.ts";
import type { PublicKey } from "../../src/noise/keys.ts";

const publicKey = new Uint8Array(32) as PublicKey;
const address = new Uint8Array([192, 0, 2, 1]);

/** Asks for a host that answers the `good`th time, and says what happened. */
async function ask(
  host: string,
  good: number,
  retries: string | undefined,
  error = new ResolveError(true, -3),
) {
  const said: string[] = [];
  const waited: number[] = [];
  let asked = 0;
  const lookup: Lookup = {
    resolve: () => {
      if (++asked < good) return Promise.reject(error);
      return Promise.resolve({ address, scope: 0 });
    },
    scopeOf: (name) => name === "lo" ? 1 : undefined,
    delay: (milliseconds) => {
      waited.push(Math.round(milliseconds));
      return Promise.resolve();
    },
    retries,
  };
  const endpoint = { host, port: 9, written: `${host}:9` };
  const draft = {
    ...emptyDraft(),
    peers: [{ publicKey, allowedIps: [], endpoint }],
  };
  const tell = (line: string) => void said.push(line);
  const problem = await resolveDraft(draft, lookup, tell).then(
    ({ peers }) => peers[0]!.endpoint!.port === 9 ? "" : "wrong port",
    (error) => error instanceof WordError ? error.message : String(error),
  );
  return { problem, said, waited, asked };
}

Deno.test("resolveDraft() asks nobody for an address", async () => {
  strictEqual((await ask("192.0.2.1", 1, undefined)).asked, 0);
  strictEqual((await ask("fe80::1%lo", 1, undefined)).asked, 0);
});

Deno.test("resolveDraft() asks again after 1 s, and each time 1.2 times later", async () => {
  const { problem, said, waited } = await ask("h", 4, undefined);
  deepStrictEqual([problem, waited], ["", [1000, 1200, 1440]]);
  deepStrictEqual(
    said[1],
    "Temporary failure in name resolution: `h:9'. Trying again in 1.20 seconds...",
  );
});

Deno.test("resolveDraft() waits 20 s at most", async () => {
  const { waited } = await ask("h", 22, "infinity");
  deepStrictEqual(waited.slice(-3), [20_000, 20_000, 20_000]);
});

Deno.test("resolveDraft() gives up as WG_ENDPOINT_RESOLUTION_RETRIES says", async () => {
  const problem = "Temporary failure in name resolution: `h:9'";
  for (
    const [retries, asked] of [[undefined, 16], ["3", 4], ["0", 1], ["", 1]]
  ) {
    const result = await ask("h", 99, retries as string | undefined);
    deepStrictEqual([result.problem, result.asked], [problem, asked]);
  }
  const { problem: wrong } = await ask("192.0.2.1", 1, "many");
  strictEqual(
    wrong,
    "Unable to parse WG_ENDPOINT_RESOLUTION_RETRIES: `many'",
  );
});

Deno.test("resolveDraft() does not ask again for a host that does not exist", async () => {
  const error = new ResolveError(false, -2);
  const { problem, asked } = await ask("h", 9, "infinity", error);
  deepStrictEqual([problem, asked], ["Name or service not known: `h:9'", 1]);
});

Deno.test("resolveDraft() passes on what is no answer of a resolver", async () => {
  const draft = {
    ...emptyDraft(),
    peers: [{
      publicKey,
      allowedIps: [],
      endpoint: { host: "h", port: 1, written: "h:1" },
    }],
  };
  const broken: Lookup = {
    resolve: () => Promise.reject(new TypeError("broken")),
    scopeOf: () => undefined,
    delay: () => Promise.resolve(),
    retries: undefined,
  };
  await rejects(resolveDraft(draft, broken, () => {}), TypeError);
});
