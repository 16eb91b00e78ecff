/** Keys out of files, pipes and devices, and that no message shows any of them. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { readKeyFile } from "../../src/cli/set_key_file.ts";
import { WordError } from "../../src/config/wg_only_words.ts";
import { decodeKey } from "../../src/noise/keys.ts";

const KEY = "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=";
const ZEROS = new Uint8Array(32);

async function withFile<T>(
  text: string,
  work: (path: string) => T,
): Promise<T> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    return work(path);
  } finally {
    await Deno.remove(path);
  }
}

const read = (path: string) => readKeyFile(path, "private-key");

function refusal(path: string): WordError {
  try {
    read(path);
  } catch (error) {
    if (error instanceof WordError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

Deno.test("readKeyFile() takes a key with blanks behind it, and nothing at all for zeros", async () => {
  for (const blanks of ["", "\n", " \t\r\n\v\f", "\n".repeat(9000)]) {
    deepStrictEqual(await withFile(KEY + blanks, read), decodeKey(KEY));
  }
  deepStrictEqual(await withFile("", read), ZEROS);
  deepStrictEqual(read("/dev/null"), ZEROS);
});

const REFUSED: [string, string, RegExp][] = [
  ["\n", "Invalid length key in key file", /it has 1 characters/],
  [KEY.slice(1), "Invalid length key in key file", /it has 43 characters/],
  [`${KEY}x`, "Found trailing character in key file", /only the key/],
  [
    `PrivateKey = ${KEY}`,
    "Found trailing character in key file",
    /only the key/,
  ],
  [
    `${KEY}${"\n".repeat(9000)}x`,
    "Found trailing character in key file",
    /only the key/,
  ],
  [
    `!${KEY.slice(1)}`,
    "Key is not the correct length or format",
    /it is not base64/,
  ],
];

Deno.test("readKeyFile() says what is wrong with a file, and nothing of what is in it", async () => {
  for (const [text, message, hint] of REFUSED) {
    const error = await withFile(text, refusal);
    strictEqual(error.message, message);
    ok(hint.test(error.hint), error.hint);
    ok(!error.hint.includes(KEY.slice(5, 13)), error.hint);
  }
});

Deno.test("readKeyFile() tells a missing file, and a key in the place of its file", () => {
  const missing = refusal("/nosuch/key");
  deepStrictEqual([missing.message, missing.hint], [
    "fopen: No such file or directory",
    "private-key: /nosuch/key",
  ]);
  strictEqual(refusal("/").message, "Invalid length key in key file");
  const mistaken = refusal(KEY);
  ok(mistaken.hint.includes("<(echo KEY)"));
  ok(!mistaken.hint.includes(KEY.slice(5, 13)));
});
