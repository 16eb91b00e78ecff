/** The log of what should not happen. */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { SystemError } from "../../ffi/system_error.ts";
import { Log } from "../../src/driver/log.ts";

function linesOf(log: Log): string[] {
  return Deno.readTextFileSync(log.path).trimEnd().split("\n");
}

Deno.test("Log has no file until there is something to say, and then one that only root reads", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const log = new Log("wg0", `${folder}/caktus`);
    deepStrictEqual([...Deno.readDirSync(folder)], []);
    log.report(
      "opening UDP sockets",
      new SystemError("bind", 98, "UDP port 0"),
    );
    const [line, ...more] = linesOf(log);
    deepStrictEqual(more, []);
    ok(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z opening UDP sockets: bind: .*port 0\)$/.test(
        line!,
      ),
    );
    strictEqual(Deno.statSync(log.path).mode! & 0o777, 0o600);
    new Log("wg0", `${folder}/caktus`);
    deepStrictEqual([...Deno.readDirSync(`${folder}/caktus`)], []);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("report() says where a mistake of ours is, in one line, and not for ever", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const log = new Log("wg0", folder);
    for (let i = 0; i < 1_000; i++) log.report("working", new TypeError("x"));
    const lines = linesOf(log);
    strictEqual(lines.length, 200);
    ok(lines[0]!.includes("TypeError: x") && lines[0]!.includes("log_test.ts"));
    ok(lines.at(-1)!.endsWith("(no more is written)"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("report() throws nothing where there is no place for a log", () => {
  const log = new Log("wg0", "/dev/null");
  log.report("working", "words");
  strictEqual(log.path, "/dev/null/wg0.log");
});

Deno.test("Log speaks as wireguard-go does, as loud as it is told", () => {
  const folder = Deno.makeTempDirSync();
  const spoken = (level: "silent" | "error" | "verbose") => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const log = new Log("wg0", `${folder}/${level}`, { level, say });
    log.tell("starting");
    log.report("working", new SystemError("bind", 98, "UDP port 7"));
    return lines.map((line) => line.replace(/\d/g, "0"));
  };
  try {
    const error =
      "ERROR: (wg0) 0000/00/00 00:00:00 working: bind: address already in use (UDP port 0)\n";
    deepStrictEqual(spoken("silent"), []);
    deepStrictEqual(spoken("error"), [error]);
    deepStrictEqual(spoken("verbose"), [
      "DEBUG: (wg0) 0000/00/00 00:00:00 starting\n",
      error,
    ]);
    deepStrictEqual(
      [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
      ["error", "verbose"],
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
