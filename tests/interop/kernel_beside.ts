/**
 * Runs in the virtual machine: tells stock wg and Caktus the same of the kernel's interfaces, and prints where they
 * differ, as JSON. Caktus runs within this process, for in an emulated machine each start of Deno takes seconds.
 *
 * @module
 */

import { run } from "../../src/cli/cli.ts";
import { bigConf, CHANGES, SETUP, SHOWN } from "./kernel_cases.ts";

/** What a command did: status, output, errors. */
type Said = [code: number, stdout: string, stderr: string];

/** A command on which the two differ. */
export interface Difference {
  command: string;
  stock: unknown;
  ours: unknown;
}

const decoder = new TextDecoder();

function stock(...command: string[]): Said {
  const [program = "", ...args] = command;
  const { code, stdout, stderr } = new Deno.Command(program, {
    args,
    cwd: "/tmp",
    stdin: "null",
  }).outputSync();
  return [code, decoder.decode(stdout), decoder.decode(stderr)];
}

/** Runs Caktus with what it prints caught. */
async function caktus(words: string[]): Promise<Said> {
  const [stdout, stderr] = [Deno.stdout.writeSync, Deno.stderr.writeSync];
  const said = ["", ""];
  const into = (index: number) => (bytes: Uint8Array) => {
    said[index] += decoder.decode(bytes);
    return bytes.length;
  };
  Deno.stdout.writeSync = into(0);
  Deno.stderr.writeSync = into(1);
  try {
    const code = await run(words);
    return [code, said[0]!, said[1]!];
  } finally {
    [Deno.stdout.writeSync, Deno.stderr.writeSync] = [stdout, stderr];
  }
}

/** Words as the shell would split them; `''` is an empty one. */
function wordsOf(command: string, name: string): string[] {
  return command.split(" ")
    .map((word) => word === "%" ? name : word === "''" ? "" : word);
}

async function showBoth(command: string): Promise<Difference | undefined> {
  const words = command.split(" ");
  for (let attempt = 0;; attempt++) {
    const theirs = stock("wg", ...words);
    const ours = await caktus(words);
    ours[2] = firstLine(ours[2]);
    if (String(theirs) === String(ours)) return undefined;
    // A second may pass between the two.
    if (attempt === 3) return { command, stock: theirs, ours };
  }
}

/** What stock does not say is the way out, on further lines. */
function firstLine(text: string): string {
  return text.slice(0, text.indexOf("\n") + 1);
}

async function changeBoth(
  stocks: string,
  command: string,
): Promise<Difference | undefined> {
  const theirs = stock("wg", ...wordsOf(stocks, "stock"));
  const ours = await caktus(wordsOf(command, "ours"));
  const [wanted, got] = ["stock", "ours"].map((name) =>
    stock("wg", "show", name, "dump")[1]
  );
  if (theirs[0] === ours[0] && wanted === got) return undefined;
  return { command, stock: [...theirs, wanted], ours: [...ours, got] };
}

const differences: (Difference | undefined)[] = [];
Deno.writeTextFileSync("/tmp/big.conf", bigConf());
const [code, , stderr] = stock("bash", "-c", SETUP);
if (code !== 0) throw new Error(`the machine is not set up: ${stderr}`);
Deno.chdir("/tmp");
Deno.env.set("WG_HIDE_KEYS", "never");
for (const command of SHOWN) differences.push(await showBoth(command));
for (const change of CHANGES) differences.push(await changeBoth(...change));
console.log(JSON.stringify(differences.filter((each) => each !== undefined)));
Deno.exit(0);
