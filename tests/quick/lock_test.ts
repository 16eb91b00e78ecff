/** Who holds the lock of an interface, and what is told of it. */

import { rejects, strictEqual } from "node:assert";
import { setTimeout } from "node:timers/promises";
import { withLock } from "../../src/quick/lock.ts";

const nothing = () => Promise.resolve();

/** Another holder of wg0's lock, which has not yet said who it is. */
async function silentHolder(folder: string): Promise<Deno.FsFile> {
  const options = { read: true, write: true, create: true };
  const file = await Deno.open(`${folder}/wg0.lock`, options);
  strictEqual(file.tryLockSync(true), true);
  return file;
}

Deno.test("withLock() names a holder that says who it is a moment after it took the lock", async () => {
  const folder = await Deno.makeTempDir();
  using holder = await silentHolder(folder);
  const refused = rejects(
    withLock(folder, "wg0", nothing),
    { message: "another caktus (process 4711) is at work on wg0" },
  );
  await setTimeout(50);
  holder.writeSync(new TextEncoder().encode("4711\n"));
  await refused;
});

Deno.test("withLock() refuses too where the holder never says who it is", async () => {
  const folder = await Deno.makeTempDir();
  using _holder = await silentHolder(folder);
  await rejects(
    withLock(folder, "wg0", nothing),
    { message: "another caktus is at work on wg0" },
  );
});

Deno.test("withLock() leaves no name behind, whether its work succeeds or fails", async () => {
  const folder = await Deno.makeTempDir();
  const said = () => Deno.readTextFileSync(`${folder}/wg0.lock`);
  const works = await withLock(folder, "wg0", () => Promise.resolve(said()));
  strictEqual(works, `${Deno.pid}\n`);
  strictEqual(said(), "");
  const fails = () => Promise.reject(new Error("planned"));
  await rejects(withLock(folder, "wg0", fails), { message: "planned" });
  strictEqual(said(), "");
});
