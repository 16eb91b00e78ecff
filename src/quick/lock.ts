/**
 * One `up` or `down` at a time for each interface: a lock on /run/caktus/NAME.lock.
 *
 * The kernel gives the lock back when its holder ends, however it ends. The file
 * says who holds it, and is never removed: another process may wait for it.
 *
 * @module
 */

import { Failure } from "./failure.ts";

/**
 * Runs `work` while holding the lock of an interface.
 *
 * @throws Failure where another process holds it; nothing was done then
 */
export async function withLock<T>(
  folder: string,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  using file = openLock(folder, name);
  if (!file.tryLockSync(true)) {
    const holder = readHolder(folder, name);
    throw new Failure(`another caktus${holder} is at work on ${name}`, {
      hint: "wait until it has ended, then look: caktus show",
    });
  }
  writeHolder(file);
  return await work();
}

/** The same, but waits for whoever holds the lock. */
export async function waitForLock<T>(
  folder: string,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  using file = openLock(folder, name);
  await file.lock(true);
  writeHolder(file);
  return await work();
}

function openLock(folder: string, name: string): Deno.FsFile {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  return Deno.openSync(lockPath(folder, name), {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
}

function writeHolder(file: Deno.FsFile): void {
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
}

function readHolder(folder: string, name: string): string {
  const pid = Deno.readTextFileSync(lockPath(folder, name)).trim();
  return pid === "" ? "" : ` (process ${pid})`;
}

function lockPath(folder: string, name: string): string {
  return `${folder}/${name}.lock`;
}
