/**
 * Many command lines in one process, as a shell would run them one after the other:
 * `set_driver.ts LINES [INTERFACE]`, where LINES is a file of JSON, a list of lists of words.
 *
 * After each it says `=== STATUS`, and then what stock wg finds on the interface.
 *
 * @module
 */

import { set } from "../../src/cli/set.ts";
import { type ConfCommand, setconf } from "../../src/cli/setconf.ts";
import { show, showconf } from "../../src/cli/show.ts";

async function run([command = "", ...words]: string[]): Promise<number> {
  switch (command) {
    case "set":
      return await set(words);
    case "show":
      return await show(words);
    case "showconf":
      return await showconf(words);
    default:
      return await setconf(command as ConfCommand, words);
  }
}

const say = (text: string | Uint8Array) =>
  Deno.stdout.writeSync(
    typeof text === "string" ? new TextEncoder().encode(text) : text,
  );

const lines: string[][] = JSON.parse(Deno.readTextFileSync(Deno.args[0]!));
const [, name] = Deno.args;
for (const words of lines) {
  say(`=== ${await run(words)}\n`);
  if (name === undefined) continue;
  const args = ["show", name, "dump"];
  say(new Deno.Command("wg", { args }).outputSync().stdout);
  say("===\n");
}
