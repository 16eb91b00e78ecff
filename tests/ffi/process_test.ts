/**
 * This process: streams, descriptors, capabilities, locks, private files.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import {
  CAP_NET_ADMIN,
  CAP_NET_BIND_SERVICE,
  hasCapability,
  withCapabilities,
} from "../../ffi/capabilities.ts";
import { createPrivateFile } from "../../ffi/file.ts";
import { FileLock } from "../../ffi/file_lock.ts";
import { libc } from "../../ffi/libc.ts";
import {
  effectiveUser,
  keepDescriptors,
  processExists,
  processStart,
  setFileMask,
  signalProcess,
} from "../../ffi/process.ts";
import { rootTest, sh } from "./namespace.ts";

const REDIRECTING = `
import { newSession, redirectStandardStreams } from "FFI/process.ts";
if (Deno.args[0] === "daemon") {
  newSession();
  console.log("before");
  redirectStandardStreams(Deno.args[1]);
  console.log("after");
  console.error("error");
  Deno.writeTextFileSync(Deno.args[1] + ".pid", String(Deno.pid));
  setTimeout(() => Deno.exit(0), 20_000);
} else {
  const args = ["run", "-A", "--quiet", import.meta.filename, "daemon", Deno.args[0]];
  new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "inherit", stderr: "inherit" }).spawn();
  while (true) {
    try { Deno.statSync(Deno.args[0] + ".pid"); break; } catch { await new Promise((r) => setTimeout(r, 20)); }
  }
  Deno.exit(0);
}`;

Deno.test("redirectStandardStreams() lets go of the caller's pipe", () => {
  const folder = Deno.makeTempDirSync();
  const ffi = new URL("../../ffi", import.meta.url).href;
  const script = `${folder}/redirecting.ts`, log = `${folder}/log`;
  Deno.writeTextFileSync(script, REDIRECTING.replace("FFI", ffi));
  const started = performance.now();
  const command = `'${Deno.execPath()}' run -A --quiet ${script} ${log}`;
  const said = sh(`${command} 2>&1 | cat`);
  ok(performance.now() - started < 10_000, "the pipe stayed open");
  const process = Number(Deno.readTextFileSync(`${log}.pid`));
  const links = [...Deno.readDirSync(`/proc/${process}/fd`)]
    .map(({ name }) => Deno.readLinkSync(`/proc/${process}/fd/${name}`));
  strictEqual(signalProcess(process, 9), true);
  strictEqual(said, "before\n");
  strictEqual(Deno.readTextFileSync(log), "after\nerror\n");
  strictEqual(Deno.statSync(log).mode! & 0o777, 0o600);
  ok(links.filter((link) => link === log).length >= 3);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("keepDescriptors() leaves a child nothing above 2", () => {
  const copy = libc.dup3(2, 200, 0);
  const open = () => sh("ls /proc/self/fd").split("\n");
  ok(open().includes("200"));
  keepDescriptors();
  ok(!open().includes("200"));
  libc.close(copy);
});

rootTest(
  "withCapabilities() gives a child a few, in every thread, and this process keeps its own",
  () => {
    const sets = () =>
      sh("cat /proc/$$/task/*/status").match(/Cap(Prm|Eff|Amb):\t\w+/g)!;
    const before = sets();
    const few = withCapabilities([CAP_NET_ADMIN, CAP_NET_BIND_SERVICE], sets);
    deepStrictEqual(few, [
      "CapPrm:\t0000000000001400",
      "CapEff:\t0000000000001400",
      "CapAmb:\t0000000000001400",
    ]);
    deepStrictEqual(sets(), before);
    strictEqual(hasCapability(CAP_NET_ADMIN), true);
    const file = new URL("../../ffi/capabilities.ts", import.meta.url).href;
    const code = `import { hasCapability } from "${file}";
      const threads = [...Deno.readDirSync("/proc/self/task")].map(({ name }) =>
        Deno.readTextFileSync("/proc/self/task/" + name + "/status").match(/CapEff:.*/)[0]);
      console.log(hasCapability(12), hasCapability(10), threads.length > 1, new Set(threads).size);`;
    const child = `echo '${code}' | '${Deno.execPath()}' run -A --quiet -`;
    strictEqual(
      withCapabilities([CAP_NET_BIND_SERVICE], () => sh(child)),
      "false true true 1\n",
    );
  },
);

rootTest("withCapabilities() takes everything back when spawn throws", () => {
  const sets = () => sh("cat /proc/$$/status").match(/Cap\w+:\t\w+/g)!;
  const before = sets();
  throws(() =>
    withCapabilities([12], () => {
      throw new Error("no");
    }), /no/);
  deepStrictEqual(sets(), before);
});

Deno.test("effectiveUser() is who we are", () => {
  strictEqual(effectiveUser(), Number(sh("id -u")));
});

Deno.test("processStart() names a process that lives, and no dead one", async () => {
  const child = new Deno.Command("sleep", { args: ["20"] }).spawn();
  const start = processStart(child.pid);
  strictEqual(typeof start, "number");
  strictEqual(processStart(child.pid), start);
  ok(start! >= processStart(Deno.pid)!);
  strictEqual(processExists(child.pid), true);
  strictEqual(signalProcess(child.pid, 9), true);
  await child.status;
  strictEqual(processStart(child.pid), undefined);
  strictEqual(processExists(child.pid), false);
  strictEqual(signalProcess(child.pid, 9), false);
});

Deno.test("FileLock has one holder, and is free when the holder ends", () => {
  const folder = Deno.makeTempDirSync(), path = `${folder}/lock`;
  {
    using held = FileLock.take(path);
    ok(held);
    strictEqual(FileLock.take(path), undefined);
    held[Symbol.dispose]();
    held[Symbol.dispose]();
    using again = FileLock.take(path);
    ok(again);
  }
  const file = new URL("../../ffi/file_lock.ts", import.meta.url).href;
  const code =
    `import { FileLock } from "${file}"; if (!FileLock.take("${path}")) Deno.exit(3); Deno.kill(Deno.pid, "SIGKILL");`;
  sh(`echo '${code}' | '${Deno.execPath()}' run -A --quiet - ; test $? = 137`);
  using after = FileLock.take(path);
  ok(after);
  throws(() => FileLock.take("/nowhere/lock"), {
    call: "open",
    code: "ENOENT",
  });
  Deno.symlinkSync("elsewhere", `${folder}/link`);
  throws(() => FileLock.take(`${folder}/link`), {
    call: "open",
    code: "ELOOP",
  });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("createPrivateFile() makes a file for its owner alone and takes no existing one", () => {
  const folder = Deno.makeTempDirSync(), path = `${folder}/private`;
  const mask = setFileMask(0);
  createPrivateFile(path, new Uint8Array([1, 2, 3]));
  strictEqual(setFileMask(mask), 0);
  strictEqual(Deno.statSync(path).mode! & 0o777, 0o600);
  deepStrictEqual(Deno.readFileSync(path), new Uint8Array([1, 2, 3]));
  throws(() => createPrivateFile(path, new Uint8Array()), {
    call: "open",
    code: "EEXIST",
  });
  Deno.removeSync(folder, { recursive: true });
});
