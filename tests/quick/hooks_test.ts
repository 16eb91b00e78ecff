/**
 * Hooks: shell commands as wg-quick(8) runs them.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert";
import { decodeText } from "../../src/config/conf_text.ts";
import { HOOK_PROGRAMS } from "../../src/quick/hook_programs.ts";
import { Failure } from "../../src/quick/failure.ts";
import { HookFailure, runHook } from "../../src/quick/hooks.ts";

const never = new AbortController().signal;

/** What a command writes into the file $OUT. */
async function outputOf(command: string): Promise<Uint8Array> {
  const path = Deno.makeTempFileSync();
  try {
    await runHook(command.replaceAll("OUT", path), "wg7", never);
    return Deno.readFileSync(path);
  } finally {
    Deno.removeSync(path);
  }
}

const COMMANDS: [string, string][] = [
  [`echo "a;b" 'c  d' e\\ f > OUT`, "a;b c  d e f\n"],
  [`echo a > OUT; echo b >> OUT`, "a\nb\n"],
  [`echo "$INTERFACE" > OUT # and a comment`, "wg7\n"],
  [`echo '#no comment' > OUT`, "#no comment\n"],
  [`cat <(echo process) > OUT`, "process\n"],
  [`a=(1 2 3); echo \${a[2]} \${#a[@]} > OUT`, "3 3\n"],
  [`[[ wg7 == wg+([0-9]) ]] && echo extended > OUT`, "extended\n"],
  [`echo both &> OUT`, "both\n"],
  [`echo $LC_ALL > OUT`, "C\n"],
];

for (const [command, expected] of COMMANDS) {
  Deno.test(`runHook() runs ${command}`, async () => {
    strictEqual(new TextDecoder().decode(await outputOf(command)), expected);
  });
}

Deno.test("runHook() leaves bytes that are no UTF-8 as they are", async () => {
  const word = Uint8Array.of(0x63, 0xe9, 0xff, 0x80, 0xc3, 0xa9);
  const command = `printf '%s' '${decodeText(word)}' "a\\b" > OUT`;
  deepStrictEqual(
    [...await outputOf(command)],
    [...word, ..."a\\b"].map((x) =>
      typeof x === "string" ? x.charCodeAt(0) : x
    ),
  );
});

Deno.test("runHook() gives each hook a shell of its own", async () => {
  await outputOf("cd /; left=over; export left; : > OUT");
  const output = await outputOf(
    "[[ $PWD != / && -z ${left-} ]] && echo anew > OUT",
  );
  strictEqual(new TextDecoder().decode(output), "anew\n");
});

Deno.test("runHook() takes sh where there is no bash", async () => {
  const folder = Deno.makeTempDirSync();
  const path = Deno.env.get("PATH") ?? "";
  // Else the machine would seem to lack them, and Caktus would lend its own.
  for (const program of HOOK_PROGRAMS) {
    Deno.symlinkSync("/bin/true", `${folder}/${program}`);
  }
  Deno.env.set("PATH", folder);
  try {
    const output = await outputOf('echo "$0 $INTERFACE" > OUT');
    strictEqual(new TextDecoder().decode(output), "/bin/sh wg7\n");
  } finally {
    Deno.env.set("PATH", path);
    Deno.removeSync(folder, { recursive: true });
  }
});

for (
  const [command, status] of [
    ["exit 3", 3],
    ["false; true", 1],
    ["false | true", 1],
    ["nosuchprogram 2> /dev/null", 127],
  ] as const
) {
  Deno.test(`runHook() rejects ${command}`, async () => {
    await rejects(
      runHook(command, "wg7", never),
      (error: unknown) =>
        error instanceof HookFailure &&
        error.message === `failed with status ${status}`,
    );
  });
}

Deno.test("runHook() ends the command and what it started, stubborn or not", async () => {
  const path = Deno.makeTempFileSync();
  const interrupts = new AbortController();
  const command =
    `trap '' TERM; sleep 61.25 & echo $! > ${path}; (trap '' TERM; sleep 61.5); echo survived >> ${path}`;
  const began = performance.now();
  const hook = runHook(command, "wg7", interrupts.signal);
  while (Deno.readTextFileSync(path) === "") await pause(10);
  interrupts.abort(new Failure("interrupted"));
  await rejects(hook, { message: "interrupted" });
  ok(performance.now() - began < 3_000);
  await pause(50);
  const [child, more] = Deno.readTextFileSync(path).split("\n");
  strictEqual(more, "");
  ok(!isRunning(Number(child)));
  Deno.removeSync(path);
});

function isRunning(pid: number): boolean {
  try {
    return !Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") Z ");
  } catch {
    return false;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
